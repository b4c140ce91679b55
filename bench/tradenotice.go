package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"outcry/bench/executor"
	"outcry/bench/freshness"
)

// noticeConnections are enough that a trade hardly ever waits for one.
const noticeConnections = 16

// notices measures how soon browsers hear of their trades while all dashboards
// take quotes. Each dashboard is that of one account, which holds positions in
// symbols that tick.
func (r *tradeRun) notices(ctx context.Context) error {
	s := r.scenario
	book := r.newBook("n", s.Dashboards)
	if err := r.seed(ctx, book, int64(s.Dashboards*s.Positions)); err != nil {
		return err
	}
	board := newNoticeBoard(book)
	quotes, err := newRun(ctx, s.Scenario, r.target, r.progress, cast{clock: r.clock, names: r.names, user: book.User, notice: board.arrived})
	if err != nil {
		return err
	}
	err = r.noticesOf(ctx, quotes, book, board)
	quotes.finish(err == nil)
	quotes.report.judge()
	for _, failure := range quotes.report.Failures {
		r.report.fail("quotes: %s", failure)
	}
	return errors.Join(err, quotes.fleet.close())
}

// noticesOf feeds quotes and, meanwhile, sends trades.
func (r *tradeRun) noticesOf(ctx context.Context, quotes *run, book *executor.Book, board *noticeBoard) error {
	s := r.scenario
	for _, phase := range []func(context.Context) error{quotes.prime, quotes.connect} {
		if err := phase(ctx); err != nil {
			return err
		}
	}
	board.measure(r.clock.Now() + int64(s.Warmup))
	stream := executor.Stream{
		PerSecond: s.NoticeRate, Trades: trades(s.NoticeRate, s.Warmup+s.Duration), Connections: noticeConnections, Sending: board.sending,
	}
	var outcome executor.Outcome
	var failed error
	var sending sync.WaitGroup
	sending.Go(func() { outcome, failed = stream.Run(ctx, r.server, book) })
	err := quotes.step(ctx, s.Rates[0])
	sending.Wait()
	if err := errors.Join(err, failed); err != nil {
		return err
	}
	for deadline := r.clock.Now() + int64(s.Drain); board.missing() > 0 && r.clock.Now() < deadline; {
		if err := rest(ctx, drainPoll); err != nil {
			return err
		}
	}
	notice := board.sumUp()
	notice.TradesPerSecond = s.NoticeRate
	notice.Answer, notice.Late, notice.Step = latency(outcome.Latency), latency(outcome.Late), quotes.report.Steps[0]
	r.report.Notice = &notice
	return nil
}

// noticeBoard keeps the trades whose notices have not come.
type noticeBoard struct {
	book *executor.Book // immutable after construction

	mu      sync.Mutex // guards the next block
	from    int64      // trades that were sent before are of the warm-up
	sent    map[uint64]int64
	noticed map[uint64]bool
	latency *freshness.Histogram
	notice  Notice
}

func newNoticeBoard(book *executor.Book) *noticeBoard {
	return &noticeBoard{book: book, sent: map[uint64]int64{}, noticed: map[uint64]bool{}, latency: freshness.NewHistogram()}
}

// measure lets those trades count that are sent from a moment on.
func (b *noticeBoard) measure(from int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.from = from
}

// sending notes that a trade is about to be sent.
func (b *noticeBoard) sending(number uint64, now int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sent[number] = now
	b.notice.Awaited++
}

// arrived notes a notice.
func (b *noticeBoard) arrived(id []byte, now int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	number, ok := b.book.Number(id)
	sent, awaited := b.sent[number]
	switch {
	case !ok, !awaited && !b.noticed[number]:
		b.notice.Unexpected++
	case !awaited:
		b.notice.Repeated++
	default:
		delete(b.sent, number)
		b.noticed[number] = true
		if sent >= b.from {
			b.latency.Record(now - sent)
		}
	}
}

func (b *noticeBoard) missing() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.sent)
}

func (b *noticeBoard) sumUp() Notice {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := b.notice
	n.Missing, n.Latency = int64(len(b.sent)), latency(b.latency.Percentiles())
	return n
}

// describe words the phase.
func (n *Notice) describe() string {
	return fmt.Sprintf("%v a second beside %s quote updates/s", n.TradesPerSecond, grouped(int64(n.Step.SettledPerSecond)))
}
