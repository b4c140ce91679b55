package symbol

import (
	"context"
	"errors"
	"fmt"

	"github.com/asynkron/protoactor-go/actor"

	"outcry/actors/conflation"
	"outcry/actors/market"
)

// Quotes asks every symbol for its quote, for the directory of the process that
// comes next. Ticks that are accepted meanwhile may be missing in it.
func (d *Directory) Quotes(ctx context.Context) ([]market.Quote, error) {
	return d.ask(ctx, d.appendActors(nil))
}

// ask returns the quotes of some symbols, but for those that have none.
func (d *Directory) ask(ctx context.Context, pids []*actor.PID) ([]market.Quote, error) {
	replies := make(chan market.Quote, len(pids))
	tell := &Tell{Reply: replies}
	for _, pid := range pids {
		d.system.Root.Send(pid, tell)
	}
	quotes := make([]market.Quote, 0, len(pids))
	for range pids {
		select {
		case q := <-replies:
			if q.Ticks > 0 {
				quotes = append(quotes, q)
			}
		case <-ctx.Done():
			return quotes, fmt.Errorf("quotes of %d of %d symbols: %w", len(quotes), len(pids), ctx.Err())
		}
	}
	return quotes, nil
}

// Restore publishes the quotes that another process had, as fresh or stale as they
// are by now. What this process knows of a symbol already stays.
// They are published before it returns.
func (d *Directory) Restore(quotes []market.Quote) error {
	_, _, err := d.restore(quotes, false)
	return err
}

// restore publishes quotes and returns those of symbols that were not known. Those that
// are unconfirmed are stale until a feed reports them, and only as many are taken as there
// may be symbols; left is how many are not.
func (d *Directory) restore(quotes []market.Quote, unconfirmed bool) (restored []market.Quote, left int, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var errs []error
	for _, q := range quotes {
		e := d.entries[q.Symbol]
		if e == nil {
			e = &entry{slot: conflation.NewSlot(q.Symbol)}
		}
		switch {
		case e.pid != nil:
			continue
		case unconfirmed && d.actors >= d.options.Load().MaxSymbols:
			left++
			continue
		}
		d.entries[q.Symbol] = e
		life := d.newLife(e.slot)
		life.published, life.unconfirmed = q, unconfirmed
		a := symbolActor{directory: d, life: life, quote: q}
		now := d.now()
		a.state = a.stateAt(now)
		e.slot.Publish(a.frame(now)) // by this goroutine, while there is no actor yet
		if err := d.spawn(e, life); err != nil {
			errs = append(errs, err)
			continue
		}
		restored = append(restored, q)
	}
	return restored, left, errors.Join(errs...)
}
