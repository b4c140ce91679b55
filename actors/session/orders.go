package session

import (
	"fmt"
	"time"

	"outcry/actors/portfolio"
)

// placeOrder hands an order to the portfolio; its outcome is acknowledged.
func (s *sessionActor) placeOrder(m *PlaceOrder) {
	order := m.Order
	order.Trace, order.Reply = asked(m.Trace, portfolio.PartPlaceOrder, s.orderReply("order:place", m.AckID, false))
	if err := s.tellAccount("order:place", m.AckID, &order); err != nil {
		order.Trace.End(err)
		m.Trace.End(err)
	}
}

// cancelOrder hands a cancellation to the portfolio; its outcome is acknowledged.
func (s *sessionActor) cancelOrder(m *CancelOrder) {
	_ = s.tellAccount("order:cancel", m.AckID, &portfolio.CancelOrder{OrderID: m.OrderID, Reply: s.orderReply("order:cancel", m.AckID, true)})
}

// tellAccount hands a request to the portfolio, or answers that it cannot.
func (s *sessionActor) tellAccount(event string, ackID int64, message any) error {
	err := s.sessions.accounts.Tell(s.userID, message)
	if err != nil {
		code, text := s.sessions.problem(err)
		s.refuse(event, code, text, ackID, false)
	}
	return err
}

// orderReply returns what answers the client once the outcome is known. A
// client that wants no acknowledgement hears only what went wrong: what went
// well is a notice.
func (s *sessionActor) orderReply(event string, ackID int64, cancel bool) func(portfolio.OrderOutcome, error) {
	later, sessions, encoder := s.later(), s.sessions, s.sessions.encoder
	return func(o portfolio.OrderOutcome, err error) {
		later(func(dst []byte) []byte {
			switch {
			case err != nil && ackID != NoAck:
				code, text := sessions.problem(err)
				return encoder.AppendAckRejected(dst, ackID, o.OrderID, string(code), text)
			case err != nil:
				code, text := sessions.problem(err)
				return encoder.AppendError(dst, event, code, text)
			case o.Rejected != nil && ackID != NoAck:
				return encoder.AppendAckRejected(dst, ackID, o.OrderID, o.Rejected.Code, o.Rejected.Message)
			case o.Rejected != nil:
				return encoder.AppendError(dst, event, Code(o.Rejected.Code), o.Rejected.Message)
			case ackID != NoAck:
				return encoder.AppendAckOrder(dst, ackID, o.OrderID, cancel, o.Hold)
			}
			return dst
		})
	}
}

// setWatchlist saves the user's watchlist and acknowledges it once it is saved.
func (s *sessionActor) setWatchlist(m *SetWatchlist) {
	if limit := s.sessions.options.Load().SymbolsPerSocket; limit > 0 && len(m.Symbols) > limit {
		s.refuse("watchlist:set", CodeSubscriptionLimit, fmt.Sprintf("%d symbols: at most %d are allowed in a watchlist", len(m.Symbols), limit), m.AckID, false)
		return
	}
	later, sessions := s.later(), s.sessions
	s.sessions.watchlists.Set(s.userID, m.Symbols, func(err error) {
		later(func(dst []byte) []byte { return sessions.appendSymbols(dst, "watchlist:set", m.AckID, m.Symbols, err) })
	})
}

// getWatchlist reads the user's watchlist.
func (s *sessionActor) getWatchlist(m *GetWatchlist) {
	later, sessions := s.later(), s.sessions
	s.sessions.watchlists.Get(s.userID, func(symbols []string, err error) {
		later(func(dst []byte) []byte { return sessions.appendSymbols(dst, "watchlist:get", m.AckID, symbols, err) })
	})
}

func (s *Sessions) appendSymbols(dst []byte, event string, ackID int64, symbols []string, err error) []byte {
	encoder := s.encoder
	if err == nil {
		if ackID == NoAck {
			return dst
		}
		return encoder.AppendAckSymbols(dst, ackID, symbols)
	}
	code, text := s.problem(err)
	if ackID == NoAck {
		return encoder.AppendError(dst, event, code, text)
	}
	return encoder.AppendAckError(dst, ackID, code, text)
}

// sync asks the portfolio for its state, to answer with everything there is.
func (s *sessionActor) sync(m *Sync) {
	root, self := s.sessions.system.Root, s.self
	_ = s.tellAccount("state.requestSync", m.AckID, &portfolio.View{Reply: func(account portfolio.Account, err error) {
		root.Send(self, &synced{account: account, err: err, ackID: m.AckID})
	}})
}

// synced is the state of the account for state.sync.
type synced struct {
	account portfolio.Account
	err     error
	ackID   int64
}

// answerSync writes state.sync: the account and the newest quote of each
// subscription. It leaves what the subscriptions were given as it is.
func (s *sessionActor) answerSync(m *synced) {
	if m.err != nil {
		code, text := s.sessions.problem(m.err)
		s.refuse("state.requestSync", code, text, m.ackID, false)
		return
	}
	s.reply()
	encoder, start, now := s.sessions.encoder, len(s.out), s.sessions.now()
	s.out = encoder.BeginSync(s.out, &m.account)
	subscriptions := s.subscriptions()
	for i := range subscriptions.Len() {
		if frame := subscriptions.Slot(i).Newest(); frame != nil {
			s.out = encoder.AppendBatched(s.out, frame, 0, max(now.Sub(time.Unix(0, frame.Received)), 0))
		}
	}
	s.out = encoder.EndSync(s.out, start, now)
	s.acknowledge(m.ackID)
}
