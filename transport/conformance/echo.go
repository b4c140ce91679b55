package main

import (
	"fmt"
	"time"

	"outcry/transport/engineio"
	"outcry/transport/engineio/deadline"
	"outcry/transport/socketio"
)

// echoMessages sends every Engine.IO message back. A write that fails ends the
// connection, which says so itself.
type echoMessages struct{}

func (echoMessages) Open(*engineio.Socket) {}

func (echoMessages) Message(s *engineio.Socket, payload []byte) { _, _ = s.WriteMessage(payload) }

func (echoMessages) Binary(s *engineio.Socket, payload []byte) { _, _ = s.WriteBinary(payload) }

func (echoMessages) Writable(*engineio.Socket) {}

func (echoMessages) Close(*engineio.Socket, engineio.Reason, error) {}

// echoEvents lets every Socket.IO client in and sends its events back.
type echoEvents struct {
	// immutable after construction
	greetings *deadline.Queue[greeting]
}

// greeting is the auth event of one socket.
type greeting struct {
	// immutable after construction
	socket *socketio.Socket
	args   []byte

	deadline deadline.Entry[greeting] // guarded by the lock of the queue
}

// greetingDelay is how long auth follows the answer to CONNECT. The clients of the
// suite listen for one packet at a time, and miss the second of two that they read
// at once, which 10 ms did not prevent on a machine that had other things to do.
// The official server, too, writes them some time apart.
const greetingDelay = 50 * time.Millisecond

func newEchoEvents() *echoEvents {
	return &echoEvents{greetings: deadline.NewQueue(greetingDelay, func(g *greeting) {
		_, _ = g.socket.Emit("auth", g.args)
	})}
}

// Connect tells the client what it said.
func (h *echoEvents) Connect(s *socketio.Socket, auth []byte) {
	if auth == nil {
		auth = []byte("{}")
	}
	g := &greeting{socket: s, args: fmt.Appendf(nil, "[%s]", auth)}
	g.deadline.Owner = g
	s.UserData = g
	if s.Accept(fmt.Appendf(nil, `{"sid":%q}`, s.ID())) == nil {
		h.greetings.Add(&g.deadline)
	}
}

func (h *echoEvents) Event(s *socketio.Socket, e socketio.Event) {
	switch {
	case e.Name == "message":
		_, _ = s.Emit("message-back", e.Args, e.Attachments...)
	case e.Name == "message-with-ack" && e.AckID != socketio.NoAck:
		_, _ = s.Acknowledge(e.AckID, e.Args, e.Attachments...)
	}
}

func (h *echoEvents) Writable(*socketio.Socket) {}

func (h *echoEvents) Disconnect(s *socketio.Socket, _ string) {
	h.greetings.Remove(&s.UserData.(*greeting).deadline)
}
