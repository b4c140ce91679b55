package browser

import (
	"bytes"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"outcry/bench/freshness"
)

const patience = 10 * time.Second

const (
	openPacket   = `0{"sid":"e1","upgrades":[],"pingInterval":25000,"pingTimeout":60000,"maxPayload":1000000}`
	connectReply = `40{"sid":"s1","pid":"p1"}`
	confirmation = `42["subscribed:watchlist",{"success":true,"symbols":["BX7Q2.0003"],"userId":"u","timestamp":1}]`
)

// stage is a Browser of three symbols with a tape on which ten ticks of each
// symbol were fed, the first to warm up.
type stage struct {
	*Browser
	turn Turn
	rest []byte
}

func newStage(batch bool) *stage {
	tape := freshness.NewTape(testNames.Count(), 0, 1, 9)
	for k := range tape.Ticks() {
		tape.MarkFed(k, 1)
	}
	script := &Script{Host: "localhost:8080", Path: "/socket.io/", Names: testNames, Batch: batch}
	s := &stage{Browser: New(script, "a.b.c", []int{3, 1, 2})}
	s.turn = Turn{Now: 1000, Tape: tape, Recorder: freshness.NewRecorder()}
	s.Dial(500)
	return s
}

// hear gives the Browser bytes the way a loop does: with what was left before.
func (s *stage) hear(p []byte) error {
	s.rest = append(s.rest, p...)
	n, err := s.Read(s.rest, &s.turn)
	s.rest = s.rest[n:]
	return err
}

// said returns the text packets that the Browser wrote since the last call.
func (s *stage) said(t testing.TB) (packets []string) {
	t.Helper()
	out := bytes.NewReader(s.turn.Out)
	for out.Len() > 0 {
		f, err := ws.ReadFrame(out)
		if err != nil {
			t.Fatalf("the browser wrote a bad frame: %v", err)
		}
		packets = append(packets, string(ws.UnmaskFrameInPlace(f).Payload))
	}
	s.turn.Out = nil
	return packets
}

func (s *stage) switching() []byte {
	return []byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: " + s.key.accept() + "\r\n\r\n")
}

// live takes the Browser through the handshake.
func (s *stage) live(t testing.TB) {
	t.Helper()
	s.Start(nil)
	handshake := bytes.Join([][]byte{s.switching(), text(openPacket), text(connectReply), text(confirmation)}, nil)
	if err := s.hear(handshake); err != nil {
		t.Fatalf("handshake: %v", err)
	}
	s.said(t)
}

func quotePacket(symbol int, price string) string {
	return `42["watchlist:quote",` + wireQuote(testNames.Name(symbol), price) + `]`
}
