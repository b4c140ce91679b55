package badgerjournal

import (
	"context"
	"time"
)

// pacer keeps work within a rate by resting after each piece of it.
//
// owned by the goroutine that works
type pacer struct {
	free time.Time // until when what was read so far counts
}

// rest waits until what was read is within a rate, in bytes a second.
func (p *pacer) rest(ctx context.Context, bytes, perSecond int64) error {
	now := time.Now()
	if p.free.Before(now) {
		p.free = now // what was not used is not made up for
	}
	p.free = p.free.Add(time.Duration(float64(bytes) / float64(perSecond) * float64(time.Second)))
	return sleep(ctx, p.free.Sub(now))
}

// sleep waits, or returns the error of ctx.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
