// Package watchlist keeps the symbols that each user wants to see, on every
// device and over restarts.
//
// It owns their documents in the store. Sessions tell it what their browsers
// save and ask for. It knows neither quotes nor subscriptions.
package watchlist

import (
	"encoding/json"
	"errors"
	"fmt"

	"outcry/actors/offload"
	"outcry/persistence"
)

// Lists are the watchlists of all users.
type Lists struct {
	// immutable after construction
	store   persistence.Store
	readers *offload.Pool
}

// readers is how many watchlists are read at a time.
const readers = 2

// New returns the watchlists in a store. Close ends it.
func New(store persistence.Store) *Lists {
	return &Lists{store: store, readers: offload.NewPool(readers)}
}

// Close ends the reads. Those that have not begun are not answered.
func (l *Lists) Close() { l.readers.Stop() }

func key(userID string) string { return "watchlist/" + userID }

// Set saves a user's watchlist. done is called once it is durable, or with the
// error that kept it from being so.
func (l *Lists) Set(userID string, symbols []string, done func(error)) {
	if symbols == nil {
		symbols = []string{} // saved as empty, which is not the same as never saved
	}
	value, err := json.Marshal(symbols)
	if err != nil {
		done(fmt.Errorf("watchlist of %s: %w", userID, err))
		return
	}
	l.store.Put([]persistence.Document{{Key: key(userID), Value: value}}, func(err error) {
		if err != nil {
			err = fmt.Errorf("save the watchlist of %s: %w", userID, err)
		}
		done(err)
	})
}

// Get reads a user's watchlist; that of a user who never saved one is empty.
func (l *Lists) Get(userID string, done func(symbols []string, err error)) {
	l.readers.Do(func() {
		symbols := []string{}
		value, err := l.store.Get(key(userID))
		if err == nil {
			err = json.Unmarshal(value, &symbols)
		}
		if errors.Is(err, persistence.ErrNotFound) {
			err = nil
		}
		if err != nil {
			done(nil, fmt.Errorf("read the watchlist of %s: %w", userID, err))
			return
		}
		done(symbols, nil)
	})
}
