package badgerjournal

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"outcry/persistence"
)

// benchmarkData is an event of 200 bytes.
var benchmarkData = fmt.Appendf(nil, `{"type":"order_filled","v":1,"time":1790000000000,"symbol":"AAPL","side":"buy","quantity":10,"price":231.04,"commission":0.35,"note":%q}`,
	"padding to the length of a usual event, as accounts write them now")[:200]

func benchmarkJournal(b *testing.B, dir string) *Journal {
	b.Helper()
	j, err := Open(dir, DefaultOptions(), zerolog.Nop(), time.Now)
	if err != nil {
		b.Fatal(err)
	}
	return j
}

// BenchmarkOneAppendAtATime is the latency of a commit.
func BenchmarkOneAppendAtATime(b *testing.B) {
	j := benchmarkJournal(b, b.TempDir())
	defer j.Close()
	b.ReportAllocs()
	for i := range uint64(b.N) {
		answer := make(chan error, 1)
		j.Append(persistence.Append{
			Stream: "portfolio/ann", Expected: i,
			Events: []persistence.Event{{Key: fmt.Sprint("trade/", i), Data: benchmarkData}},
			Done:   func(err error) { answer <- err },
		})
		if err := <-answer; err != nil {
			b.Fatal(err)
		}
	}
}

// closedLoop appends b.N events to streams that each keep some appends under
// way, of some events each, and send the next when one is answered.
type closedLoop struct {
	streams, outstanding, events int
}

func (c closedLoop) run(tb testing.TB, j *Journal, n int) {
	var left atomic.Int64
	left.Store(int64(n))
	var failed atomic.Pointer[error]
	var done sync.WaitGroup
	for s := range c.streams {
		// head is changed by one answer after the other: the journal answers a
		// stream's appends in order, from one goroutine.
		l := &loop{closedLoop: c, journal: j, stream: fmt.Sprintf("portfolio/%05d", s), left: &left, failed: &failed, done: &done}
		done.Add(c.outstanding)
		l.mu.Lock()
		for range c.outstanding {
			l.next()
		}
		l.mu.Unlock()
	}
	done.Wait()
	if err := failed.Load(); err != nil {
		tb.Fatal(*err)
	}
}

// loop is one stream of a closed loop.
type loop struct {
	closedLoop
	journal *Journal
	stream  string
	left    *atomic.Int64
	failed  *atomic.Pointer[error]
	done    *sync.WaitGroup

	mu   sync.Mutex // guards head
	head uint64
}

// next sends an append; it needs mu.
func (l *loop) next() {
	if l.left.Add(-int64(l.events)) < 0 {
		l.done.Done()
		return
	}
	events := make([]persistence.Event, l.events)
	for i := range events {
		events[i] = persistence.Event{Key: fmt.Sprintf("trade/%s-%d", l.stream, l.head+uint64(i)), Data: benchmarkData}
	}
	a := persistence.Append{Stream: l.stream, Expected: l.head, Events: events, Done: l.answered}
	l.head += uint64(l.events)
	l.journal.Append(a)
}

func (l *loop) answered(err error) {
	if err != nil {
		l.failed.Store(&err)
		l.done.Done()
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.next()
}

func BenchmarkClosedLoop(b *testing.B) {
	for _, c := range []closedLoop{
		{streams: 1000, outstanding: 1, events: 1},
		{streams: 1000, outstanding: 16, events: 1}, // trades of many accounts
		{streams: 10, outstanding: 4, events: 100},  // NDJSON: many lines for one account
	} {
		b.Run(fmt.Sprintf("streams=%d/outstanding=%d/events=%d", c.streams, c.outstanding, c.events), func(b *testing.B) {
			j := benchmarkJournal(b, b.TempDir())
			defer j.Close()
			b.ReportAllocs()
			b.ResetTimer()
			c.run(b, j, b.N)
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

// BenchmarkOpen is how long a start takes with 1,000,000 events in 1,000 streams,
// after an orderly end.
func BenchmarkOpen(b *testing.B) {
	dir := b.TempDir()
	j := benchmarkJournal(b, dir)
	closedLoop{streams: 1000, outstanding: 16, events: 1}.run(b, j, 1_000_000)
	if err := j.Close(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		j := benchmarkJournal(b, dir)
		b.StopTimer()
		if err := j.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(usedBytes(dir))/1e6, "MB")
}
