package browser

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"

	"outcry/bench/symbols"
)

// Engine.IO v4 packet types: https://github.com/socketio/engine.io-protocol
const (
	engineOpen    = '0'
	engineClose   = '1'
	enginePing    = '2'
	engineMessage = '4'
	engineNoop    = '6'
)

// Socket.IO v5 packet types: https://github.com/socketio/socket.io-protocol
const (
	socketConnect      = '0'
	socketDisconnect   = '1'
	socketEvent        = '2'
	socketAck          = '3'
	socketConnectError = '4'
)

var (
	pongPacket       = []byte("3")
	disconnectPacket = []byte("41")

	quotePrefix = []byte(`42["watchlist:quote",`)
	batchPrefix = []byte(`42["watchlist:quotes",[`)
	eventPrefix = []byte(`42["`)
)

// symbolsPerRequest is how many symbols a server takes in one request.
const symbolsPerRequest = 100

// opening is the payload of the open packet, as far as a client needs it.
type opening struct {
	SID          string `json:"sid"`
	PingInterval int64  `json:"pingInterval"`
	PingTimeout  int64  `json:"pingTimeout"`
}

// readOpening checks an open packet and returns within what time the server has
// to send a ping.
func readOpening(packet []byte) (silence time.Duration, err error) {
	if packet[0] != engineOpen {
		return 0, protocolFailure("no open packet after the upgrade")
	}
	var o opening
	if json.Unmarshal(packet[1:], &o) != nil || o.SID == "" || o.PingInterval <= 0 || o.PingTimeout <= 0 {
		return 0, protocolFailure("malformed open packet")
	}
	return time.Duration(o.PingInterval+o.PingTimeout) * time.Millisecond, nil
}

// readConnected checks the answer to the CONNECT packet and returns its pid.
func readConnected(payload []byte) (pid string, err error) {
	var reply struct {
		SID string `json:"sid"`
		PID string `json:"pid"`
	}
	if json.Unmarshal(payload, &reply) != nil || reply.SID == "" {
		return "", protocolFailure("malformed CONNECT reply")
	}
	return reply.PID, nil
}

// readRefusal words a CONNECT_ERROR or an error event by its code, else by its
// message.
func readRefusal(what string, payload []byte) error {
	var refusal struct {
		Message string `json:"message"`
		Code    string `json:"code"`
		Data    struct {
			Code string `json:"code"`
		} `json:"data"`
	}
	if json.Unmarshal(payload, &refusal) != nil {
		return protocolFailure("malformed " + what)
	}
	for _, reason := range []string{refusal.Data.Code, refusal.Code, refusal.Message} {
		if reason != "" {
			return fail(what + ": " + printable([]byte(reason)))
		}
	}
	return fail(what + " without a reason")
}

// appendConnect appends the CONNECT packet with its credentials, and with what a
// dashboard that was there before shows.
func appendConnect(dst []byte, token string, r recovery) []byte {
	auth, err := json.Marshal(struct {
		Token  string `json:"token"`
		PID    string `json:"pid,omitempty"`
		Offset string `json:"offset,omitempty"`
	}{token, r.pid, r.offset})
	if err != nil {
		panic("browser: a string did not marshal: " + err.Error())
	}
	return appendFrame(dst, opText, append([]byte("40"), auth...))
}

// appendSubscribe appends the requests for a list of symbols and returns how
// many confirmations they call for.
func appendSubscribe(dst []byte, names *symbols.Names, list watchlist, batch bool) (out []byte, requests int) {
	for rest := list.held; len(rest) > 0; requests++ {
		n := min(len(rest), symbolsPerRequest)
		packet := []byte(`42["subscribe:watchlist",{"symbols":[`)
		for i, position := range rest[:n] {
			if i > 0 {
				packet = append(packet, ',')
			}
			packet = strconv.AppendQuote(packet, names.Name(int(position.symbol)))
		}
		packet = append(packet, ']')
		if batch {
			packet = append(packet, `,"batch":true`...)
		}
		dst = appendFrame(dst, opText, append(packet, "}]"...))
		rest = rest[n:]
	}
	return dst, requests
}

// eventParts splits an event packet without acknowledgement into its name and
// the arguments after it.
func eventParts(packet []byte) (name string, arguments []byte, ok bool) {
	rest, ok := bytes.CutPrefix(packet, eventPrefix)
	if !ok {
		return "", nil, false
	}
	end := bytes.IndexByte(rest, '"')
	if end < 0 || len(rest) < end+2 || rest[len(rest)-1] != ']' {
		return "", nil, false
	}
	return string(rest[:end]), bytes.TrimPrefix(rest[end+1:len(rest)-1], []byte(",")), true
}
