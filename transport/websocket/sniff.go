package websocket

import (
	"bytes"
	"encoding/base64"
	"strings"
)

// The headers of an upgrade request that matter here. One that comes twice has
// two meanings, which is for net/http to judge.
const (
	headerHost = 1 << iota
	headerUpgrade
	headerConnection
	headerKey
	headerVersion
)

const headersOfUpgrade = headerHost | headerUpgrade | headerConnection | headerKey | headerVersion

// sniff reports whether a request head is an upgrade to WebSocket that can be
// answered without net/http, RFC 6455 section 4.2.1, and its URI. It says no to
// everything that is odd in any way: HTTP/1.0, bodies, folded or repeated
// headers, absolute URIs, unknown versions.
func sniff(head []byte) (uri []byte, ok bool) {
	line, rest, ok := cutLine(head)
	if !ok {
		return nil, false
	}
	if uri, ok = upgradeURI(line); !ok {
		return nil, false
	}
	seen, once := 0, onceOnly{}
	for {
		line, rest, ok = cutLine(rest)
		if !ok {
			return nil, false
		}
		if len(line) == 0 {
			return uri, seen == headersOfUpgrade && len(rest) == 0
		}
		bit, ok := sniffHeader(line, &once)
		if !ok || seen&bit != 0 {
			return nil, false
		}
		seen |= bit
	}
}

// cutLine takes a line that ends in CR LF.
func cutLine(p []byte) (line, rest []byte, ok bool) {
	end := bytes.IndexByte(p, '\n')
	if end < 1 || p[end-1] != '\r' {
		return nil, nil, false
	}
	return p[:end-1], p[end+1:], true
}

// upgradeURI takes the URI, in origin form, from the line of a GET request.
func upgradeURI(line []byte) (uri []byte, ok bool) {
	uri, get := bytes.CutPrefix(line, []byte("GET "))
	uri, version := bytes.CutSuffix(uri, []byte(" HTTP/1.1"))
	if !get || !version || len(uri) == 0 || uri[0] != '/' {
		return nil, false
	}
	for _, b := range uri {
		if b <= ' ' || b >= 0x7F {
			return nil, false
		}
	}
	return uri, true
}

// sniffHeader returns which of the headers a line is, 0 for those that do not
// matter, and whether a simple upgrade request may have it.
func sniffHeader(line []byte, once *onceOnly) (bit int, ok bool) {
	colon := bytes.IndexByte(line, ':')
	if colon < 1 || !isToken(line[:colon]) {
		return 0, false
	}
	name, value := line[:colon], bytes.Trim(line[colon+1:], " \t")
	if !isFieldValue(value) {
		return 0, false
	}
	switch {
	case is(name, "host"):
		return headerHost, isHost(value)
	case is(name, "upgrade"):
		return headerUpgrade, is(value, "websocket")
	case is(name, "connection"):
		return headerConnection, hasToken(value, "upgrade")
	case is(name, "sec-websocket-key"):
		return headerKey, isKey(value)
	case is(name, "sec-websocket-version"):
		return headerVersion, string(value) == "13"
	case is(name, "content-length"), is(name, "transfer-encoding"), is(name, "expect"):
		return 0, false
	default:
		return 0, once.see(name)
	}
}

// onceOnly remembers which of the headers that Request holds were there.
type onceOnly struct {
	origin, authorization, cookie bool
}

func (o *onceOnly) see(name []byte) bool {
	var seen *bool
	switch {
	case is(name, "origin"):
		seen = &o.origin
	case is(name, "authorization"):
		seen = &o.authorization
	case is(name, "cookie"):
		seen = &o.cookie
	default:
		return true
	}
	first := !*seen
	*seen = true
	return first
}

// is compares without regard to case; lower is in lower case.
func is(p []byte, lower string) bool {
	if len(p) != len(lower) {
		return false
	}
	for i, b := range p {
		if 'A' <= b && b <= 'Z' {
			b += 'a' - 'A'
		}
		if b != lower[i] {
			return false
		}
	}
	return true
}

// hasToken searches a list of tokens, RFC 9110 section 5.6.1.
func hasToken(list []byte, lower string) bool {
	for len(list) > 0 {
		var element []byte
		element, list, _ = bytes.Cut(list, []byte(","))
		if is(bytes.Trim(element, " \t"), lower) {
			return true
		}
	}
	return false
}

// isToken: RFC 9110 section 5.6.2.
func isToken(p []byte) bool {
	for _, b := range p {
		switch {
		case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', '0' <= b && b <= '9':
		case strings.IndexByte("!#$%&'*+-.^_`|~", b) >= 0:
		default:
			return false
		}
	}
	return len(p) > 0
}

// isHost: what a host and its port are written with, RFC 3986 section 3.2.2.
// net/http lets more through, and judges whether it is in order.
func isHost(p []byte) bool {
	for _, b := range p {
		switch {
		case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', '0' <= b && b <= '9':
		case strings.IndexByte("-._~!$&'()*+;=%:[]", b) >= 0:
		default:
			return false
		}
	}
	return len(p) > 0
}

// isFieldValue: no control characters but tabs, RFC 9110 section 5.5.
func isFieldValue(p []byte) bool {
	for _, b := range p {
		if (b < ' ' && b != '\t') || b == 0x7F {
			return false
		}
	}
	return true
}

// isKey: 16 bytes in base64, RFC 6455 section 4.2.1.
func isKey(p []byte) bool {
	var key [18]byte
	if len(p) != base64.StdEncoding.EncodedLen(16) {
		return false
	}
	n, err := base64.StdEncoding.Strict().Decode(key[:], p)
	return err == nil && n == 16
}
