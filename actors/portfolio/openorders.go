package portfolio

import (
	"iter"
	"strings"
	"time"

	"outcry/actors/ledger"
	"outcry/persistence"
)

// The streams of accounts with open orders have an open mark, so that the next
// process finds them without reading every account. It changes with the events, in
// the same append.

// openChange is what an append that leaves the account as staged does to the mark.
// The first append of a life writes the mark though it may be there.
func (a *portfolioActor) openChange(staged *ledger.Account) persistence.OpenChange {
	switch {
	case len(staged.Orders) > 0 && !a.marked:
		return persistence.Opened
	case len(staged.Orders) == 0 && (a.marked || a.stray || len(a.account.Orders) > 0):
		return persistence.Closed
	}
	return persistence.Unchanged
}

// listedPrefix is that of the documents that stood for the mark before there was one.
const listedPrefix = "orders/"

// wake is handled by being loaded. A mark without an open order is cleared by the
// next append.
func (a *portfolioActor) wake(m *Wake) {
	if m.listed {
		a.listed = true
		a.unlist()
		return
	}
	a.stray = len(a.account.Orders) == 0
}

// unlist deletes the document of an account once its mark says the same.
func (a *portfolioActor) unlist() {
	if !a.listed || len(a.account.Orders) > 0 && !a.marked {
		return
	}
	a.listed = false
	a.portfolios.deps.Store.Put([]persistence.Document{{Key: listedPrefix + a.entry.userID}}, nil)
}

// wakeOrders loads every account that has open orders.
func (p *Portfolios) wakeOrders() {
	for userID, wake := range p.withOpenOrders() {
		if err := p.Tell(userID, wake); err != nil {
			p.deps.Log.Warn().Err(err).Str("user", userID).Msg("account with open orders not loaded")
		}
	}
}

// withOpenOrders yields the users with open orders, by their marks and then by the
// documents of earlier versions. What cannot be read is read again in a moment.
func (p *Portfolios) withOpenOrders() iter.Seq2[string, *Wake] {
	return func(yield func(string, *Wake) bool) {
		for stream, err := range p.deps.Journal.OpenStreams() {
			if err != nil {
				p.wakeLater(err)
				return
			}
			if userID, ok := strings.CutPrefix(stream, streamPrefix); ok && !yield(userID, &Wake{}) {
				return
			}
		}
		for document, err := range p.deps.Store.Scan(listedPrefix, listedPrefix+"\xff") {
			if err != nil {
				p.wakeLater(err)
				return
			}
			if !yield(strings.TrimPrefix(document.Key, listedPrefix), &Wake{listed: true}) {
				return
			}
		}
	}
}

func (p *Portfolios) wakeLater(err error) {
	p.deps.Log.Error().Err(err).Msg("accounts with open orders not found: their orders rest until somebody opens them")
	time.AfterFunc(reloadDelay, func() { p.readers.Do(p.wakeOrders) })
}
