package transport

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/rs/zerolog"

	"outcry/actors"
	"outcry/actors/latency"
	"outcry/actors/offload"
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
	log      zerolog.Logger
	now      func() time.Time

	verifiers *offload.Pool // for tokens whose issuer has to be asked
	expiries  *expiries
	byLogin   *loginSockets

	// atomic: written by Configure, read by every event
	limits atomic.Pointer[limit.Options]

	// atomic: counters for Counts
	events, refusedEvents, abandoned, refusedSockets, refusedCredentials atomic.Uint64
	refusals                                                             refusals

	reports latency.Reports // of browsers
	tracer  Tracer          // nil follows nothing; set before the first socket
}

var _ socketio.Handler = (*Gateway)(nil)

// NewGateway returns a gateway that verifies tokens with v.
func NewGateway(system *actors.System, sessions *session.Sessions, v *auth.Verifier, limits limit.Options, log zerolog.Logger, now func() time.Time) *Gateway {
	g := &Gateway{
		system: system, sessions: sessions, verifier: v, log: log, now: now,
		verifiers: offload.NewPool(verifiers), expiries: newExpiries(now), byLogin: newLoginSockets(),
	}
	g.limits.Store(&limits)
	return g
}

// Configure changes the limits of sockets and events, also for sockets that are
// open.
func (g *Gateway) Configure(limits limit.Options) error {
	if err := limits.Validate(); err != nil {
		return fmt.Errorf("gateway: %w", err)
	}
	g.limits.Store(&limits)
	return nil
}

// Limits are those in force.
func (g *Gateway) Limits() limit.Options { return *g.limits.Load() }

// verifiers is how many tokens are verified at a time whose issuer has to be asked.
const verifiers = 4

// Close ends what the gateway does by itself. The sockets must have ended before.
func (g *Gateway) Close() {
	g.verifiers.Stop()
	g.expiries.close()
}

// GatewayCounts are what a Gateway refused.
type GatewayCounts struct {
	// Events of clients. RefusedEvents were too many for their socket, Abandoned
	// sockets were closed since they went on, RefusedSockets were too many for their
	// user, RefusedCredentials let nobody in.
	Events, RefusedEvents, Abandoned, RefusedSockets, RefusedCredentials uint64
	// Refusals are of clients that connected and were not let in, by code; also those
	// that may try again.
	Refusals map[string]uint64
}

// Counts returns the counters.
func (g *Gateway) Counts() GatewayCounts {
	return GatewayCounts{
		Events: g.events.Load(), RefusedEvents: g.refusedEvents.Load(), Abandoned: g.abandoned.Load(),
		RefusedSockets: g.refusedSockets.Load(), RefusedCredentials: g.refusedCredentials.Load(), Refusals: g.refusals.read(),
	}
}

// Connect verifies the credentials of a CONNECT. socketio.Handler. A browser
// that shows where it was is let in once it is known whether it can go on there.
func (g *Gateway) Connect(s *socketio.Socket, payload []byte) {
	p := &peer{}
	s.UserData = p
	recoveryID, offset := wire.Recovery(payload)
	request := s.Request()
	presented, refusal := g.verifier.FromConnect(payload, auth.Handshake{URI: request.URI, Authorization: request.Authorization, Cookie: request.Cookie})
	if refusal != nil {
		g.refuse(s, refusal)
		return
	}
	p.sessionID = presented.SessionID
	g.verify(presented, func(identity auth.Identity, refusal *auth.Refusal) {
		switch {
		case refusal != nil:
			g.refuse(s, refusal)
		case recoveryID == "":
			g.admit(s, p, identity, "", nil)
		default:
			g.sessions.Resume(identity.UserID, recoveryID, offset, func(r *session.Record) {
				g.admit(s, p, identity, recoveryID, r)
			})
		}
	})
}

// verify calls done with whom credentials identify: at once, or from another
// goroutine where an issuer has to be asked or the disk read.
func (g *Gateway) verify(p auth.Presented, done func(auth.Identity, *auth.Refusal)) {
	if g.verifier.Blocks(p) {
		g.verifiers.Do(func() { done(g.verifier.Check(p)) })
		return
	}
	done(g.verifier.Check(p))
}

// refuse says why a client is not let in, after which it does not try again. For a
// cause that passes the connection ends instead, and it does.
func (g *Gateway) refuse(s *socketio.Socket, refusal *auth.Refusal) {
	g.log.Debug().Str("socket", s.ID()).Str("code", refusal.Code).Str("hint", refusal.Hint).Msg("connection refused")
	g.refusals.count(refusal.Code)
	if refusal.Transient {
		s.Close(engineio.ForcedClose, websocket.CodeTryAgainLater, refusal.Message)
		return
	}
	g.refusedCredentials.Add(1)
	s.Refuse(refusal.Message, refusal.Data())
}

// peer is what a socket knows of its session.
type peer struct {
	events   limit.Bucket     // owned by the socket's loop
	reporter latency.Reporter // owned by the socket's loop
	spoke    bool             // the client has sent an event; owned by the socket's loop
	// atomic: P95 of the newest report in milliseconds, written by the loop
	reported atomic.Uint32
	expiry   expiry // guarded by the lock of Gateway.expiries

	// immutable once the credentials are read
	sessionID string // of the login that let it in, empty for a token

	mu     sync.Mutex // guards the next block, and is held while the socket is let in
	pid    *actor.PID // nil before that
	userID string
	gone   bool
}

// admit lets a browser in: into the session it shows, if there is a record of
// it, else into a new one. It may come from any goroutine, so what the browser
// says at once waits in tell until there is a session to hear it.
func (g *Gateway) admit(s *socketio.Socket, p *peer, identity auth.Identity, recoveryID string, r *session.Record) {
	userID, limits := identity.UserID, g.limits.Load()
	attach := &session.Attach{Connection: browser{s}, SocketID: s.ID(), UserID: userID, RecoveryID: recoveryID, Resumed: r, Reserved: true}
	most := limits.SocketsPerUser
	if r != nil { // in the place of one that there was, which may still be ending
		attach.SocketID, most = r.SocketID, 2*most
	} else {
		attach.RecoveryID = g.sessions.NewRecoveryID()
	}
	if !g.sessions.Reserve(userID, most) {
		g.refusedSockets.Add(1)
		s.Close(engineio.ForcedClose, websocket.CodeTryAgainLater, fmt.Sprintf("too many connections of this user: at most %d; close one", limits.SocketsPerUser))
		return
	}
	g.enter(s, p, attach, identity.ExpiresAt)
	if g.verifier.SignedOut(p.sessionID) { // while it was let in, when there was nothing to end yet
		g.SignedOut(p.sessionID)
	}
}

// enter accepts a socket and opens its session.
func (g *Gateway) enter(s *socketio.Socket, p *peer, attach *session.Attach, expires time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := s.Accept(wire.ConnectReply(attach.SocketID, attach.RecoveryID)); err != nil {
		g.sessions.Release(attach.UserID)
		return // the client is gone; its Disconnect came or follows
	}
	pid, err := g.sessions.Open(attach)
	if err != nil {
		g.sessions.Release(attach.UserID)
		g.log.Error().Err(err).Str("user", attach.UserID).Msg("session not opened")
		s.Close(engineio.ForcedClose, websocket.CodeInternalError, session.Failed.String())
		return
	}
	p.pid, p.userID = pid, attach.UserID
	if !p.gone { // its Disconnect would find nothing to take back
		g.byLogin.add(p.sessionID, s)
		g.expiries.set(&p.expiry, s, expires, g.verifier.Leeway())
	}
}

// Event decodes a client's event for its session. socketio.Handler.
func (g *Gateway) Event(s *socketio.Socket, e socketio.Event) {
	g.events.Add(1)
	message := g.decode(s, &e)
	if p, ok := s.UserData.(*peer); ok && !p.spoke {
		p.spoke = true
		message = &session.First{Message: message} // one message, so that both are answered together
	}
	if message != nil {
		g.tell(s, message)
	}
}

// decode returns what an event asks of the session, nil for nothing; what concerns the
// connection alone is done here.
func (g *Gateway) decode(s *socketio.Socket, e *socketio.Event) any {
	if !g.allow(s, e) {
		return nil
	}
	switch e.Name {
	case wire.LatencyEvent:
		g.report(s, e)
		return nil
	case wire.ReauthEvent:
		g.reauth(s, wire.DecodeReauth(e.Args), e.AckID)
		return nil
	}
	message := wire.Decode(e.Name, e.Args, e.AckID)
	if order, is := message.(*session.PlaceOrder); is && g.tracer != nil {
		order.Trace = g.tracer.Begin(e.Name, nil)
	}
	return message
}

// allow counts an event of a client, and answers it if there were too many. That
// is done here, since a flood shall not reach the session's mailbox.
func (g *Gateway) allow(s *socketio.Socket, e *socketio.Event) bool {
	p, ok := s.UserData.(*peer)
	if !ok {
		return true
	}
	limits := g.limits.Load()
	verdict := p.events.Take(limit.Events{PerSecond: limits.EventsPerSecond, Burst: limits.EventBurst}, g.now().UnixNano())
	if verdict == limit.Allowed {
		return true
	}
	g.refusedEvents.Add(1)
	message := fmt.Sprintf("rate limit exceeded: too many events: at most %g a second, %d at once", limits.EventsPerSecond, limits.EventBurst)
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

// reauth gives a live connection new credentials of the same user.
func (g *Gateway) reauth(s *socketio.Socket, token string, ackID int64) {
	p, ok := s.UserData.(*peer)
	if !ok {
		return
	}
	if token == "" {
		token = "none" // is refused like one that cannot be read
	}
	g.verify(auth.Presented{Token: token}, func(identity auth.Identity, refusal *auth.Refusal) {
		p.mu.Lock()
		userID, live := p.userID, p.pid != nil && !p.gone
		if refusal == nil && identity.UserID != userID {
			refusal = auth.UserMismatch()
		}
		if refusal == nil && live {
			g.expiries.set(&p.expiry, s, identity.ExpiresAt, g.verifier.Leeway())
		}
		p.mu.Unlock()
		if live {
			answerReauth(s, ackID, identity, refusal)
		}
	})
}

// answerReauth tells the client. One that wants no acknowledgement would not know
// that it has failed, so its connection ends.
func answerReauth(s *socketio.Socket, ackID int64, identity auth.Identity, refusal *auth.Refusal) {
	problem, encoder := "", wire.Encoder{}
	if refusal != nil {
		problem = refusal.Message
	}
	// Writes that fail end the connection, which says so itself.
	switch {
	case ackID != session.NoAck:
		_, _ = s.WriteFrames(encoder.AppendAckReauth(nil, ackID, identity.UserID, problem))
	case refusal == nil:
		_, _ = s.WriteFrames(encoder.AppendReauthSuccess(nil, identity.ExpiresAt))
	default:
		_, _ = s.WriteFrames(encoder.AppendReauthFailure(nil, problem))
		s.Close(engineio.ForcedClose, websocket.CodePolicyViolation, problem)
	}
}

// Writable tells the session that its browser reads again. socketio.Handler.
func (g *Gateway) Writable(s *socketio.Socket) { g.tell(s, &session.Writable{}) }

// Disconnect ends the session. socketio.Handler.
func (g *Gateway) Disconnect(s *socketio.Socket, reason string) {
	if p, ok := s.UserData.(*peer); ok {
		p.mu.Lock()
		p.gone = true
		p.mu.Unlock()
		g.expiries.remove(&p.expiry)
		g.byLogin.remove(p.sessionID, s)
	}
	g.tell(s, &session.Detached{Reason: reason, Left: reason == socketio.ReasonClientDisconnect})
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
