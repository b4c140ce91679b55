package executor

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"outcry/bench/freshness"
)

// Load sends as fast as the server answers: each connection sends its next
// request when the last was acknowledged. It ends at the first of its bounds.
type Load struct {
	Connections int
	PerRequest  int           // trades; 1: as application/json, more: as NDJSON
	Duration    time.Duration // no request begins later
	MaxTrades   int64         // 0: no bound
}

// Outcome is what came of a Load or a Stream.
type Outcome struct {
	Tally
	Elapsed time.Duration // until the last answer
	// Latency of requests: from before the first byte is sent until the answer is
	// read, sending again included.
	Latency freshness.Percentiles
	// Late is how long after its time a trade of a Stream was sent.
	Late freshness.Percentiles
}

// work is a Load or a Stream that runs.
type work struct {
	server *Server
	book   *Book
	cancel context.CancelCauseFunc

	mu      sync.Mutex // guards the next block
	outcome Outcome
	latency *freshness.Histogram
	late    *freshness.Histogram
	err     error // the first
}

// run has so many executors do something each and waits for all of them. The
// first that fails ends the others.
func run(ctx context.Context, s *Server, b *Book, executors int, do func(ctx context.Context, w *work, e *executor, i int) error) (Outcome, error) {
	w := &work{server: s, book: b, latency: freshness.NewHistogram(), late: freshness.NewHistogram()}
	ctx, w.cancel = context.WithCancelCause(ctx)
	defer w.cancel(nil)
	begin := s.Clock.Now()
	var running sync.WaitGroup
	for i := range executors {
		running.Go(func() {
			e := newExecutor(s, b)
			defer e.close()
			w.ended(e, do(ctx, w, e, i))
		})
	}
	running.Wait()
	w.outcome.Elapsed = time.Duration(s.Clock.Now() - begin)
	w.outcome.Latency, w.outcome.Late = w.latency.Percentiles(), w.late.Percentiles()
	return w.outcome, w.err
}

// ended takes what an executor did.
func (w *work) ended(e *executor, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.outcome.Add(e.tally)
	if err != nil && w.err == nil {
		w.err = err
		w.cancel(err)
	}
}

func (w *work) took(nanoseconds int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.latency.Record(nanoseconds)
}

// Run carries out the load. With an error there is an outcome as well, of what
// was acknowledged before.
func (l Load) Run(ctx context.Context, s *Server, b *Book) (Outcome, error) {
	left := atomic.Int64{}
	left.Store(l.MaxTrades)
	until := s.Clock.Now() + int64(l.Duration)
	return run(ctx, s, b, l.Connections, func(ctx context.Context, w *work, e *executor, _ int) error {
		for {
			n := l.PerRequest
			if l.MaxTrades > 0 {
				n = int(min(int64(n), left.Add(-int64(n))+int64(n)))
			}
			begin := s.Clock.Now()
			if n <= 0 || begin >= until {
				return nil
			}
			var err error
			if first := b.take(n); l.PerRequest == 1 {
				err = e.one(ctx, first)
			} else {
				err = e.many(ctx, first, n)
			}
			if err != nil {
				return err
			}
			w.took(s.Clock.Now() - begin)
		}
	})
}
