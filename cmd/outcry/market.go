package main

import (
	"context"
	"time"

	"outcry/actors/market"
	"outcry/actors/session"
)

// marketLook is how often it is looked whether the market opens or closes and its
// feeds come or go.
const marketLook = time.Second

// watchMarket tells browsers of the market until ctx ends.
func (e *Engine) watchMarket(ctx context.Context) {
	ticker := time.NewTicker(marketLook)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			e.lookAtMarket()
		}
	}
}

func (e *Engine) lookAtMarket() {
	now := time.Now()
	e.sessions.SetMarket(marketStatus(e.symbols.Markets(), string(e.feedState(e.feeds.Snapshot(), now)), now))
}

// marketStatus is what browsers are told of markets at now.
func marketStatus(markets *market.Markets, feed string, now time.Time) session.MarketStatus {
	phases := make([]session.MarketPhase, 0, len(markets.All()))
	for _, m := range markets.All() {
		phase := m.Hours.At(now)
		phases = append(phases, session.MarketPhase{
			Market: m.Name, Open: phase.Open, NextOpen: phase.NextOpen, NextClose: phase.NextClose,
			Timezone: m.Timezone, Symbols: m.Symbols,
		})
	}
	main := phases[0]
	status := session.MarketStatus{
		Market: main.Market, Open: main.Open, NextOpen: main.NextOpen, NextClose: main.NextClose, Feed: feed,
	}
	if len(phases) > 1 {
		status.Markets = phases
	}
	return status
}
