package transport

import (
	"sync"

	"outcry/transport/engineio"
	"outcry/transport/socketio"
	"outcry/transport/websocket"
	"outcry/transport/wire"
)

// loginSockets are the sockets that each login let in, so that they end with it.
type loginSockets struct {
	mu      sync.Mutex // guards sockets
	sockets map[string]map[*socketio.Socket]struct{}
}

func newLoginSockets() *loginSockets {
	return &loginSockets{sockets: make(map[string]map[*socketio.Socket]struct{})}
}

// add notes a socket; those that a token let in have no session.
func (l *loginSockets) add(sessionID string, s *socketio.Socket) {
	if sessionID == "" {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.sockets[sessionID] == nil {
		l.sockets[sessionID] = make(map[*socketio.Socket]struct{})
	}
	l.sockets[sessionID][s] = struct{}{}
}

func (l *loginSockets) remove(sessionID string, s *socketio.Socket) {
	if sessionID == "" {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.sockets[sessionID], s)
	if len(l.sockets[sessionID]) == 0 {
		delete(l.sockets, sessionID)
	}
}

// take returns and forgets the sockets of a login.
func (l *loginSockets) take(sessionID string) map[*socketio.Socket]struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	sockets := l.sockets[sessionID]
	delete(l.sockets, sessionID)
	return sockets
}

// SignedOut ends the connections of a session that was signed out.
func (g *Gateway) SignedOut(sessionID string) {
	const reason = "You have signed out"
	for s := range g.byLogin.take(sessionID) {
		// A write that fails ends the connection, which says so itself.
		_, _ = s.WriteFrames(wire.Encoder{}.AppendConnectionClosed(nil, reason, "SIGNED_OUT"))
		s.Close(engineio.ForcedClose, websocket.CodePolicyViolation, reason)
	}
}
