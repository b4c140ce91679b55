package transport_test

import (
	"fmt"
	"log/slog"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/govalues/decimal"
	"github.com/rs/zerolog"

	"outcry/actors"
	"outcry/actors/conflation"
	"outcry/actors/mailbox"
	"outcry/actors/market"
	"outcry/actors/session"
	"outcry/transport/wire"
)

// sink is a connection that counts bytes and writes.
type sink struct {
	writes, bytes atomic.Int64
}

func (s *sink) WriteFrames(p []byte) (bool, error) {
	s.bytes.Add(int64(len(p)))
	s.writes.Add(1)
	return false, nil
}

func (s *sink) Pending() int { return 0 }

func (s *sink) Close(session.CloseReason) {}

// shelf is a set of slots that a test publishes in.
type shelf map[string]*conflation.Slot

func (s shelf) Acquire(symbol string) *conflation.Slot { return s[symbol] }
func (s shelf) Release(*conflation.Slot)               {}

// noAccounts has nothing to tell a session.
type noAccounts struct{}

func (noAccounts) Tell(string, any) error { return nil }

// floor is one worker with sessions of the real encoder, each watching every
// slot of a shelf.
type floor struct {
	slots  []*conflation.Slot
	frames [][2]*conflation.Frame
	sinks  []*sink
	round  int
}

func newFloor(t testing.TB, sessions, symbols int) *floor {
	t.Helper()
	o := mailbox.DefaultOptions()
	o.Workers, o.BusyShare = 1, 1 // never rests: the cost is what is measured
	system := actors.NewSystem(slog.DiscardHandler)
	d, err := mailbox.NewDispatcher(o, system.ActorSystem, zerolog.Nop(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	f, all := &floor{}, shelf{}
	var names []string
	for i := range symbols {
		name := fmt.Sprintf("SYM%d", i)
		names = append(names, name)
		slot := conflation.NewSlot(name)
		all[name] = slot
		f.slots = append(f.slots, slot)
		f.frames = append(f.frames, [2]*conflation.Frame{frame(name, 1), frame(name, 2)})
	}
	s, err := session.NewSessions(session.DefaultOptions(), session.Deps{System: system, Dispatcher: d, Supervisor: actors.StopOnFailure("session", zerolog.Nop()), Symbols: all, Accounts: noAccounts{}, Encoder: wire.Encoder{}, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	for i := range sessions {
		c := &sink{}
		f.sinks = append(f.sinks, c)
		pid, err := s.Open(&session.Attach{Connection: c, SocketID: fmt.Sprint(i), UserID: "u"})
		if err != nil {
			t.Fatal(err)
		}
		c.await(t, 1) // the welcome
		system.Root.Send(pid, &session.Subscribe{Kind: session.Watchlist, Symbols: names, AckID: session.NoAck})
	}
	for _, c := range f.sinks {
		c.await(t, 2)
	}
	t.Cleanup(func() {
		d.Stop()
		system.Shutdown()
	})
	return f
}

// publish makes the other frame of a symbol its newest, as after one more tick. The
// sessions have written the one before.
func (f *floor) publish(i int) {
	next, slot := f.frames[i][f.round%2], f.slots[i]
	next.Ticks, next.Received = uint64(f.round), time.Now().UnixNano()
	next.Published = next.Received
	slot.Received(next.Ticks, next.Received)
	slot.Publish(next)
}

func frame(symbol string, price int64) *conflation.Frame {
	one := decimal.MustNew(price, 0)
	q := &market.Quote{Symbol: symbol, Price: one, Open: one, High: one, Low: one, Volume: one, Time: time.UnixMilli(1_790_000_000_000)}
	f := &conflation.Frame{Ticks: uint64(price)}
	f.Bytes = wire.Encoder{}.AppendQuote(nil, q, market.Live, &f.Marks)
	return f
}

// await spins until n writes were made; a channel would allocate.
func (s *sink) await(t testing.TB, n int64) {
	for start := time.Now(); s.writes.Load() < n; runtime.Gosched() {
		if time.Since(start) > 20*time.Second {
			t.Fatalf("%d writes were made, not %d", s.writes.Load(), n)
		}
	}
}

func TestFlushOfASessionAllocatesNothing(t *testing.T) {
	f := newFloor(t, 1, 20)
	conn := f.sinks[0]
	publish := func() {
		f.round++
		n := conn.writes.Load()
		f.publish(0)
		conn.await(t, n+1)
	}
	publish()
	if n := testing.AllocsPerRun(1000, publish); n != 0 {
		t.Errorf("%v allocations per flush", n)
	}
}

func BenchmarkFlush(b *testing.B) {
	for _, symbols := range []int{1, 20} {
		b.Run(fmt.Sprintf("symbols=%d", symbols), func(b *testing.B) {
			f := newFloor(b, 1, symbols)
			conn := f.sinks[0]
			b.ReportAllocs()
			for b.Loop() {
				f.round++
				n := conn.bytes.Load()
				for i := range f.slots {
					f.publish(i)
				}
				for conn.bytes.Load() < n+int64(symbols)*int64(len(f.frames[0][0].Bytes)) {
					runtime.Gosched()
				}
			}
		})
	}
}
