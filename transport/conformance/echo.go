package main

import (
	"fmt"

	"outcry/transport/engineio"
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
type echoEvents struct{}

// Connect tells the client what it said.
func (echoEvents) Connect(s *socketio.Socket, auth []byte) {
	if auth == nil {
		auth = []byte("{}")
	}
	if s.Accept(fmt.Appendf(nil, `{"sid":%q}`, s.ID())) == nil {
		_, _ = s.Emit("auth", fmt.Appendf(nil, "[%s]", auth))
	}
}

func (echoEvents) Event(s *socketio.Socket, e socketio.Event) {
	switch {
	case e.Name == "message":
		_, _ = s.Emit("message-back", e.Args, e.Attachments...)
	case e.Name == "message-with-ack" && e.AckID != socketio.NoAck:
		_, _ = s.Acknowledge(e.AckID, e.Args, e.Attachments...)
	}
}

func (echoEvents) Writable(*socketio.Socket) {}

func (echoEvents) Disconnect(*socketio.Socket, string) {}
