package session

import "time"

// MarketStatus is what all browsers are told of the market: on connect, and when
// it opens or closes or its feed comes or goes.
type MarketStatus struct {
	Market string
	Open   bool
	// NextOpen and NextClose are zero where the market never closes.
	NextOpen, NextClose time.Time
	Feed                string // live, stale or down
}

// differs reports whether browsers have to be told: the next times move with what
// they say.
func (m *MarketStatus) differs(before *MarketStatus) bool {
	return m.Open != before.Open || m.Feed != before.Feed
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
