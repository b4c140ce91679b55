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
		if i := s.find(symbol, m.Kind); i >= 0 {
			subscriptions := s.subscriptions()
			subscriptions.SetTag(i, uint8(m.dialects(Dialects(subscriptions.Tag(i)))))
			subscriptions.Restart(i)
			continue
		}
		fresh = append(fresh, s.sessions.symbols.Acquire(symbol))
	}
	s.add(fresh, m.dialects(0))
	s.changeRecord()
	if m.Kind == Watchlist {
		s.reply()
		s.out = s.sessions.encoder.AppendConfirmation(s.out, true, m.Symbols, s.userID, s.sessions.now())
	}
	if len(m.Invalid) > 0 {
		s.refuse(event, CodeInvalidParams, NoSymbol(m.Invalid, m.Why), m.AckID, silent)
		return
	}
	s.acknowledge(m.AckID)
}

// NoSymbol is a sentence about names that are no symbols, the first of them for a reason.
func NoSymbol(names []string, why string) string {
	return "not a symbol: " + strings.Join(names, ", ") + ": " + why
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
	live := s.subscriptions().Len()
	if limit == 0 || live+len(m.Symbols) <= limit {
		return ""
	}
	fresh := 0
	for _, symbol := range m.Symbols {
		if s.find(symbol, m.Kind) < 0 {
			fresh++
		}
	}
	if live+fresh <= limit {
		return ""
	}
	return fmt.Sprintf("%d symbols on this socket and %d more: at most %d are allowed; unsubscribe some first", live, fresh, limit)
}

// subscriptions are what the browser is sent. A session that failed before it was
// bound to its mailbox has none.
func (s *sessionActor) subscriptions() mailbox.Subscriptions {
	if s.mailbox == nil {
		return mailbox.Subscriptions{}
	}
	return s.mailbox.Subscriptions()
}

// add subscribes to slots, which were acquired, in these dialects.
func (s *sessionActor) add(slots []*conflation.Slot, dialects Dialects) {
	before := s.subscriptions().Len()
	s.mailbox.Watch(slots)
	subscriptions := s.subscriptions()
	for i := before; i < subscriptions.Len(); i++ {
		subscriptions.SetTag(i, uint8(dialects))
	}
}

// drop ends subscription i, whose place the last one takes.
func (s *sessionActor) drop(i int) {
	slot := s.subscriptions().Slot(i)
	s.mailbox.Unwatch(i)
	s.sessions.symbols.Release(slot)
}

// find returns the subscription of a symbol in the set that kind belongs to, -1
// if there is none.
func (s *sessionActor) find(symbol string, kind Kind) int {
	subscriptions := s.subscriptions()
	for i := range subscriptions.Len() {
		if subscriptions.Slot(i).Symbol() == symbol && kind.owns(Dialects(subscriptions.Tag(i))) {
			return i
		}
	}
	return -1
}

func (s *sessionActor) remove(symbol string, kind Kind) {
	if i := s.find(symbol, kind); i >= 0 {
		s.drop(i)
	}
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
