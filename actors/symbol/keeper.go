package symbol

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/rs/zerolog"

	"outcry/actors/market"
	"outcry/persistence"
)

// Quotes are documents in the store, one a symbol.
const (
	quotePrefix = "quote/"
	quotesEnd   = "quote0" // behind all that begin with quotePrefix
	// quoteLifetime is how long a symbol that ticks no more is remembered.
	quoteLifetime = 400 * 24 * time.Hour
)

const (
	// keepInterval is how often quotes that changed are saved. With the commit they
	// are on disk within a second.
	keepInterval = 500 * time.Millisecond
	// keepTimeout bounds the wait for symbols and for the store in one round, and
	// closeTimeout that in the last one.
	keepTimeout, closeTimeout = 10 * time.Second, 2 * time.Second
	// maxKeptBatch is how many quotes one Put has: far from the store's limits in bytes.
	maxKeptBatch = persistence.MaxPutDocuments
)

// Keeper saves the quotes of a directory in a store, in batches, and restores them in
// the next process. It asks symbols for their quotes, so that no tick waits for it.
type Keeper struct {
	// immutable after construction
	directory *Directory
	store     persistence.Store
	log       zerolog.Logger

	// owned by the goroutine of run, and by Close once that has ended
	saved   map[string]uint64 // by symbol, Quote.Ticks as of the last save
	loaded  bool
	failing bool // the last round failed, which was logged

	stop  context.CancelFunc // nil before Start
	ended sync.WaitGroup
}

// NewKeeper returns a keeper. Load and Start follow.
func NewKeeper(directory *Directory, store persistence.Store, log zerolog.Logger) *Keeper {
	return &Keeper{directory: directory, store: store, log: log, saved: make(map[string]uint64)}
}

// Load restores the quotes that the store has, all of them stale until their feeds
// report them again. Symbols that the directory knows already stay. A quote that
// cannot be read is logged and left out; what else is wrong is logged, too, and tried
// again until it succeeds: prices of now are worth more than those of before.
func (k *Keeper) Load() {
	k.note(k.load(), "the quotes of the last process are not there yet")
}

func (k *Keeper) load() error {
	var quotes []market.Quote
	for document, err := range k.store.Scan(quotePrefix, quotesEnd) {
		if err != nil {
			return fmt.Errorf("load the kept quotes: %w", err)
		}
		q, err := market.ParseQuote(strings.TrimPrefix(document.Key, quotePrefix), document.Value)
		if err != nil {
			k.log.Error().Err(err).Msg("a kept quote cannot be read: the symbol begins anew")
			continue
		}
		quotes = append(quotes, q)
	}
	restored, left, err := k.directory.restore(quotes, true)
	for i := range restored {
		k.saved[restored[i].Symbol] = restored[i].Ticks
	}
	if left > 0 {
		k.log.Warn().Int("quotes", left).Msg("quotes of the last process are left out: raise market.max_symbols")
	}
	k.loaded = err == nil
	return err
}

// note logs the first of failures in a row.
func (k *Keeper) note(err error, message string) {
	if err != nil && !k.failing && !errors.Is(err, context.Canceled) {
		k.log.Error().Err(err).Msg(message)
	}
	k.failing = err != nil
}

// Start begins to save what changes, until Close.
func (k *Keeper) Start() {
	ctx, cancel := context.WithCancel(context.Background())
	k.stop = cancel
	k.ended.Go(func() { k.run(ctx) })
}

func (k *Keeper) run(ctx context.Context) {
	rounds := time.NewTicker(keepInterval)
	defer rounds.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-rounds.C:
			k.round(ctx, keepTimeout, k.directory.appendChanged(nil, k.saved))
		}
	}
}

// Close saves what changed since the last round and ends the keeper. The directory and
// the store must still work.
func (k *Keeper) Close() {
	if k.stop == nil {
		return
	}
	k.stop()
	k.ended.Wait()
	k.stop = nil
	k.round(context.Background(), closeTimeout, k.directory.appendActors(nil)) // also what is not published yet
}

// round saves what changed of some symbols, once what was saved before is loaded.
func (k *Keeper) round(ctx context.Context, timeout time.Duration, pids []*actor.PID) {
	if !k.loaded {
		if k.Load(); !k.loaded {
			return
		}
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	k.note(k.save(ctx, pids), "quotes are not saved: a restart would forget what changed since the last time")
}

// save writes those quotes of some symbols that changed since they were saved last and
// waits until they are durable.
func (k *Keeper) save(ctx context.Context, pids []*actor.PID) error {
	quotes, err := k.directory.ask(ctx, pids)
	if err != nil {
		return err
	}
	quotes = slices.DeleteFunc(quotes, func(q market.Quote) bool { return q.Ticks == k.saved[q.Symbol] })
	outcomes := make(chan error, len(quotes)/maxKeptBatch+1)
	batches := 0
	for start := 0; start < len(quotes); start += maxKeptBatch {
		batch := quotes[start:min(start+maxKeptBatch, len(quotes))]
		documents := make([]persistence.Document, len(batch))
		for i := range batch {
			documents[i] = persistence.Document{Key: quotePrefix + batch[i].Symbol, Value: batch[i].Encode(), Lifetime: quoteLifetime}
		}
		k.store.Put(documents, func(err error) { outcomes <- err })
		batches++
	}
	for range batches {
		select {
		case err = <-outcomes:
		case <-ctx.Done():
			err = ctx.Err()
		}
		if err != nil {
			return fmt.Errorf("save %d quotes: %w", len(quotes), err)
		}
	}
	for i := range quotes {
		k.saved[quotes[i].Symbol] = quotes[i].Ticks
	}
	return nil
}

// appendChanged appends the actors of symbols that have another number of ticks than
// saved says.
func (d *Directory) appendChanged(pids []*actor.PID, saved map[string]uint64) []*actor.PID {
	d.mu.RLock()
	defer d.mu.RUnlock()
	for name, e := range d.entries {
		if newest := e.slot.Newest(); e.pid != nil && newest != nil && newest.Ticks != saved[name] {
			pids = append(pids, e.pid)
		}
	}
	return pids
}
