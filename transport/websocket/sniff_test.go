package websocket

import (
	"strings"
	"testing"
)

const upgradeHeadText = "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n" +
	"Host: outcry.example\r\n" +
	"Upgrade: websocket\r\n" +
	"Connection: Upgrade\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
	"Sec-WebSocket-Version: 13\r\n\r\n"

func TestSniffKnowsASimpleUpgrade(t *testing.T) {
	change := func(old, new string) string { return strings.Replace(upgradeHeadText, old, new, 1) }
	for name, c := range map[string]struct {
		head string
		ok   bool
	}{
		"as browsers send it":           {upgradeHeadText, true},
		"other letters":                 {change("Upgrade: websocket", "UPGRADE:WebSocket"), true},
		"a list of connection tokens":   {change("Connection: Upgrade", "Connection: keep-alive, upgrade"), true},
		"headers of no matter":          {change("Host:", "Accept: */*\r\nX-Forwarded-For: 1.2.3.4\r\nX-Forwarded-For: 5.6.7.8\r\nHost:"), true},
		"cookie, origin, authorization": {change("Host:", "Cookie: a=b\r\nOrigin: http://x\r\nAuthorization: Bearer y\r\nHost:"), true},
		"extensions and protocols":      {change("Host:", "Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Protocol: a, b\r\nHost:"), true},
		"spaces around values":          {change("Host: outcry.example", "Host: \t outcry.example:80 \t"), true},
		"POST":                          {change("GET", "POST"), false},
		"lower case method":             {change("GET", "get"), false},
		"HTTP/1.0":                      {change("HTTP/1.1", "HTTP/1.0"), false},
		"HTTP/1.11":                     {change("HTTP/1.1", "HTTP/1.11"), false},
		"no version":                    {change(" HTTP/1.1", ""), false},
		"absolute URI":                  {change("GET /", "GET http://outcry.example/"), false},
		"asterisk":                      {change("/socket.io/?EIO=4&transport=websocket", "*"), false},
		"space in the URI":              {change("EIO=4", "EIO= 4"), false},
		"byte beyond ASCII in the URI":  {change("EIO=4", "EIO=\xff"), false},
		"two hosts":                     {change("Host:", "Host: other\r\nHost:"), false},
		"no host":                       {change("Host: outcry.example\r\n", ""), false},
		"empty host":                    {change("outcry.example", ""), false},
		"host with a quote":             {change("outcry.example", "out\"cry.example"), false},
		"host beyond ASCII":             {change("outcry.example", "m\xc3\xbcnchen.example"), false},
		"host of IPv6":                  {change("outcry.example", "[::1]:8080"), true},
		"host with a path":              {change("outcry.example", "outcry.example/x"), false},
		"no upgrade":                    {change("Upgrade: websocket\r\n", ""), false},
		"upgrade to something else":     {change("websocket\r\n", "h2c\r\n"), false},
		"upgrade to several":            {change("Upgrade: websocket", "Upgrade: websocket, h2c"), false},
		"two upgrades":                  {change("Host:", "Upgrade: websocket\r\nHost:"), false},
		"connection: close":             {change("Connection: Upgrade", "Connection: close"), false},
		"connection: upgraded":          {change("Connection: Upgrade", "Connection: upgraded"), false},
		"no key":                        {change("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", ""), false},
		"short key":                     {change("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZQ=="), false},
		"key that is not base64":        {change("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25j!Q=="), false},
		"two keys":                      {change("Host:", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nHost:"), false},
		"version 8":                     {change("Version: 13", "Version: 8"), false},
		"two cookies":                   {change("Host:", "Cookie: a=b\r\nCookie: c=d\r\nHost:"), false},
		"two origins":                   {change("Host:", "Origin: http://a\r\nOrigin: http://b\r\nHost:"), false},
		"body":                          {change("Host:", "Content-Length: 5\r\nHost:"), false},
		"chunked body":                  {change("Host:", "Transfer-Encoding: chunked\r\nHost:"), false},
		"expect":                        {change("Host:", "Expect: 100-continue\r\nHost:"), false},
		"folded header":                 {change("Host:", "X-A: b\r\n c\r\nHost:"), false},
		"space before the colon":        {change("Host:", "Host :"), false},
		"no colon":                      {change("Host:", "nonsense\r\nHost:"), false},
		"empty name":                    {change("Host:", ": x\r\nHost:"), false},
		"NUL in a value":                {change("outcry.example", "outcry\x00.example"), false},
		"bare LF":                       {strings.ReplaceAll(upgradeHeadText, "\r\n", "\n"), false},
		"one bare LF":                   {change("Upgrade: websocket\r\n", "Upgrade: websocket\n"), false},
		"empty line first":              {"\r\n" + upgradeHeadText, false},
		"nothing":                       {"\r\n\r\n", false},
	} {
		uri, ok := sniff([]byte(c.head))
		if ok != c.ok {
			t.Errorf("%s: sniffed %v, want %v", name, ok, c.ok)
		}
		if ok && string(uri) != "/socket.io/?EIO=4&transport=websocket" {
			t.Errorf("%s: URI %q", name, uri)
		}
	}
}

func TestHeadEndIsFoundHoweverItArrives(t *testing.T) {
	for name, c := range map[string]struct {
		bytes string
		end   int
	}{
		"CR LF":            {"GET / HTTP/1.1\r\nHost: x\r\n\r\nmore", 27},
		"bare LF":          {"GET / HTTP/1.1\nHost: x\n\nmore", 24},
		"mixed":            {"GET / HTTP/1.1\r\nHost: x\n\r\nmore", 26},
		"not yet":          {"GET / HTTP/1.1\r\nHost: x\r\n\r", -1},
		"CR alone":         {"GET / HTTP/1.1\r\rmore", -1},
		"nothing":          {"", -1},
		"empty line first": {"\r\n\r\n", 4},
	} {
		if got := headEnd([]byte(c.bytes), 0); got != c.end {
			t.Errorf("%s: %d, want %d", name, got, c.end)
		}
		scanned := 0
		for n := range len(c.bytes) + 1 {
			got := headEnd([]byte(c.bytes[:n]), scanned)
			if want := c.end; want >= 0 && n >= want {
				if got != want {
					t.Errorf("%s, the first %d bytes: %d, want %d", name, n, got, want)
				}
				break
			}
			if got != -1 {
				t.Errorf("%s, the first %d bytes: %d, want none", name, n, got)
			}
			scanned = n
		}
	}
}
