package engineio

import (
	"errors"

	"outcry/transport/websocket"
)

// surplus is a WebSocket for a session that has one already. It is let in and
// closed at once, as by the official server, so that the client is told why:
// browsers show no page what an HTTP refusal of a WebSocket says.
type surplus struct{}

var _ websocket.Handler = surplus{}

var errSurplus = errors.New("the session has a WebSocket already")

func (surplus) opened(c *websocket.Conn) {
	c.Close(websocket.CodePolicyViolation, errSurplus.Error())
}

// Text and the others have nobody to tell.
func (surplus) Text(*websocket.Conn, []byte)   {}
func (surplus) Binary(*websocket.Conn, []byte) {}
func (surplus) Writable(*websocket.Conn)       {}
func (surplus) Closed(*websocket.Conn, error)  {}
