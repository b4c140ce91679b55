package paper_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/govalues/decimal"
	"github.com/rs/zerolog"

	"outcry/actors"
	"outcry/actors/actortest"
	"outcry/actors/ledger"
	"outcry/actors/market"
	"outcry/actors/paper"
	"outcry/actors/portfolio"
)

func TestMain(m *testing.M) { actortest.VerifyNoLeaks(m) }

// desk records what the broker reports.
type desk struct {
	mu       sync.Mutex // guards the next block
	reported []report
	fences   int
	failing  map[string]int // orders at whose report it panics, and how often
}

type report struct {
	userID string
	portfolio.Execution
}

// fence is the order that settle cancels.
const fence = "fence"

// Report records e. portfolio.Desk.
func (d *desk) Report(userID string, e *portfolio.Execution) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if e.OrderID == fence {
		d.fences++
		return
	}
	if d.failing[e.OrderID] > 0 {
		d.failing[e.OrderID]--
		panic("the desk does not take " + e.OrderID)
	}
	d.reported = append(d.reported, report{userID, *e})
}

func (d *desk) reports() []report {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.reported)
}

// said returns the reports as lines: order, outcome and price or code, and the
// user if it is not the order's.
func (d *desk) said() []string {
	var lines []string
	for _, e := range d.reports() {
		switch e.Outcome {
		case portfolio.Filled:
			lines = append(lines, fmt.Sprintf("%s filled %s", e.OrderID, e.Price))
		case portfolio.Failed:
			lines = append(lines, fmt.Sprintf("%s failed %s", e.OrderID, e.Code))
		case portfolio.Cancelled:
			lines = append(lines, e.OrderID+" cancelled")
		}
		if e.userID != userOf(e.OrderID) {
			lines[len(lines)-1] += " for " + e.userID
		}
	}
	return lines
}

// rig is a broker among real symbols.
type rig struct {
	*actortest.Engine
	t          testing.TB
	broker     *paper.Broker
	desk       *desk
	clock      *actortest.Clock
	supervisor *actors.Supervisor
}

func newRig(t testing.TB, o paper.Options) *rig {
	t.Helper()
	return newRigIn(t, o, func(*actortest.Options) {}, func(*actortest.Engine) []actor.PropsOption { return nil })
}

func newRigOn(t testing.TB, o paper.Options, props func(*actortest.Engine) []actor.PropsOption) *rig {
	t.Helper()
	return newRigIn(t, o, func(*actortest.Options) {}, props)
}

// newRigIn is newRigOn in an engine that change changes.
func newRigIn(t testing.TB, o paper.Options, change func(*actortest.Options), props func(*actortest.Engine) []actor.PropsOption) *rig {
	t.Helper()
	r := &rig{t: t, desk: &desk{failing: make(map[string]int)}, clock: actortest.NewClock(time.Date(2026, 3, 2, 15, 0, 0, 0, time.UTC))}
	options := actortest.DefaultOptions()
	options.Now = r.clock.Now
	options.Symbol.SweepInterval = 10 * time.Millisecond
	change(&options)
	r.Engine = actortest.NewEngine(t, options)
	r.Broker.Close() // its place is taken by the one under test
	r.supervisor = actors.RestartOnFailure("broker", zerolog.Nop())
	var err error
	r.broker, err = paper.New(o, paper.Deps{System: r.System, Supervisor: r.supervisor, Symbols: r.Symbols, Now: r.clock.Now, Props: props(r.Engine)})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.broker.Start(r.desk); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.broker.Close)
	return r
}

// settle waits until the broker has handled what it was told so far.
func (r *rig) settle() {
	r.t.Helper()
	r.desk.mu.Lock()
	want := r.desk.fences + 1
	r.desk.mu.Unlock()
	r.broker.Cancel("nobody", fence)
	actortest.Eventually(r.t, "the broker to get to it", func() bool {
		r.desk.mu.Lock()
		defer r.desk.mu.Unlock()
		return r.desk.fences >= want
	})
}

// quote makes a symbol show a price, and a bid and ask where they are not "",
// and waits until the broker has seen it.
func (r *rig) quote(symbol, price, bid, ask string) {
	r.t.Helper()
	r.tick(market.Tick{Symbol: symbol, Price: number(price), Bid: number(bid), Ask: number(ask)})
}

func (r *rig) tick(tick market.Tick) {
	r.t.Helper()
	r.settle()    // what was submitted before meets the quote of before
	for range 2 { // once the second is published, the listeners have been told of the first
		before := uint64(0)
		if f := r.Symbols.Newest(tick.Symbol); f != nil {
			before = f.Ticks
		}
		if err := r.Symbols.Publish(context.Background(), r.Source, tick); err != nil {
			r.t.Fatal(err)
		}
		actortest.Eventually(r.t, "the quote of "+tick.Symbol, func() bool {
			f := r.Symbols.Newest(tick.Symbol)
			return f != nil && f.Ticks > before
		})
	}
	r.settle()
}

// stopFeed makes the prices of a symbol stale.
func (r *rig) stopFeed(symbol string) {
	r.t.Helper()
	r.Source.Close()
	r.clock.Advance(time.Minute)
	actortest.Eventually(r.t, symbol+" to be stale", func() bool {
		mark, ok := r.Symbols.Mark(symbol)
		return ok && mark.State == market.Stale
	})
}

// submit hands over an order. A limit of "" makes it a market order.
func (r *rig) submit(id, symbol string, side ledger.Side, limit string) {
	r.broker.Submit(userOf(id), r.order(id, symbol, side, limit))
}

func (r *rig) order(id, symbol string, side ledger.Side, limit string) ledger.Order {
	r.clock.Advance(time.Millisecond) // each is placed at a time of its own
	o := ledger.Order{OrderPlaced: ledger.OrderPlaced{OrderID: id, Symbol: symbol, Side: side, Quantity: decimal.Ten, Type: ledger.Market, Time: r.clock.Now()}}
	if limit != "" {
		o.Type, o.LimitPrice = ledger.Limit, number(limit)
	}
	return o
}

func userOf(orderID string) string { return "user of " + orderID }

// expect compares what was reported so far, once the broker is done.
func (r *rig) expect(want ...string) {
	r.t.Helper()
	r.settle()
	if got := r.desk.said(); !slices.Equal(got, want) {
		r.t.Fatalf("reported %q, want %q", got, want)
	}
}

func number(s string) decimal.Decimal {
	if s == "" {
		return decimal.Zero
	}
	return decimal.MustParse(s)
}
