package session

import (
	"github.com/asynkron/protoactor-go/actor"

	"outcry/actors/mailbox"
	"outcry/actors/portfolio"
)

// sessionActor is one browser tab. Its fields are its own.
type sessionActor struct {
	sessions *Sessions // immutable after construction
	mailbox  *mailbox.Mailbox
	self     *actor.PID

	connection Connection // nil before Attach
	socketID   string
	userID     string
	recoveryID string
	detached   bool // the connection is gone
	left       bool // since the browser said so
	closing    bool // we are ending it

	out       []byte  // answers, notices and quotes that wait for the next write
	outBuffer *[]byte // the pooled buffer that out lives in, nil while out is unused

	account account
	record  recording
	arrival *arrival // nil once the page has sent an event, or had the time for it

	blocked bool   // the browser does not read
	stall   *stall // not nil while blocked, and until the flush behind that

	followed *followed // nil while nobody follows a notice that waits
}

// Receive handles one message. actor.Actor.
func (s *sessionActor) Receive(ctx actor.Context) { s.receive(ctx, ctx.Message()) }

func (s *sessionActor) receive(ctx actor.Context, message any) {
	switch m := message.(type) {
	case *mailbox.Flush:
		s.flush(m)
	case *mailbox.Bound:
		s.mailbox = m.Mailbox
		s.self = ctx.Self()
	case *Attach:
		s.attach(m)
	case *First:
		s.speak()
		s.receive(ctx, m.Message)
	case *arrived:
		if s.arrival == m.arrival {
			s.settle()
		}
	case *Subscribe:
		s.subscribe(m)
	case *Unsubscribe:
		s.unsubscribe(m)
	case *Ping:
		s.ping(m)
	case *notices:
		s.notify(m)
	case *missed:
		s.missed(m)
	case *portfolio.Update:
		s.updated(m)
	case *accountLost:
		s.accountLost(m)
	case *PlaceOrder:
		s.placeOrder(m)
	case *CancelOrder:
		s.cancelOrder(m)
	case *SubscribeAccount:
		s.subscribeAccount(m)
	case *SetWatchlist:
		s.setWatchlist(m)
	case *GetWatchlist:
		s.getWatchlist(m)
	case *Sync:
		s.sync(m)
	case *synced:
		s.answerSync(m)
	case *answer:
		s.reply()
		s.out = m.write(s.out)
	case *recorded:
		s.recorded(m.err)
	case *handOver:
		s.handOver(m)
	case *Refused:
		s.refuse(m.Event, m.Code, m.Message, m.AckID, m.Silent)
	case *Writable:
		s.unblock()
	case *slowCheck:
		s.checkSlow(m)
	case *mailbox.Overflowed:
		s.close(MailboxFull)
	case *Shutdown:
		s.reply()
		s.out = s.sessions.encoder.AppendShutdown(s.out, m.ReconnectIn, s.sessions.now())
	case *marketChanged:
		s.marketChanged(m)
	case *Close:
		s.close(m.Reason)
	case *Detached:
		s.detached, s.left = true, m.Left
		ctx.Stop(ctx.Self())
	case *actor.Stopping:
		s.end()
	case *actor.Stopped:
		s.sessions.ended(ctx.Self())
	}
}

func (s *sessionActor) attach(m *Attach) {
	s.connection, s.socketID, s.userID, s.recoveryID = m.Connection, m.SocketID, m.UserID, m.RecoveryID
	s.reply()
	s.out = s.sessions.encoder.AppendWelcome(s.out, s.userID, s.socketID, s.sessions.now())
	s.appendMarket()
	if m.Resumed != nil {
		s.restore(m.Resumed)
	}
	s.arrive()
	s.watch()
}

func (s *sessionActor) ping(m *Ping) {
	s.reply()
	if m.AckID != NoAck {
		s.out = s.sessions.encoder.AppendAckPong(s.out, m.AckID, s.userID, s.sessions.now())
		return
	}
	s.out = s.sessions.encoder.AppendPong(s.out, m.ClientTimestamp, s.sessions.now())
}

// refuse answers an explicit violation: by the acknowledgement if the client
// wants one, else by an error event unless the event is never answered so.
func (s *sessionActor) refuse(event string, code Code, message string, ackID int64, silent bool) {
	switch {
	case ackID != NoAck:
		s.reply()
		s.out = s.sessions.encoder.AppendAckError(s.out, ackID, code, message)
	case !silent:
		s.reply()
		s.out = s.sessions.encoder.AppendError(s.out, event, code, message)
	}
}

func (s *sessionActor) acknowledge(ackID int64) {
	if ackID != NoAck {
		s.reply()
		s.out = s.sessions.encoder.AppendAck(s.out, ackID)
	}
}

// close ends the connection from our side; Detached follows.
func (s *sessionActor) close(reason CloseReason) {
	if s.closing || s.connection == nil {
		return
	}
	if reason == ShuttingDown && !s.detached && len(s.out) > 0 {
		// What waits goes before the close, also to a browser that does not read now:
		// one that polls never does between two polls.
		if _, err := s.connection.WriteFrames(s.out); err != nil {
			s.closing = true
			return // the connection has ended; its Detached message says why
		}
		s.delivered(nil)
	}
	s.closing = true
	s.sessions.closed[reason].Add(1)
	s.connection.Close(reason)
}

// end leaves nothing behind. It also runs when the actor failed.
func (s *sessionActor) end() {
	if !s.detached {
		s.close(Failed)
	}
	s.unblock()
	s.leaveArrival()
	s.delivered(errGone)
	s.unwatch()
	s.leaveRecord()
	for i := s.subscriptions().Len() - 1; i >= 0; i-- {
		s.drop(i)
	}
	s.releaseOut()
}
