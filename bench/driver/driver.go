package driver

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"outcry/bench/freshness"
	"outcry/bench/symbols"
)

const (
	// batchEvery is how long the driver rests at least: at high rates the ticks
	// that became due meanwhile are written together.
	batchEvery = time.Millisecond

	// batchTicks bounds what one write holds, so that when the driver is behind,
	// the time that a tick is marked with stays that of its own write.
	batchTicks = 256
)

// Pace is the schedule of a step: tick k is due at Start + k * Interval.
type Pace struct {
	Start    int64 // on the run's clock
	Interval float64
}

// NewPace returns the schedule on which each of so many symbols ticks at a rate
// per second.
func NewPace(start int64, symbols int, rate float64) Pace {
	return Pace{Start: start, Interval: float64(time.Second) / (rate * float64(symbols))}
}

// Due returns when a tick is due, on the run's clock.
func (p Pace) Due(k int) int64 { return p.Start + int64(float64(k)*p.Interval) }

// Driver writes ticks. It belongs to one goroutine.
type Driver struct {
	// immutable after construction
	out   io.Writer
	clock *freshness.Clock
	lines [][]byte // the line of each symbol up to its price

	// owned by the goroutine that feeds
	buffer []byte
}

// New returns a driver that writes NDJSON lines.
func New(out io.Writer, names *symbols.Names, clock *freshness.Clock) *Driver {
	d := &Driver{out: out, clock: clock, lines: make([][]byte, names.Count())}
	for i := range d.lines {
		d.lines[i] = []byte(`{"symbol":"` + names.Name(i) + `","price":`)
	}
	return d
}

// Feed goes on from the last tick fed on a tape up to but without tick number
// end. Into late goes how long after its time each tick was written.
func (d *Driver) Feed(ctx context.Context, tape *freshness.Tape, end int, pace Pace, late *freshness.Histogram) error {
	rest := time.NewTimer(0)
	defer rest.Stop()
	for k := tape.Fed(); k < end; {
		now := d.clock.Now()
		if wait := time.Duration(pace.Due(k) - now); wait > 0 {
			rest.Reset(max(wait, batchEvery))
			select {
			case <-rest.C:
				continue
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		d.buffer = d.buffer[:0]
		for n := 0; n < batchTicks && k < end && pace.Due(k) <= now; n++ {
			late.Record(now - pace.Due(k))
			tape.MarkFed(k, now)
			symbol, seq := tape.Tick(k)
			d.buffer = appendTick(d.buffer, d.lines[symbol], seq)
			k++
		}
		if _, err := d.out.Write(d.buffer); err != nil {
			return fmt.Errorf("feed ticks: %w", err)
		}
	}
	return nil
}

// appendTick appends one line. The price is the sequence in cents.
func appendTick(dst, line []byte, seq freshness.Sequence) []byte {
	dst = append(dst, line...)
	dst = strconv.AppendUint(dst, uint64(seq/100), 10)
	dst = append(dst, '.', byte('0'+seq%100/10), byte('0'+seq%10))
	return append(dst, ",\"size\":1}\n"...)
}
