package paper_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"outcry/actors/actortest"
	"outcry/actors/ledger"
	"outcry/actors/market"
	"outcry/actors/paper"
	"outcry/actors/portfolio"
)

func TestMarketOrderIsFilledAtOnceAtItsSideOfTheQuote(t *testing.T) {
	o := paper.DefaultOptions()
	o.FeeBasisPoints = 5
	r := newRig(t, o)
	r.quote("AAPL", "100", "99.5", "100.5")
	r.quote("LAST", "7", "", "")
	start := r.clock.Now() // which goes on with each order
	r.submit("1", "AAPL", ledger.Buy, "")
	r.submit("2", "AAPL", ledger.Sell, "")
	r.submit("3", "LAST", ledger.Buy, "")
	r.submit("4", "LAST", ledger.Sell, "")
	r.expect("1 filled 100.5", "2 filled 99.5", "3 filled 7", "4 filled 7")

	e := r.desk.reports()[0]
	if e.TradeID != "1-1" || !e.Quantity.Equal(number("10")) || !e.Fee.Equal(number("0.5025")) || e.Time.Before(start) || e.Time.After(r.clock.Now()) {
		t.Errorf("%+v", e)
	}
	if s := r.broker.Stats(); s != (paper.Stats{Fills: 4, Cancels: s.Cancels}) {
		t.Errorf("%+v", s)
	}
}

func TestNewFeesAndStepsHoldForOrdersThatRestAndThatCome(t *testing.T) {
	r := newRig(t, paper.DefaultOptions())
	r.quote("AAPL", "100", "99", "101")
	r.submit("1", "AAPL", ledger.Buy, "95")
	r.settle()
	o := r.broker.Options()
	o.FeeBasisPoints, o.QuantityStep = 10, "1"
	if err := r.broker.Configure(o); err != nil {
		t.Fatal(err)
	}
	r.quote("AAPL", "94", "93", "94")
	r.expect("1 filled 94")
	if e := r.desk.reports()[0]; !e.Fee.Equal(number("0.94")) {
		t.Errorf("10 at 94 cost a fee of %s", e.Fee)
	}
	half := &ledger.OrderPlaced{OrderID: "2", Symbol: "AAPL", Quantity: number("0.5"), Type: ledger.Market}
	if _, _, rejection := r.broker.Check(half); rejection == nil || rejection.Code != ledger.CodeQuantity {
		t.Errorf("half a share: %+v", rejection)
	}
	o.FeeBasisPoints, o.PriceStep = 7, "none"
	if err := r.broker.Configure(o); err == nil || r.broker.Options().FeeBasisPoints != 10 {
		t.Errorf("%v, and %+v", err, r.broker.Options())
	}
}

func TestMarketOrderFailsWhereTheMarketStoppedInBetween(t *testing.T) {
	r := newRig(t, paper.DefaultOptions())
	r.quote("STALE", "100", "", "")
	r.tick(market.Tick{Symbol: "HALTED", Price: number("100"), Halted: true})
	r.submit("1", "HALTED", ledger.Buy, "")
	r.settle() // before everything is stale
	r.stopFeed("STALE")
	r.submit("2", "STALE", ledger.Sell, "")
	r.submit("3", "NEVER", ledger.Sell, "")
	r.expect("1 failed MARKET_HALTED", "2 failed MARKET_STALE", "3 failed MARKET_STALE")
	for _, e := range r.desk.reports() {
		if !e.CanRetry || e.Reason == "" || e.TradeID != e.OrderID+"-1" {
			t.Errorf("%+v", e)
		}
	}
	if s := r.broker.Stats(); s.Failures != 3 || s.Resting != 0 || s.Watched != 0 {
		t.Errorf("%+v", s)
	}
}

func TestLimitOrderRestsUntilAQuoteCrossesItAndIsFilledAtThatQuote(t *testing.T) {
	r := newRig(t, paper.DefaultOptions())
	r.quote("A", "100", "99", "101")
	r.submit("buy", "A", ledger.Buy, "100")
	r.submit("sell", "A", ledger.Sell, "100")
	r.expect()
	r.quote("A", "100", "99.99", "100.01") // the last price alone fills nothing where there is a bid and an ask
	r.expect()
	if s := r.broker.Stats(); s.Resting != 2 || s.Watched != 1 {
		t.Errorf("%+v", s)
	}
	r.quote("A", "98", "97", "98.5")
	r.expect("buy filled 98.5")
	r.quote("A", "103", "102", "104")
	r.expect("buy filled 98.5", "sell filled 102")
}

func TestMarketableLimitOrderIsFilledAtOnceAtTheQuote(t *testing.T) {
	r := newRig(t, paper.DefaultOptions())
	r.quote("A", "100", "", "")
	r.submit("1", "A", ledger.Buy, "105")
	r.submit("2", "A", ledger.Sell, "100")
	r.expect("1 filled 100", "2 filled 100")
}

func TestLimitOrderWaitsOutAStaleMarket(t *testing.T) {
	r := newRig(t, paper.DefaultOptions())
	r.quote("A", "100", "", "")
	r.stopFeed("A")
	r.submit("1", "A", ledger.Buy, "105")
	r.expect()
	r.quote("A", "101", "", "")
	r.expect("1 filled 101")
}

func TestLimitOrderWaitsOutAHalt(t *testing.T) {
	r := newRig(t, paper.DefaultOptions())
	r.submit("1", "A", ledger.Sell, "105")
	r.tick(market.Tick{Symbol: "A", Price: number("110"), Halted: true})
	r.expect()
	r.quote("A", "108", "", "")
	r.expect("1 filled 108")
}

func TestFillsComeInPriceTimePriority(t *testing.T) {
	r := newRig(t, paper.DefaultOptions())
	r.quote("A", "100", "", "")
	late := r.order("early, submitted late", "A", ledger.Buy, "98")
	r.submit("worse", "A", ledger.Buy, "97")
	r.submit("first", "A", ledger.Buy, "98")
	r.submit("second", "A", ledger.Buy, "98.00")
	r.submit("best", "A", ledger.Buy, "99")
	r.broker.Submit(userOf(late.OrderID), late) // as after a restart, when accounts come in any order
	r.submit("too low", "A", ledger.Buy, "96")
	r.quote("A", "96.5", "", "")
	r.expect("best filled 96.5", "early, submitted late filled 96.5", "first filled 96.5", "second filled 96.5", "worse filled 96.5")
}

func TestOrderThatIsSubmittedAgainIsLeftAsItIs(t *testing.T) {
	r := newRig(t, paper.DefaultOptions())
	r.quote("A", "100", "", "")
	o := r.order("1", "A", ledger.Buy, "90")
	for range 3 {
		r.broker.Submit(userOf("1"), o)
	}
	r.settle()
	if s := r.broker.Stats(); s.Resting != 1 {
		t.Errorf("%+v", s)
	}
	r.quote("A", "89", "", "")
	r.expect("1 filled 89")

	// Its account was loaded again before it heard of the fill.
	r.quote("A", "88", "", "")
	r.broker.Submit(userOf("1"), o)
	r.expect("1 filled 89", "1 filled 88")
	if got := r.desk.reports(); got[0].TradeID != got[1].TradeID {
		t.Errorf("one order, two trades: %q and %q", got[0].TradeID, got[1].TradeID)
	}
}

func TestOrderThatIsPartlyExecutedIsFilledForTheRest(t *testing.T) {
	r := newRig(t, paper.DefaultOptions())
	r.quote("A", "100", "", "")
	for id, executed := range map[string]string{"part": "4", "all": "10"} {
		o := r.order(id, "A", ledger.Buy, "")
		o.Filled = number(executed)
		r.broker.Submit(userOf(id), o)
	}
	r.expect("part filled 100")
	if got := r.desk.reports()[0].Quantity; !got.Equal(number("6")) {
		t.Errorf("filled %s", got)
	}
	if s := r.broker.Stats(); s.Resting != 0 || s.Watched != 0 {
		t.Errorf("%+v", s)
	}
}

func TestCancelEndsAnOrderAndAnswersForUnknownOnes(t *testing.T) {
	r := newRig(t, paper.DefaultOptions())
	r.quote("A", "100", "", "")
	r.submit("1", "A", ledger.Buy, "90")
	r.broker.Cancel("somebody else", "1")
	r.settle()
	if s := r.broker.Stats(); s.Resting != 1 {
		t.Errorf("after somebody else's cancel: %+v", s)
	}
	r.broker.Cancel(userOf("1"), "1")
	r.broker.Cancel(userOf("unknown"), "unknown")
	r.quote("A", "89", "", "")
	r.expect("1 cancelled for somebody else", "1 cancelled", "unknown cancelled")
	if s := r.broker.Stats(); s.Resting != 0 || s.Watched != 0 || s.Fills != 0 {
		t.Errorf("%+v", s)
	}
}

func TestCancelRacingAFillHasOneWinner(t *testing.T) {
	const n = 500
	r := newRig(t, paper.DefaultOptions())
	r.quote("A", "100", "", "")
	for i := range n {
		r.submit(fmt.Sprint(i), "A", ledger.Buy, fmt.Sprint(50+i%40))
	}
	var racing sync.WaitGroup
	racing.Go(func() {
		for price := 95; price >= 45; price-- {
			r.Tick(t, "A", fmt.Sprint(price))
		}
	})
	racing.Go(func() {
		for _, i := range rand.Perm(n) {
			r.broker.Cancel(userOf(fmt.Sprint(i)), fmt.Sprint(i))
		}
	})
	racing.Wait()
	r.quote("A", "40", "", "")

	won := make(map[string]portfolio.Outcome)
	for _, e := range r.desk.reports() {
		if _, ended := won[e.OrderID]; !ended {
			won[e.OrderID] = e.Outcome
		} else if e.Outcome == portfolio.Filled {
			t.Errorf("order %s was filled after it had ended", e.OrderID)
		}
	}
	if len(won) != n {
		t.Errorf("%d of %d orders ended", len(won), n)
	}
	if s := r.broker.Stats(); s.Resting != 0 || s.Watched != 0 {
		t.Errorf("%+v", s)
	}
}

func TestSymbolIsWatchedOnlyWhileThereAreOrdersInIt(t *testing.T) {
	r := newRig(t, paper.DefaultOptions())
	r.quote("A", "100", "", "")
	r.submit("1", "A", ledger.Buy, "90")
	r.submit("2", "NEVER", ledger.Buy, "90")
	r.settle()
	if got := r.Symbols.Watched(); got != 2 {
		t.Errorf("%d symbols watched", got)
	}
	r.quote("A", "90", "", "")
	r.broker.Cancel(userOf("2"), "2")
	r.expect("1 filled 90", "2 cancelled")
	if watched, known := r.Symbols.Watched(), r.Symbols.Known(); watched != 0 || known != 1 {
		t.Errorf("%d symbols watched, %d known", watched, known)
	}
}

func TestCloseLetsGoOfEverySymbol(t *testing.T) {
	r := newRig(t, paper.DefaultOptions())
	for i := range 10 {
		r.submit(fmt.Sprint(i), fmt.Sprintf("S%d", i), ledger.Buy, "90")
	}
	r.settle()
	r.broker.Close()
	r.broker.Close()
	if watched := r.Symbols.Watched(); watched != 0 {
		t.Errorf("%d symbols still watched", watched)
	}
	if s := r.broker.Stats(); s.Resting != 0 || s.Watched != 0 {
		t.Errorf("%+v", s)
	}
	if len(r.desk.reports()) != 0 {
		t.Errorf("orders that rest were reported: %q", r.desk.said())
	}
}

func TestOrdersOutliveAPanic(t *testing.T) {
	for name, props := range map[string]func(*actortest.Engine) []actor.PropsOption{
		"protoactor's mailbox": func(*actortest.Engine) []actor.PropsOption { return nil },
		"ordinary dispatcher": func(e *actortest.Engine) []actor.PropsOption {
			return []actor.PropsOption{actor.WithMailbox(e.Dispatcher.OrdinaryMailbox), actor.WithDispatcher(e.Dispatcher.Ordinary())}
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRigOn(t, paper.DefaultOptions(), props)
			r.desk.failing["2"] = 2
			r.quote("A", "100", "", "")
			r.submit("1", "A", ledger.Buy, "93")
			r.submit("2", "A", ledger.Buy, "92")
			r.submit("3", "A", ledger.Buy, "91")
			for n := range 2 { // one quote at a time: two that come together are looked at once
				r.settle() // an order that meets the quote as it comes in would fail, too
				r.Tick(t, "A", "90")
				actortest.Eventually(t, fmt.Sprint("failure ", n+1, " at order 2"), func() bool { return r.supervisor.Failures() == uint64(n+1) })
			}
			r.expect("1 filled 90")
			r.quote("A", "89", "", "")
			r.expect("1 filled 90", "2 filled 89", "3 filled 89")

			r.desk.failing["4"] = 1
			r.submit("4", "A", ledger.Buy, "")
			actortest.Eventually(t, "another failure", func() bool { return r.supervisor.Failures() == 3 })
			r.quote("A", "88", "", "")
			r.expect("1 filled 90", "2 filled 89", "3 filled 89", "4 filled 88")
		})
	}
}

// BenchmarkQuoteThatFillsNothing is a quote on its way through the symbol actor
// while 10,000 orders rest in the symbol.
func BenchmarkQuoteThatFillsNothing(b *testing.B) {
	r := newRig(b, paper.DefaultOptions())
	r.quote("A", "100", "", "")
	for i := range 10_000 {
		r.submit(fmt.Sprint(i), "A", ledger.Buy, "90")
	}
	r.settle()
	b.ReportAllocs()
	for b.Loop() {
		r.Tick(b, "A", "100")
	}
	r.settle()
	if s := r.broker.Stats(); s.Resting != 10_000 || s.Fills != 0 {
		b.Fatalf("%+v", s)
	}
}

func TestNoOrderIsFilledAtABidOrAskThatIsTooOld(t *testing.T) {
	r := newRig(t, paper.DefaultOptions())
	now := r.clock.Now()
	r.tick(market.Tick{Symbol: "A", Bid: number("99"), Ask: number("101"), Time: now.Add(-time.Minute - time.Millisecond)})
	r.submit("buy", "A", ledger.Buy, "")
	r.submit("rests", "A", ledger.Buy, "105")
	r.expect("buy failed MARKET_STALE")
	r.tick(market.Tick{Symbol: "A", Price: number("104"), Time: now.Add(-time.Second)})
	r.expect("buy failed MARKET_STALE", "rests filled 104")
	r.tick(market.Tick{Symbol: "A", Ask: number("107"), Time: now})
	r.submit("again", "A", ledger.Buy, "")
	r.submit("sell", "A", ledger.Sell, "")
	r.expect("buy failed MARKET_STALE", "rests filled 104", "again filled 107", "sell filled 104")
}

func TestOrdersAreFilledAtBidAndAskOfASymbolThatNeverTraded(t *testing.T) {
	r := newRig(t, paper.DefaultOptions())
	r.tick(market.Tick{Symbol: "A", Bid: number("99"), Ask: number("101")})
	r.submit("buy", "A", ledger.Buy, "")
	r.submit("sell", "A", ledger.Sell, "99")
	r.expect("buy filled 101", "sell filled 99")
}
