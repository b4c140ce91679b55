package main

import (
	"encoding/json"
	"errors"
	"net"
	"strings"
	"testing"
	"time"
)

// wire carries the packets of one session.
type wire interface {
	// send sends packets: a text, or bytes as a binary message.
	send(packets ...any) error
	// read returns the next packet, or the error that the session has ended.
	read() (packet string, isBinary bool, err error)
	close()
}

// socket is the client's end of a session.
type socket struct {
	t *testing.T
	wire
}

// What carries a session.
const (
	byWebSocket = "WebSocket"
	byPolling   = "polling"
	byUpgrade   = "WebSocket behind polling"
)

// enter opens a session by what the endpoint says.
func (e endpoint) enter() *socket {
	e.t.Helper()
	switch e.by {
	case byPolling:
		return &socket{e.t, &polled{e: e, query: e.poll()}}
	case byUpgrade:
		_, s := e.upgraded()
		return s
	default:
		return e.open()
	}
}

// connect opens a session in the main namespace.
func (e endpoint) connect() *socket {
	e.t.Helper()
	s := e.enter()
	s.send("40")
	s.expectConnected("40", `42["auth",{}]`)
	return s
}

func (s *socket) send(packets ...any) {
	s.t.Helper()
	if err := s.wire.send(packets...); err != nil {
		s.t.Fatal(err)
	}
}

// receive returns the next packet. A ping in between is answered.
func (s *socket) receive() (packet string, isBinary bool) {
	s.t.Helper()
	for {
		packet, isBinary, err := s.read()
		if err != nil {
			s.t.Fatal(err)
		}
		if packet != "2" || isBinary {
			return packet, isBinary
		}
		s.send("3")
	}
}

// expect reads packets. A ping in between is answered, unless it is expected.
func (s *socket) expect(packets ...any) {
	s.t.Helper()
	for _, want := range packets {
		if want == "2" {
			if got, _, err := s.read(); got != "2" || err != nil {
				s.t.Fatalf("%q %v, want a ping", got, err)
			}
			continue
		}
		got, isBinary := s.receive()
		bytes, wantBinary := want.([]byte)
		if isBinary != wantBinary || isBinary && got != string(bytes) || !isBinary && got != want {
			s.t.Fatalf("%q, want %q", got, want)
		}
	}
}

// expectClose reads to the end. It answers pings, so that it is not the heartbeat
// that closes.
func (s *socket) expectClose() {
	s.t.Helper()
	s.expectEnd(true)
}

func (s *socket) expectEnd(answersPings bool) {
	s.t.Helper()
	for deadline := time.Now().Add(patience); ; {
		packet, isBinary, err := s.read()
		var timeout net.Error
		if time.Now().After(deadline) || errors.As(err, &timeout) && timeout.Timeout() {
			s.t.Fatal("it was not closed")
		}
		if err != nil {
			s.close()
			return
		}
		if packet == "2" && !isBinary && answersPings {
			_ = s.wire.send("3") // fails where it is closed already
		}
	}
}

// expectConnected reads a CONNECT reply with nothing but an id, and the auth event.
func (s *socket) expectConnected(reply, auth string) {
	s.t.Helper()
	got, _ := s.receive()
	var payload map[string]any
	data, ok := strings.CutPrefix(got, reply)
	if err := json.Unmarshal([]byte(data), &payload); !ok || err != nil || len(payload) != 1 || payload["sid"] == "" {
		s.t.Fatalf("%q, want %s with a sid", got, reply)
	}
	s.expect(auth)
}
