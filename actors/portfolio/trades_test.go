package portfolio_test

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"outcry/actors/actortest"
	"outcry/actors/ledger"
	"outcry/actors/portfolio"
	"outcry/persistence"
)

func TestTradeCountsOnlyOnceItIsDurable(t *testing.T) {
	r := newRig(t, nil, nil)
	w := r.open()
	r.Journal.Hold()
	outcome := r.begin(bought("t1"))
	if v := r.view(); v.Version != 0 || v.Valuation.Trades != 0 {
		t.Errorf("version %d and %d trades before the commit", v.Version, v.Valuation.Trades)
	}
	if len(outcome) != 0 || len(w.seen()) != 0 {
		t.Error("answered before the commit")
	}
	r.Journal.Release()
	got, err := await(t, outcome)
	if err != nil || got != (portfolio.TradeOutcome{Version: 2}) { // the opening deposit is 1
		t.Errorf("%+v %v", got, err)
	}
	v := r.view()
	if v.Version != 2 || v.Valuation.Cash.String() != "99000" || len(v.Valuation.Positions) != 1 {
		t.Errorf("after the commit: %+v", v)
	}
	r.eventually("the notice", func() bool { return len(w.seen()) == 1 })
	if got := w.seen()[0]; got != "executed t1 @2" {
		t.Error(got)
	}
}

func TestSameIDAnswersTheFirstOutcome(t *testing.T) {
	journal := actortest.NewJournal(t)
	r := newRig(t, journal, nil)
	first := r.record(bought("t1"))
	later := bought("t1")
	later.Time, later.Quantity = later.Time.Add(time.Minute), amount(later.Quantity.String()+".00") // the same amount
	if again := r.record(later); again != (portfolio.TradeOutcome{Version: first.Version, Duplicate: true}) {
		t.Errorf("%+v", again)
	}
	r.Stop()
	r = newRig(t, journal, nil)
	if again := r.record(bought("t1")); again != (portfolio.TradeOutcome{Version: first.Version, Duplicate: true}) {
		t.Errorf("after a restart %+v", again)
	}
	if v := r.view(); v.Valuation.Trades != 1 {
		t.Errorf("%d trades", v.Valuation.Trades)
	}
}

// A venue's ids may be unique only for each symbol: what looks like a repetition is then
// another trade, which must not be taken for recorded.
func TestSameIDWithAnotherContentIsRefused(t *testing.T) {
	changes := map[string]func(*portfolio.Trade){
		"symbol":   func(t *portfolio.Trade) { t.Symbol = "ETH" },
		"side":     func(t *portfolio.Trade) { t.Side = ledger.Sell },
		"quantity": func(t *portfolio.Trade) { t.Quantity = amount("10.00000001") },
		"price":    func(t *portfolio.Trade) { t.Price = amount("99.99") },
		"fee":      func(t *portfolio.Trade) { t.Fee = amount("0.01") },
		"orderId":  func(t *portfolio.Trade) { t.OrderID = "another" },
		"broker":   func(t *portfolio.Trade) { t.Broker = "another" },
		"status":   func(t *portfolio.Trade) { t.Failed = !t.Failed },
	}
	ofFailed := map[string]func(*portfolio.Trade){
		"reason":   func(t *portfolio.Trade) { t.Reason = "another" },
		"code":     func(t *portfolio.Trade) { t.Code = "ANOTHER" },
		"canRetry": func(t *portfolio.Trade) { t.CanRetry = true },
	}
	failed := bought("f1")
	failed.Failed, failed.Reason = true, "venue closed"
	maps.Copy(ofFailed, changes)
	delete(ofFailed, "fee") // what failed has none
	r := newRig(t, nil, nil)
	for _, c := range []struct {
		trade   portfolio.Trade
		changes map[string]func(*portfolio.Trade)
	}{{bought("t1"), changes}, {failed, ofFailed}} {
		r.record(c.trade)
		for field, change := range c.changes {
			other := c.trade
			change(&other)
			_, err := await(t, r.begin(other))
			var conflict *portfolio.IDConflict
			if !errors.As(err, &conflict) || conflict.Field != field || conflict.ID != c.trade.ID || conflict.Kind != "trade" {
				t.Errorf("another %s: %v", field, err)
			}
		}
		if again := r.record(c.trade); !again.Duplicate {
			t.Errorf("the same again: %+v", again)
		}
	}
	if v := r.view(); v.Version != 3 || v.Valuation.Trades != 1 {
		t.Errorf("version %d, %d trades", v.Version, v.Valuation.Trades)
	}
}

// Two that wait together are decided one after the other.
func TestTwoOfOneIDInABurstConflict(t *testing.T) {
	r := newRig(t, nil, nil)
	r.Journal.Hold()
	hold, first := r.begin(bought("t0")), r.begin(bought("t1"))
	other := bought("t1")
	other.Symbol = "ETH"
	second := r.begin(other)
	r.Journal.Release()
	for _, c := range []chan answer[portfolio.TradeOutcome]{hold, first} {
		if _, err := await(t, c); err != nil {
			t.Error(err)
		}
	}
	var conflict *portfolio.IDConflict
	if _, err := await(t, second); !errors.As(err, &conflict) || conflict.Field != "symbol" {
		t.Errorf("error %v", err)
	}
}

func TestRepeatsWithinABurstAreStoredOnce(t *testing.T) {
	r := newRig(t, nil, nil)
	r.Journal.Hold()
	var outcomes []chan answer[portfolio.TradeOutcome]
	const ids, repeats = 40, 5
	for i := range ids * repeats {
		outcomes = append(outcomes, r.begin(bought(fmt.Sprint("t", i%ids))))
	}
	r.Journal.Release()
	fresh, versions := 0, map[uint64]bool{}
	for _, c := range outcomes {
		o, err := await(t, c)
		if err != nil {
			t.Fatal(err)
		}
		if !o.Duplicate {
			fresh++
		}
		versions[o.Version] = true
	}
	if v := r.view(); fresh != ids || len(versions) != ids || v.Valuation.Trades != ids {
		t.Errorf("%d fresh outcomes, %d versions, %d trades, want %d of each", fresh, len(versions), v.Valuation.Trades, ids)
	}
}

// The journal bounds an append by its bytes as well as by its events.
func TestBurstOfLargeTradesIsStoredWhateverItsSize(t *testing.T) {
	r := newRig(t, nil, nil)
	r.Journal.Hold()
	const n = 600
	outcomes := make([]chan answer[portfolio.TradeOutcome], n)
	for i := range outcomes {
		trade := bought(fmt.Sprint("t", i))
		trade.Failed, trade.Reason = true, strings.Repeat(`"`, 1024) // twice that once it is JSON
		outcomes[i] = r.begin(trade)
	}
	r.Journal.Release()
	for i, c := range outcomes {
		if _, err := await(t, c); err != nil {
			t.Fatalf("trade %d: %v", i, err)
		}
	}
}

func TestJournalThatCannotWriteRefusesAndForgetsNothing(t *testing.T) {
	r := newRig(t, nil, nil)
	r.record(bought("t1"))
	r.Journal.Fail(errors.New("the disk is full"))
	if _, err := await(t, r.begin(bought("t2"))); !errors.Is(err, persistence.ErrUnavailable) {
		t.Errorf("error %v", err)
	}
	if v := r.view(); v.Valuation.Trades != 1 {
		t.Errorf("%d trades", v.Valuation.Trades)
	}
	r.Journal.Fail(nil)
	if got := r.record(bought("t2")); got.Duplicate || got.Version != 3 {
		t.Errorf("%+v", got)
	}
}

func TestFailedTradeIsRecordedAndMovesNoMoney(t *testing.T) {
	r := newRig(t, nil, nil)
	w := r.open()
	failed := bought("t1")
	failed.Failed, failed.Reason, failed.Code = true, "no liquidity", "LIQUIDITY"
	if got := r.record(failed); !got.Failed {
		t.Errorf("%+v", got)
	}
	r.eventually("the notice", func() bool { return len(w.seen()) == 1 })
	if got := w.seen()[0]; got != "failed t1 no liquidity @2" {
		t.Error(got)
	}
	if v := r.view(); v.Valuation.Cash.String() != "100000" || v.Valuation.Failed != 1 || v.Valuation.Trades != 0 {
		t.Errorf("%+v", v.Valuation)
	}
}

func TestTradeThatMoneyCannotSayIsRefusedAlone(t *testing.T) {
	r := newRig(t, nil, nil)
	huge := bought("huge")
	huge.Quantity, huge.Price = amount("9999999999"), amount("9999999999")
	r.Journal.Hold()
	before, bad, after := r.begin(bought("t1")), r.begin(huge), r.begin(bought("t2"))
	r.Journal.Release()
	if _, err := await(t, bad); !errors.Is(err, portfolio.ErrRefused) {
		t.Errorf("error %v", err)
	}
	for _, c := range []chan answer[portfolio.TradeOutcome]{before, after} {
		if _, err := await(t, c); err != nil {
			t.Error(err)
		}
	}
}

func TestTooManyWaitingTradesAreRefusedAtOnce(t *testing.T) {
	r := newRig(t, nil, func(o *actortest.Options) { o.Portfolio.MaxPending = 64 })
	r.Journal.Hold()
	refused := 0
	var outcomes []chan answer[portfolio.TradeOutcome]
	for i := range 100 {
		c, reply := replyTo[portfolio.TradeOutcome]()
		if err := r.Portfolios.Tell(ann, &portfolio.RecordTrade{Trade: bought(fmt.Sprint("t", i)), Reply: reply}); err != nil {
			if !errors.Is(err, persistence.ErrUnavailable) {
				t.Fatal(err)
			}
			refused++
			continue
		}
		outcomes = append(outcomes, c)
	}
	r.Journal.Release()
	if refused != 36 {
		t.Errorf("%d refused, want 36", refused)
	}
	for _, c := range outcomes {
		if _, err := await(t, c); err != nil {
			t.Error(err)
		}
	}
	r.record(bought("later"))
}

func TestLoadedFromCheckpointOrFromEventsIsTheSame(t *testing.T) {
	journal := actortest.NewJournal(t)
	var views []portfolio.Account
	for _, every := range []int{1_000_000, 7, 1} {
		r := newRig(t, journal, func(o *actortest.Options) { o.Portfolio.CheckpointEvery = every })
		for i := range 20 {
			r.record(bought(fmt.Sprint("b", i)))
			r.record(sold(fmt.Sprint("s", i)))
		}
		r.record(bought("open"))
		view := r.view()
		view.Time = time.Time{}
		views = append(views, view)
		r.Stop()
	}
	for _, v := range views[1:] {
		if v.Version != views[0].Version || v.Valuation.TotalValue.Cmp(views[0].Valuation.TotalValue) != 0 ||
			v.Valuation.Trades != views[0].Valuation.Trades || v.Valuation.WinRate.Cmp(views[0].Valuation.WinRate) != 0 {
			t.Errorf("%+v\nand %+v", v, views[0])
		}
	}
	if checkpoint, err := journal.Checkpoint(portfolio.StreamOf(ann)); err != nil || checkpoint.Version == 0 {
		t.Errorf("checkpoint at %d: %v", checkpoint.Version, err)
	}
}

func TestIdleAccountLeavesMemoryAndComesBackAsItWas(t *testing.T) {
	clock := actortest.NewClock(noon)
	r := newRig(t, nil, func(o *actortest.Options) {
		o.Now = clock.Now
		o.Portfolio.IdleTimeout = time.Second
	})
	for i := range 5 {
		r.record(bought(fmt.Sprint("t", i)))
		clock.Advance(time.Minute)
		r.eventually("the account to leave", func() bool { return r.Portfolios.Stats().Loaded == 0 })
	}
	if v := r.view(); v.Version != 6 || v.Valuation.Trades != 5 {
		t.Errorf("version %d, %d trades", v.Version, v.Valuation.Trades)
	}
	w := r.open()
	clock.Advance(time.Hour)
	r.record(bought("watched"))
	r.eventually("the notice", func() bool { return len(w.seen()) == 1 })
	if r.Portfolios.Stats().Loaded != 1 {
		t.Error("a watched account left")
	}
}

// No trade may fall between an account that leaves and the same that comes back.
func TestTradesMeetAccountsThatAreLeaving(t *testing.T) {
	clock := actortest.NewClock(noon)
	r := newRig(t, nil, func(o *actortest.Options) {
		o.Now = clock.Now
		o.Portfolio.IdleTimeout = time.Second // looked at every 250 ms of real time: as often as allowed
	})
	const trades = 300
	for i := range trades {
		clock.Advance(time.Minute)
		if got := r.record(bought(fmt.Sprint("t", i))); got.Duplicate {
			t.Fatalf("%+v", got)
		}
		time.Sleep(time.Millisecond) // spread over the looks; the test waits for nothing
	}
	if v := r.view(); v.Valuation.Trades != trades {
		t.Errorf("%d trades", v.Valuation.Trades)
	}
}

// A journal that cannot be read keeps nobody waiting but those who watch.
func TestAccountThatCannotBeReadRefusesAtOnceAndShowsItselfLater(t *testing.T) {
	r := newRig(t, nil, nil)
	r.Journal.FailReads(errors.New("the disk is away"))
	w := &tab{}
	r.tell(&portfolio.Watch{Watcher: w})
	for range 5 {
		if _, err := await(t, r.begin(bought("t1"))); !errors.Is(err, persistence.ErrUnavailable) {
			t.Errorf("error %v", err)
		}
	}
	if len(w.shown()) != 0 {
		t.Errorf("shown %v", w.shown())
	}
	r.Journal.FailReads(nil)
	r.eventually("a snapshot", func() bool { return len(w.shown()) > 0 })
	r.record(bought("t1"))
}
