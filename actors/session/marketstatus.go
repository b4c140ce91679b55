package session

import (
	"slices"
	"time"
)

// MarketStatus is what all browsers are told of the markets: on connect, and when
// one opens or closes or the feed comes or goes.
type MarketStatus struct {
	Market string // the main one
	Open   bool
	// NextOpen and NextClose are zero where the market never closes.
	NextOpen, NextClose time.Time
	Feed                string // live, stale or down
	// Markets are the phases of all markets, the main one first; empty where there is no
	// other.
	Markets []MarketPhase
}

// MarketPhase is whether a market is open.
type MarketPhase struct {
	Market string
	Open   bool
	// NextOpen and NextClose are zero where the market never closes.
	NextOpen, NextClose time.Time
	// Timezone is the IANA zone of the market's days, and Symbols the patterns of what
	// belongs to it; the main market has none.
	Timezone string
	Symbols  []string
}

// differs reports whether browsers have to be told: a market opened or closed, or will
// open at another time than it said. The next close moves with these.
func (m *MarketStatus) differs(before *MarketStatus) bool {
	return m.Feed != before.Feed || m.Open != before.Open || !m.NextOpen.Equal(before.NextOpen) ||
		!slices.EqualFunc(m.Markets, before.Markets, func(is, was MarketPhase) bool { return !is.differs(&was) })
}

func (m *MarketPhase) differs(before *MarketPhase) bool {
	return m.Open != before.Open || !m.NextOpen.Equal(before.NextOpen)
}

// marketChanged is that the market has another status. Sent by SetMarket.
type marketChanged struct {
	frame []byte // shared by all sessions
}

// SetMarket says how the market is now. Browsers are told of what changed. It has
// one caller at a time.
func (s *Sessions) SetMarket(m MarketStatus) {
	before := s.market.Swap(&m)
	if before == nil || !m.differs(before) { // nobody is let in before the first
		return
	}
	// Stored first: a session that is not live yet finds it when it is attached.
	changed := &marketChanged{frame: s.encoder.AppendMarketStatus(nil, m, s.now())}
	for _, pid := range s.all() {
		s.system.Root.Send(pid, changed)
	}
}

// appendMarket appends the status to what the browser is told first.
func (s *sessionActor) appendMarket() {
	if m := s.sessions.market.Load(); m != nil {
		s.out = s.sessions.encoder.AppendMarketStatus(s.out, *m, s.sessions.now())
	}
}

// marketChanged tells a browser that is attached already.
func (s *sessionActor) marketChanged(m *marketChanged) {
	if s.connection != nil {
		s.reply()
		s.out = append(s.out, m.frame...)
	}
}
