package symbol

import (
	"context"
	"errors"
	"fmt"

	"outcry/actors/conflation"
	"outcry/actors/market"
)

// Quotes asks every symbol for its quote, for the directory of the process that
// comes next. Ticks that are accepted meanwhile may be missing in it.
func (d *Directory) Quotes(ctx context.Context) ([]market.Quote, error) {
	pids := d.appendActors(nil)
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
func (d *Directory) Restore(quotes []market.Quote) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var errs []error
	look := &Sweep{Now: d.now()} // has an actor that has nothing else to do publish
	for _, q := range quotes {
		e := d.entries[q.Symbol]
		if e == nil {
			e = &entry{slot: conflation.NewSlot(q.Symbol)}
			d.entries[q.Symbol] = e
		}
		if e.pid != nil {
			continue
		}
		if err := d.spawn(e, q); err != nil {
			errs = append(errs, err)
			continue
		}
		d.system.Root.Send(e.pid, look)
	}
	return errors.Join(errs...)
}
