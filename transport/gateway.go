package transport

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/rs/zerolog"

	"outcry/actors"
	"outcry/actors/session"
	"outcry/transport/auth"
	"outcry/transport/engineio"
	"outcry/transport/limit"
	"outcry/transport/socketio"
	"outcry/transport/websocket"
	"outcry/transport/wire"
)

// Gateway lets browsers in and connects each to a session of its own. It
// implements socketio.Handler: events become messages to the session's mailbox.
type Gateway struct {
	// immutable after construction
	system   *actors.System
	sessions *session.Sessions
	verifier *auth.Verifier
	limits   limit.Options
	log      zerolog.Logger
	now      func() time.Time

	// atomic: counters for Counts
	refusedEvents, abandoned, refusedSockets atomic.Uint64
}

var _ socketio.Handler = (*Gateway)(nil)

// NewGateway returns a gateway that verifies tokens with v.
func NewGateway(system *actors.System, sessions *session.Sessions, v *auth.Verifier, limits limit.Options, log zerolog.Logger, now func() time.Time) *Gateway {
	return &Gateway{system: system, sessions: sessions, verifier: v, limits: limits, log: log, now: now}
}

// GatewayCounts are what a Gateway refused.
type GatewayCounts struct {
	// RefusedEvents were too many for their socket, Abandoned sockets were closed
	// since they went on, RefusedSockets were too many for their user.
	RefusedEvents, Abandoned, RefusedSockets uint64
}

// Counts returns the counters.
func (g *Gateway) Counts() GatewayCounts {
	return GatewayCounts{RefusedEvents: g.refusedEvents.Load(), Abandoned: g.abandoned.Load(), RefusedSockets: g.refusedSockets.Load()}
}

// Connect verifies the credentials of a CONNECT. socketio.Handler. A browser
// that shows where it was is let in once it is known whether it can go on there.
func (g *Gateway) Connect(s *socketio.Socket, payload []byte) {
	identity, refusal := g.authenticate(s, payload)
	if refusal != nil {
		g.log.Debug().Str("socket", s.ID()).Str("code", refusal.Code).Msg("connection refused")
		s.Refuse(refusal.Message, refusal.Data())
		return
	}
	p := &peer{}
	s.UserData = p
	recoveryID, offset := wire.Recovery(payload)
	if recoveryID == "" {
		g.admit(s, p, identity.UserID, "", nil)
		return
	}
	g.sessions.Resume(identity.UserID, recoveryID, offset, func(r *session.Record) {
		g.admit(s, p, identity.UserID, recoveryID, r)
	})
}

// peer is what a socket knows of its session.
type peer struct {
	events limit.Bucket // owned by the socket's loop

	mu  sync.Mutex // guards pid, and is held while the socket is let in
	pid *actor.PID // nil before that
}

// admit lets a browser in: into the session it shows, if there is a record of
// it, else into a new one. It may come from any goroutine, so what the browser
// says at once waits in tell until there is a session to hear it.
func (g *Gateway) admit(s *socketio.Socket, p *peer, userID, recoveryID string, r *session.Record) {
	attach := &session.Attach{Connection: browser{s}, SocketID: s.ID(), UserID: userID, RecoveryID: recoveryID, Resumed: r}
	switch {
	case r != nil: // in the place of one that there was
		attach.SocketID = r.SocketID
	case g.limits.SocketsPerUser > 0 && g.sessions.OfUser(userID) >= g.limits.SocketsPerUser:
		g.refusedSockets.Add(1)
		s.Close(engineio.ForcedClose, websocket.CodeTryAgainLater, fmt.Sprintf("too many connections of this user: at most %d; close one", g.limits.SocketsPerUser))
		return
	default:
		attach.RecoveryID = g.sessions.NewRecoveryID()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := s.Accept(wire.ConnectReply(attach.SocketID, attach.RecoveryID)); err != nil {
		return // the client is gone; its Disconnect came or follows
	}
	pid, err := g.sessions.Open(attach)
	if err != nil {
		g.log.Error().Err(err).Str("user", userID).Msg("session not opened")
		s.Close(engineio.ForcedClose, websocket.CodeInternalError, session.Failed.String())
		return
	}
	p.pid = pid
}

func (g *Gateway) authenticate(s *socketio.Socket, payload []byte) (auth.Identity, *auth.Refusal) {
	token, refusal := auth.TokenFromConnect(payload, s.Request().Authorization)
	if refusal != nil {
		return auth.Identity{}, refusal
	}
	return g.verifier.Verify(token)
}

// Event decodes a client's event for its session. socketio.Handler.
func (g *Gateway) Event(s *socketio.Socket, e socketio.Event) {
	if !g.allow(s, &e) {
		return
	}
	if message := wire.Decode(e.Name, e.Args, e.AckID); message != nil {
		g.tell(s, message)
	}
}

// allow counts an event of a client, and answers it if there were too many. That
// is done here, since a flood shall not reach the session's mailbox.
func (g *Gateway) allow(s *socketio.Socket, e *socketio.Event) bool {
	p, ok := s.UserData.(*peer)
	if !ok {
		return true
	}
	verdict := p.events.Take(limit.Events{PerSecond: g.limits.EventsPerSecond, Burst: g.limits.EventBurst}, g.now().UnixNano())
	if verdict == limit.Allowed {
		return true
	}
	g.refusedEvents.Add(1)
	message := fmt.Sprintf("too many events: at most %g a second, %d at once", g.limits.EventsPerSecond, g.limits.EventBurst)
	switch {
	case verdict == limit.Abandoned:
		g.abandoned.Add(1)
		s.Close(engineio.ForcedClose, websocket.CodePolicyViolation, message)
	case e.AckID != session.NoAck:
		// A write that fails ends the connection, which says so itself.
		_, _ = s.WriteFrames(wire.Encoder{}.AppendAckError(nil, e.AckID, session.CodeRateLimit, message))
	case verdict == limit.Refused && !wire.Silent(e.Name):
		_, _ = s.WriteFrames(wire.Encoder{}.AppendError(nil, e.Name, session.CodeRateLimit, message))
	}
	return false
}

// Writable tells the session that its browser reads again. socketio.Handler.
func (g *Gateway) Writable(s *socketio.Socket) { g.tell(s, &session.Writable{}) }

// Disconnect ends the session. socketio.Handler.
func (g *Gateway) Disconnect(s *socketio.Socket, reason string) {
	g.tell(s, &session.Detached{Reason: reason})
}

// tell posts to the socket's session. A socket has none before it was accepted.
func (g *Gateway) tell(s *socketio.Socket, message any) {
	p, ok := s.UserData.(*peer)
	if !ok {
		return
	}
	p.mu.Lock()
	pid := p.pid
	p.mu.Unlock()
	if pid != nil {
		g.system.Root.Send(pid, message)
	}
}

// browser is the session.Connection of one socket.
type browser struct{ socket *socketio.Socket }

// WriteFrames sends complete frames. session.Connection.
func (b browser) WriteFrames(p []byte) (blocked bool, err error) { return b.socket.WriteFrames(p) }

// Close ends the connection with a status that says whose fault it is, so that
// the client's log tells. session.Connection.
func (b browser) Close(reason session.CloseReason) {
	code, why := websocket.CodeInternalError, engineio.ForcedClose
	switch reason {
	case session.SlowConsumer, session.MailboxFull, session.Replaced:
		code = websocket.CodePolicyViolation
	case session.ShuttingDown:
		code, why = websocket.CodeGoingAway, engineio.ServerShutdown
	}
	b.socket.Close(why, code, reason.String())
}
