package engineio

import (
	"errors"

	"outcry/transport/websocket"
)

// Reason is why a socket closed, in the words of the official server, which
// operators know from its documentation.
type Reason string

// The reasons.
const (
	TransportClose    Reason = "transport close"      // the client or the network ended the connection
	TransportError    Reason = "transport error"      // the client broke the transport's rules
	PingTimeout       Reason = "ping timeout"         // no pong came in time
	ParseError        Reason = "parse error"          // the client sent what is no packet
	ForcedClose       Reason = "forced close"         // the server wanted it
	ForcedServerClose Reason = "forced server close"  // the client's packet did not fit its state, or none came
	ServerShutdown    Reason = "server shutting down" // the server stops
)

// ending is why a socket closes, decided by whoever closes it first.
type ending struct {
	reason Reason
	err    error // nil when nothing went wrong
}

// endingOf tells from what ended the connection why the socket ended, when
// nobody on this side closed it.
func endingOf(cause error) *ending {
	var closed *websocket.CloseError
	switch {
	case errors.As(cause, &closed) && !closed.ByPeer:
		return &ending{TransportError, cause} // a frame broke the rules of WebSocket
	case errors.As(cause, &closed):
		return &ending{TransportClose, nil}
	default:
		return &ending{TransportClose, cause}
	}
}
