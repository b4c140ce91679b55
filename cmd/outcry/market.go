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

// marketHours are those of the settings. A market that is made up never closes.
func (e *Engine) marketHours() (market.Hours, error) {
	if e.simulator != nil {
		return market.NewHours(market.Always)
	}
	return market.NewHours(e.settings.Market.Hours)
}

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
	phase := e.hours.At(now)
	e.sessions.SetMarket(session.MarketStatus{
		Market: e.hours.Market(), Open: phase.Open, NextOpen: phase.NextOpen, NextClose: phase.NextClose,
		Feed: string(e.feedState(e.feeds.Snapshot(), now)),
	})
}
