package browser

import "outcry/bench/freshness"

// position is one subscription: what tick of the symbol the dashboard holds.
type position struct {
	symbol uint32
	held   freshness.Sequence // 0: none yet
}

// watchlist is what one dashboard subscribes to.
//
// Owned by the event loop.
type watchlist struct {
	held    []position
	next    int // where the next quote is expected: servers send them in one order
	missing int // symbols without any quote yet
}

func newWatchlist(interest []int) watchlist {
	list := watchlist{held: make([]position, len(interest)), missing: len(interest)}
	for i, symbol := range interest {
		list.held[i].symbol = uint32(symbol)
	}
	return list
}

// restart forgets all quotes, and keeps the subscriptions.
func (w *watchlist) restart() {
	for i := range w.held {
		w.held[i].held = 0
	}
	w.next, w.missing = 0, len(w.held)
}

// find returns the subscription to a symbol, nil when there is none.
func (w *watchlist) find(symbol int) *position {
	for i := w.next; i < len(w.held); i++ {
		if int(w.held[i].symbol) == symbol {
			w.next = i + 1
			return &w.held[i]
		}
	}
	for i := range min(w.next, len(w.held)) {
		if int(w.held[i].symbol) == symbol {
			w.next = i + 1
			return &w.held[i]
		}
	}
	return nil
}
