package executor

import (
	"context"
	"time"
)

// Stream sends trades one a request at times that do not depend on when the
// server answers, so that a slow answer does not hide how long the next trade
// would have taken.
type Stream struct {
	PerSecond   float64
	Trades      int
	Connections int // among which the trades go round
	// Sending is called just before a trade is sent, from many goroutines.
	Sending func(number uint64, now int64)
}

// Run sends all trades and waits until they are acknowledged.
func (s Stream) Run(ctx context.Context, server *Server, b *Book) (Outcome, error) {
	first, start := b.take(s.Trades), server.Clock.Now()
	return run(ctx, server, b, s.Connections, func(ctx context.Context, w *work, e *executor, i int) error {
		for k := i; k < s.Trades; k += s.Connections {
			due := start + int64(float64(k)/s.PerSecond*float64(time.Second))
			if err := rest(ctx, time.Duration(due-server.Clock.Now())); err != nil {
				return err
			}
			begin := server.Clock.Now()
			s.Sending(first+uint64(k), begin)
			if err := e.one(ctx, first+uint64(k)); err != nil {
				return err
			}
			w.sent(server.Clock.Now()-begin, begin-due)
		}
		return nil
	})
}

func (w *work) sent(took, late int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.latency.Record(took)
	w.late.Record(late)
}
