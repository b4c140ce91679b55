package session

import (
	"fmt"
	"strings"

	"outcry/actors/conflation"
	"outcry/actors/mailbox"
)

// subscribe adds symbols and confirms them. The flush that ends this run sends
// the snapshots, also of symbols that were subscribed before.
func (s *sessionActor) subscribe(m *Subscribe) {
	// The live watchlist subscribes row by row and shows itself as offline after an error.
	event, silent := m.Kind.subscribeEvent(), m.Kind == Single
	if problem := s.overLimit(m); problem != "" {
		s.sessions.refused.Add(1)
		s.refuse(event, CodeSubscriptionLimit, problem, m.AckID, silent)
		return
	}
	var fresh []*conflation.Slot
	for _, symbol := range m.Symbols {
		if sub := s.find(symbol, m.Kind); sub != nil {
			sub.Tag = uint8(m.dialects(Dialects(sub.Tag)))
			sub.Restart()
			continue
		}
		fresh = append(fresh, s.sessions.symbols.Acquire(symbol))
	}
	added := s.mailbox.Watch(fresh)
	for _, sub := range added {
		sub.Tag = uint8(m.dialects(0))
	}
	if s.subscriptions == nil {
		s.subscriptions = added // the one request that most sessions make costs one slice
	} else {
		s.subscriptions = append(s.subscriptions, added...)
	}

	s.changeRecord()
	if m.Kind == Watchlist {
		s.reply()
		s.out = s.sessions.encoder.AppendConfirmation(s.out, true, m.Symbols, s.userID, s.sessions.now())
	}
	if len(m.Invalid) > 0 {
		s.refuse(event, CodeInvalidParams, "not a symbol: "+strings.Join(m.Invalid, ", "), m.AckID, silent)
		return
	}
	s.acknowledge(m.AckID)
}

// unsubscribe removes symbols and confirms, whether they were subscribed or not.
func (s *sessionActor) unsubscribe(m *Unsubscribe) {
	for _, symbol := range m.Symbols {
		s.remove(symbol, m.Kind)
	}
	s.changeRecord()
	if m.Kind == Watchlist {
		s.reply()
		s.out = s.sessions.encoder.AppendConfirmation(s.out, false, m.Symbols, s.userID, s.sessions.now())
	}
	s.acknowledge(m.AckID)
}

// overLimit says which limit a request breaks, "" if none.
func (s *sessionActor) overLimit(m *Subscribe) string {
	options := s.sessions.options.Load()
	if limit := options.SymbolsPerRequest; limit > 0 && len(m.Symbols)+len(m.Invalid) > limit {
		return fmt.Sprintf("%d symbols in one request: at most %d are allowed; send several requests", len(m.Symbols)+len(m.Invalid), limit)
	}
	limit := options.SymbolsPerSocket
	if limit == 0 || len(s.subscriptions)+len(m.Symbols) <= limit {
		return ""
	}
	fresh := 0
	for _, symbol := range m.Symbols {
		if s.find(symbol, m.Kind) == nil {
			fresh++
		}
	}
	if len(s.subscriptions)+fresh <= limit {
		return ""
	}
	return fmt.Sprintf("%d symbols on this socket and %d more: at most %d are allowed; unsubscribe some first", len(s.subscriptions), fresh, limit)
}

// find returns the subscription of a symbol in the set that kind belongs to.
func (s *sessionActor) find(symbol string, kind Kind) *mailbox.Subscription {
	if i := s.index(symbol, kind); i >= 0 {
		return s.subscriptions[i]
	}
	return nil
}

func (s *sessionActor) index(symbol string, kind Kind) int {
	for i, sub := range s.subscriptions {
		if sub.Slot().Symbol() == symbol && kind.owns(Dialects(sub.Tag)) {
			return i
		}
	}
	return -1
}

func (s *sessionActor) remove(symbol string, kind Kind) {
	i := s.index(symbol, kind)
	if i < 0 {
		return
	}
	sub := s.subscriptions[i]
	slot := sub.Slot()
	sub.Stop()
	s.sessions.symbols.Release(slot)
	last := len(s.subscriptions) - 1
	s.subscriptions[i] = s.subscriptions[last]
	s.subscriptions[last] = nil
	s.subscriptions = s.subscriptions[:last]
}

// dialects returns in which events the subscriber wants a quote from now on,
// given those so far.
func (m *Subscribe) dialects(before Dialects) Dialects {
	switch {
	case m.Kind == Market:
		return MarketQuote
	case m.Batch:
		return QuoteBatch
	}
	after := before&^QuoteBatch | WatchlistQuote
	if m.Bare {
		after |= QuoteUpdate
	}
	return after
}

// owns reports whether a subscription in these dialects belongs to the set of kind.
func (k Kind) owns(d Dialects) bool { return (k == Market) == (d&MarketQuote != 0) }

// subscribeEvent is the event a client subscribed by, for its error answer.
func (k Kind) subscribeEvent() string {
	return [...]string{"subscribe:watchlist", "subscribe:quote", "market.subscribe"}[k]
}
