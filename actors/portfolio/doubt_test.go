package portfolio_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"outcry/actors/actortest"
	"outcry/actors/ledger"
	"outcry/actors/portfolio"
	"outcry/persistence"
)

var errBroke = errors.New("the disk broke")

// logged is a log that a test can read.
type logged struct {
	mu  sync.Mutex // guards out
	out bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.String()
}

// stored is ann's stream as "key" of each event.
func (r *rig) stored() (keys []string) {
	r.t.Helper()
	for record, err := range r.Journal.Read(portfolio.StreamOf(ann), 0) {
		if err != nil {
			r.t.Fatal(err)
		}
		keys = append(keys, record.Key)
	}
	return keys
}

func (r *rig) mustStore(want ...string) {
	r.t.Helper()
	if diff := cmp.Diff(want, r.stored()); diff != "" {
		r.t.Error(diff)
	}
}

// neverFailed makes sure that no actor failed.
func (r *rig) neverFailed() {
	r.t.Helper()
	if n := r.Dispatcher.Stats().Panics; n != 0 {
		r.t.Errorf("%d actors failed", n)
	}
}

// foreign is a trade that another engine writes.
func foreign(id string) persistence.Event {
	t := bought(id)
	return persistence.Event{Key: "trade/" + id, Data: ledger.AppendEvent(nil, ledger.OrderFilled{
		TradeID: id, Symbol: t.Symbol, Side: t.Side, Quantity: t.Quantity, Price: t.Price, Time: t.Time,
	})}
}

// foreignOrder is order f-1 of another engine.
func foreignOrder(clientOrderID, quantity string) ledger.OrderPlaced {
	return ledger.OrderPlaced{
		OrderID: "f-1", ClientOrderID: clientOrderID, Symbol: "AAPL", Side: ledger.Buy, Quantity: amount(quantity),
		Type: ledger.Limit, LimitPrice: amount("45"), Broker: "paper", Time: noon,
	}
}

func (r *rig) writeElsewhere(events ...persistence.Event) {
	r.t.Helper()
	if err := r.Journal.AppendAtHead(portfolio.StreamOf(ann), persistence.Unchanged, events...); err != nil {
		r.t.Error(err) // also called by the journal's goroutine
	}
}

// bothWays runs a test with lost outcomes of appends that happened and of those
// that did not.
func bothWays(t *testing.T, test func(t *testing.T, happens bool)) {
	for _, happens := range []bool{false, true} {
		t.Run(fmt.Sprintf("happens %t", happens), func(t *testing.T) { test(t, happens) })
	}
}

func TestATradeWhoseOutcomeIsUnknownIsAnsweredWithWhatIsOnDisk(t *testing.T) {
	bothWays(t, func(t *testing.T, happens bool) {
		r := newRig(t, nil, nil)
		w := r.open()
		r.Journal.LoseOutcome(happens, errBroke)
		if got := r.record(bought("t1")); got != (portfolio.TradeOutcome{Version: 2}) { // the opening deposit is 1
			t.Errorf("the first of the account: %+v", got)
		}
		r.Journal.LoseOutcome(happens, errBroke)
		if got := r.record(bought("t2")); got != (portfolio.TradeOutcome{Version: 3}) {
			t.Errorf("%+v", got)
		}
		if got := r.record(bought("t3")); got != (portfolio.TradeOutcome{Version: 4}) {
			t.Errorf("the next one: %+v", got)
		}
		r.mustStore("opening", "trade/t1", "trade/t2", "trade/t3")
		if v := r.view(); v.Version != 4 || v.Valuation.Cash.String() != "97000" || v.Valuation.Trades != 3 {
			t.Errorf("%+v", v)
		}
		r.eventually("the notices", func() bool { return len(w.seen()) >= 3 })
		if diff := cmp.Diff([]string{"executed t1 @2", "executed t2 @3", "executed t3 @4"}, w.seen()); diff != "" {
			t.Error(diff)
		}
		s := r.Portfolios.Stats()
		if w.timesLost() != 0 || s.Events != 4 || s.Trades != 3 || s.Duplicates != 0 || s.Pending != 0 {
			t.Errorf("lost %d times, %+v", w.timesLost(), s)
		}
		r.neverFailed()
	})
}

func TestAnOrderWhoseOutcomeIsUnknownIsPlacedOnce(t *testing.T) {
	for _, clientOrderID := range []string{"", "c1"} {
		bothWays(t, func(t *testing.T, happens bool) {
			r := newRig(t, nil, nil)
			r.price("50")
			r.Journal.LoseOutcome(happens, errBroke)
			placed := r.place(limitOrder(clientOrderID, "10", "45"))
			v := r.view()
			if placed.Rejected != nil || len(v.Orders) != 1 || v.Orders[0].OrderID != placed.OrderID || v.Version != 2 {
				t.Fatalf("%+v, and open are %+v", placed, v.Orders)
			}
			r.eventually("the order to rest", func() bool { return r.Broker.Stats().Resting == 1 })
			// What the broker does is not lost either, nor counted twice.
			w := r.open()
			r.Journal.LoseOutcome(happens, errBroke)
			r.price("44")
			r.eventually("the fill", func() bool { return len(w.seen()) == 1 })
			v = r.view()
			if v.Version != 3 || v.Valuation.Trades != 1 || v.Valuation.Cash.String() != "99560" || len(v.Orders) != 0 {
				t.Errorf("%+v", v)
			}
			r.neverFailed()
		})
	}
}

func TestACancelWhoseOutcomeIsUnknownIsAnswered(t *testing.T) {
	bothWays(t, func(t *testing.T, happens bool) {
		r := newRig(t, nil, nil)
		r.price("50")
		placed := r.place(limitOrder("c1", "10", "45"))
		r.Journal.LoseOutcome(happens, errBroke)
		if o := r.cancel(placed.OrderID); o.Rejected != nil {
			t.Errorf("%+v", o.Rejected)
		}
		r.mustStore("opening", "order/c1", "cancel/"+placed.OrderID)
	})
}

func TestWhatAnotherEngineWroteIsReadAndTheTradeDecidedAgain(t *testing.T) {
	r := newRig(t, nil, nil)
	r.record(bought("t1"))
	w := r.open()
	r.writeElsewhere(foreign("f1"), foreign("f2"))
	if got := r.record(bought("t2")); got != (portfolio.TradeOutcome{Version: 5}) {
		t.Errorf("%+v", got)
	}
	r.writeElsewhere(foreign("f3"))
	if got := r.record(bought("f3")); got != (portfolio.TradeOutcome{Version: 6, Duplicate: true}) {
		t.Errorf("what another engine recorded: %+v", got)
	}
	r.mustStore("opening", "trade/t1", "trade/f1", "trade/f2", "trade/t2", "trade/f3")
	if v := r.view(); v.Version != 6 || v.Valuation.Trades != 5 || v.Valuation.Cash.String() != "95000" {
		t.Errorf("%+v", v)
	}
	r.eventually("the notices", func() bool { return len(w.seen()) >= 4 })
	want := []string{"executed f1 @3", "executed f2 @4", "executed t2 @5", "executed f3 @6"}
	if diff := cmp.Diff(want, w.seen()); diff != "" {
		t.Error(diff)
	}
	if w.timesLost() != 0 {
		t.Error("the tab was lost")
	}
	r.neverFailed()
}

func TestAnAccountThatAnotherEngineOpensHasItsOpeningDeposit(t *testing.T) {
	r := newRig(t, nil, nil)
	r.view()
	r.writeElsewhere(opening())
	if got := r.record(bought("t1")); got != (portfolio.TradeOutcome{Version: 2}) {
		t.Errorf("%+v", got)
	}
	if v := r.view(); v.Valuation.Cash.String() != "4000" {
		t.Errorf("cash %s", v.Valuation.Cash)
	}
}

// An order that another engine ended answers those who wait for its end, and an
// order that another engine placed is worked.
func TestOrdersOfAnotherEngineAreWorkedAndEnded(t *testing.T) {
	r := newRig(t, nil, nil)
	r.price("50")
	r.view()
	placed := foreignOrder("c9", "10")
	r.writeElsewhere(opening(), persistence.Event{Key: "order/c9", Data: ledger.AppendEvent(nil, placed)})
	r.record(bought("t1"))
	r.eventually("the order to rest", func() bool { return r.Broker.Stats().Resting == 1 })
	cancelled := ledger.OrderCancelled{OrderID: "f-1", Symbol: "AAPL", Quantity: amount("10"), Time: noon}
	r.writeElsewhere(persistence.Event{Key: "cancel/f-1", Data: ledger.AppendEvent(nil, cancelled)})
	if o := r.cancel("f-1"); o.Rejected != nil {
		t.Errorf("%+v", o.Rejected)
	}
	r.mustStore("opening", "order/c9", "trade/t1", "cancel/f-1")
}

// The account could not pay the order twice, and need not.
func TestAnOrderThatAnotherEnginePlacedIsAnsweredWithThat(t *testing.T) {
	r := newRig(t, nil, nil)
	r.price("50")
	r.record(bought("t1"))
	placed := foreignOrder("c1", "1500")
	r.Journal.Hold()
	c, reply := replyTo[portfolio.OrderOutcome]()
	order := limitOrder("c1", "1500", "45") // 67,500 of 99,000
	order.Reply = reply
	r.tell(&order)
	for range 3 { // until the order is decided
		r.view()
	}
	r.writeElsewhere(persistence.Event{Key: "order/c1", Data: ledger.AppendEvent(nil, placed)})
	r.Journal.Release()
	if outcome, err := await(t, c); err != nil || outcome.OrderID != "f-1" || outcome.Rejected != nil {
		t.Errorf("%+v %v", outcome, err)
	}
	r.mustStore("opening", "trade/t1", "order/c1")
}

func TestConflictsInARowAreDecidedAgain(t *testing.T) {
	r := newRig(t, nil, nil)
	r.record(bought("t1"))
	n := 0
	r.Journal.BeforeAppends(func(persistence.Append) {
		if n++; n <= 5 {
			r.writeElsewhere(foreign(fmt.Sprint("f", n)))
		}
	})
	if got := r.record(bought("t2")); got != (portfolio.TradeOutcome{Version: 8}) {
		t.Errorf("%+v", got)
	}
	if v := r.view(); v.Valuation.Trades != 7 {
		t.Errorf("%d trades", v.Valuation.Trades)
	}
	r.neverFailed()
}

func TestAppendsThatKeepComingToNothingAreRefused(t *testing.T) {
	for name, interfere := range map[string]func(r *rig, n int){
		"conflicts": func(r *rig, n int) { r.writeElsewhere(foreign(fmt.Sprint("f", n))) },
		"failures":  func(r *rig, _ int) { r.Journal.LoseOutcome(false, errBroke) },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, nil, nil)
			r.price("50")
			r.place(limitOrder("c1", "10", "45"))
			w := r.open()
			n := 0
			r.Journal.BeforeAppends(func(persistence.Append) { n++; interfere(r, n) })
			_, err := await(t, r.begin(bought("t2")))
			if !errors.Is(err, persistence.ErrUnavailable) || errors.Is(err, persistence.ErrUnknown) {
				t.Errorf("error %v, want ErrUnavailable alone", err)
			}
			r.price("44")
			r.eventually("the fill", func() bool { return r.Broker.Stats().Fills == 1 })
			r.Journal.BeforeAppends(nil)
			r.eventually("its notice", func() bool { return strings.Contains(strings.Join(w.seen(), " "), "executed o1-1 ") })
			if got := r.record(bought("t2")); got.Duplicate {
				t.Errorf("%+v", got)
			}
			r.neverFailed()
		})
	}
}

func TestAJournalThatLostEventsIsReportedAndTheAccountLoadedAgain(t *testing.T) {
	var log logged
	r := newRig(t, nil, func(o *actortest.Options) { o.Log = zerolog.New(&log) })
	r.price("50")
	placed := r.place(limitOrder("c1", "10", "45"))
	r.record(bought("t1"))
	w := r.open()
	r.Journal.Cut(portfolio.StreamOf(ann), 2)
	_, err := await(t, r.begin(bought("t2")))
	if !errors.Is(err, persistence.ErrCorrupt) || errors.Is(err, persistence.ErrUnavailable) {
		t.Errorf("error %v, want ErrCorrupt", err)
	}
	if !strings.Contains(log.String(), `"level":"fatal"`) || !strings.Contains(log.String(), "lost events") {
		t.Errorf("the log says %q", log.String())
	}
	r.eventually("the tab to hear", func() bool { return w.timesLost() == 1 })
	if v := r.view(); v.Version != 2 || v.Valuation.Trades != 0 || len(v.Orders) != 1 {
		t.Errorf("%+v", v)
	}
	if got := r.record(bought("t1")); got != (portfolio.TradeOutcome{Version: 3}) {
		t.Errorf("what was lost, sent again: %+v", got)
	}
	// The same in the middle of an execution, which is not lost.
	r.Journal.Cut(portfolio.StreamOf(ann), 2)
	r.price("44")
	r.eventually("the fill", func() bool { return r.view().Valuation.Trades == 1 })
	r.mustStore("opening", "order/c1", "trade/"+placed.OrderID+"-1")
	r.neverFailed()
}
