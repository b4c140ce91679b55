package paper_test

import (
	"strings"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"outcry/actors/actortest"
	"outcry/actors/ledger"
	"outcry/actors/market"
	"outcry/actors/paper"
)

// newRigAt is a broker at a time of New York on a Monday of trading, with crypto beside
// the equities.
func newRigAt(t testing.TB, o paper.Options, hour, minute int) *rig {
	t.Helper()
	r := newRigIn(t, o, func(o *actortest.Options) {
		o.Symbol.Hours = market.USEquities
		o.Symbol.Markets = []string{"name=crypto; hours=always; symbols=*-USD"}
	}, func(*actortest.Engine) []actor.PropsOption { return nil })
	r.clock.Advance(at(hour, minute).Sub(r.clock.Now()))
	return r
}

// at is a time of New York on Monday, 2 March 2026.
func at(hour, minute int) time.Time { return time.Date(2026, 3, 2, hour+5, minute, 0, 0, time.UTC) }

func (r *rig) advanceTo(hour, minute int) { r.clock.Advance(at(hour, minute).Sub(r.clock.Now())) }

func TestMarketOrderOutsideHoursIsFilledAtTheFirstPriceAfterTheOpen(t *testing.T) {
	r := newRigAt(t, paper.DefaultOptions(), 9, 20)
	r.quote("AAPL", "100", "99", "101")
	r.submit("early", "AAPL", ledger.Buy, "")
	r.expect()
	r.advanceTo(9, 29)
	r.quote("AAPL", "102", "101", "103") // before the open
	r.expect()
	r.advanceTo(9, 30)
	r.submit("sharp", "AAPL", ledger.Buy, "") // the newest price is of before the open
	r.expect()
	r.tick(market.Tick{Symbol: "AAPL", Price: number("104"), Ask: number("105"), Time: at(9, 29)}) // late
	r.expect()
	r.quote("AAPL", "106", "105", "107")
	r.expect("early filled 107", "sharp filled 107")
	r.submit("soon", "AAPL", ledger.Sell, "")
	r.expect("early filled 107", "sharp filled 107", "soon filled 105")
}

func TestLimitOrderOutsideHoursRests(t *testing.T) {
	r := newRigAt(t, paper.DefaultOptions(), 17, 0)
	r.quote("AAPL", "100", "99", "101")
	r.submit("high", "AAPL", ledger.Buy, "105")
	r.submit("low", "AAPL", ledger.Buy, "90")
	r.quote("AAPL", "89", "88", "89") // after hours
	r.expect()
	r.advanceTo(24+9, 30)
	r.expect()
	r.quote("AAPL", "95", "94", "96")
	r.expect("high filled 96")
	r.quote("AAPL", "89", "88", "89")
	r.expect("high filled 96", "low filled 89")
}

func TestOrdersInAnotherMarketAreFilledWhileTheMainOneIsClosed(t *testing.T) {
	r := newRigAt(t, paper.DefaultOptions(), 22, 0)
	r.quote("AAPL", "100", "99", "101")
	r.quote("BTC-USD", "100", "99", "101")
	r.submit("stock", "AAPL", ledger.Buy, "")
	r.submit("coin", "BTC-USD", ledger.Buy, "")
	r.expect("coin filled 101")
}

func TestQueuedOrderWaitsUntilTheSymbolTrades(t *testing.T) {
	r := newRigAt(t, paper.DefaultOptions(), 8, 0)
	r.quote("AAPL", "100", "", "")
	r.submit("queued", "AAPL", ledger.Buy, "")
	r.advanceTo(9, 31)
	r.tick(market.Tick{Symbol: "AAPL", Price: number("100"), Halted: true})
	r.expect()
	r.advanceTo(10, 0)
	r.tick(market.Tick{Symbol: "AAPL", Price: number("97")})
	r.expect("queued filled 97")
}

// A session that ends before the symbol showed a price is none.
func TestQueuedOrderOutlastsASessionWithoutPrices(t *testing.T) {
	r := newRigAt(t, paper.DefaultOptions(), 8, 0)
	r.quote("AAPL", "100", "", "")
	r.submit("queued", "AAPL", ledger.Sell, "")
	r.advanceTo(16, 0)
	r.quote("AAPL", "98", "", "")
	r.expect()
	r.advanceTo(24+9, 45)
	r.quote("AAPL", "97", "", "")
	r.expect("queued filled 97")
}

func TestQueuedOrderIsFilledOnTheNextDayOfTradingAfterAClosure(t *testing.T) {
	r := newRigAt(t, paper.DefaultOptions(), 8, 0)
	r.quote("AAPL", "100", "", "")
	r.submit("queued", "AAPL", ledger.Buy, "")
	o := r.Symbols.Options()
	o.Closures = []string{"2026-03-02"} // announced in the morning
	if err := r.Symbols.Configure(o); err != nil {
		t.Fatal(err)
	}
	r.advanceTo(12, 0)
	r.quote("AAPL", "99", "", "")
	r.expect()
	r.advanceTo(24+9, 30)
	r.quote("AAPL", "98", "", "")
	r.expect("queued filled 98")
}

func TestQueuedOrderMayBeCancelled(t *testing.T) {
	r := newRigAt(t, paper.DefaultOptions(), 20, 0)
	r.quote("AAPL", "100", "", "")
	r.submit("queued", "AAPL", ledger.Buy, "")
	r.settle()
	r.broker.Cancel(userOf("queued"), "queued")
	r.expect("queued cancelled")
}

func TestMarketOrderThatMissesTheCloseIsNotKeptWhereSuchAreRefused(t *testing.T) {
	o := paper.DefaultOptions()
	o.OutsideHours = paper.Refuse
	r := newRigAt(t, o, 15, 59)
	r.quote("AAPL", "100", "", "")
	order := r.order("late", "AAPL", ledger.Buy, "") // accepted, and then the market closes
	r.advanceTo(16, 0)
	r.broker.Submit(userOf("late"), order)
	r.expect("late failed " + paper.CodeMarketClosed)
	r.submit("queued before the setting", "AAPL", ledger.Buy, "")
	r.submit("limit", "AAPL", ledger.Buy, "105")
	r.expect("late failed " + paper.CodeMarketClosed)
}

func TestCheckSaysWhatBecomesOfOrdersOutsideHours(t *testing.T) {
	for _, test := range []struct {
		name, policy  string
		hour, minute  int
		symbol        string
		stale         bool
		code, message string
		held          string // "queued", "rests" or ""
		opens         time.Time
	}{
		{name: "queued", policy: paper.Queue, hour: 8, symbol: "AAPL", held: "is queued until it opens at 2026-03-02 14:30:00 UTC", opens: at(9, 30)},
		{name: "refused", policy: paper.Refuse, hour: 8, symbol: "AAPL", code: paper.CodeMarketClosed, message: "us_equities is closed until 2026-03-02 14:30:00 UTC"},
		{name: "refused after the close", policy: paper.Refuse, hour: 16, symbol: "AAPL", code: paper.CodeMarketClosed, message: "until 2026-03-03 14:30:00"},
		{name: "queued though the feed stopped", policy: paper.Queue, hour: 20, symbol: "AAPL", stale: true, held: "is queued", opens: at(24+9, 30)},
		{name: "crypto is open", policy: paper.Refuse, hour: 8, symbol: "BTC-USD"},
		{name: "crypto without a feed", policy: paper.Queue, hour: 8, symbol: "BTC-USD", stale: true, code: paper.CodeMarketStale},
		{name: "open", policy: paper.Refuse, hour: 15, minute: 59, symbol: "AAPL"},
		{name: "open without a feed", policy: paper.Queue, hour: 12, symbol: "AAPL", stale: true, code: paper.CodeMarketStale},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := paper.DefaultOptions()
			o.OutsideHours = test.policy
			r := newRigAt(t, o, test.hour, test.minute)
			r.quote(test.symbol, "100", "", "")
			if test.stale {
				r.stopFeed(test.symbol)
			}
			order := r.order("o", test.symbol, ledger.Buy, "").OrderPlaced
			_, _, rejection := r.broker.Check(&order)
			if test.code != "" {
				if rejection == nil || rejection.Code != test.code || !strings.Contains(rejection.Message, test.message) {
					t.Fatalf("%+v", rejection)
				}
				return
			}
			if rejection != nil {
				t.Fatalf("%+v", rejection)
			}
			hold := r.broker.Holds(&order)
			if test.held == "" {
				if hold != nil {
					t.Errorf("%+v", hold)
				}
				return
			}
			if hold == nil || !hold.Queued || !hold.Until.Equal(test.opens) || !strings.Contains(hold.Message(), test.held) {
				t.Errorf("%+v", hold)
			}
			limit := r.order("l", test.symbol, ledger.Buy, "100").OrderPlaced
			if _, _, rejection := r.broker.Check(&limit); rejection != nil {
				t.Errorf("%+v", rejection)
			}
			if hold := r.broker.Holds(&limit); hold == nil || hold.Queued || !strings.Contains(hold.Message(), "rests until") {
				t.Errorf("%+v", hold)
			}
		})
	}
}

func TestMarketOrderBeforeTheFirstPriceOfASession(t *testing.T) {
	for policy, code := range map[string]string{paper.Queue: "", paper.Refuse: paper.CodeMarketClosed} {
		o := paper.DefaultOptions()
		o.OutsideHours = policy
		r := newRigAt(t, o, 9, 29)
		r.quote("AAPL", "100", "", "")
		r.advanceTo(9, 30)
		r.Source.Heard(r.clock.Now())
		order := r.order("o", "AAPL", ledger.Buy, "").OrderPlaced
		_, _, rejection := r.broker.Check(&order)
		if got := rejection; (got == nil) != (code == "") || got != nil && got.Code != code {
			t.Errorf("%s: %+v", policy, got)
		}
		if hold := r.broker.Holds(&order); hold == nil || !hold.Until.IsZero() || !strings.Contains(hold.Message(), "until the first price") {
			t.Errorf("%+v", hold)
		}
	}
}

func TestLimitsFarBeyondTheMarketAreRefused(t *testing.T) {
	o := paper.DefaultOptions()
	wide, off := o, o
	wide.LimitCollarPercent, off.LimitCollarPercent = 50.5, 0
	r := newRig(t, o)
	r.quote("AAPL", "100", "99", "101")
	r.quote("LAST", "7", "", "")
	r.quote("DUST", "0.00000003", "", "")
	for _, test := range []struct {
		options paper.Options
		symbol  string
		side    ledger.Side
		limit   string
		allowed string // of the message of a refusal
	}{
		{o, "AAPL", ledger.Buy, "1010", "at most 111.1 is allowed"},
		{o, "AAPL", ledger.Buy, "111.1001", "above the ask of 101"},
		{o, "AAPL", ledger.Buy, "111.1", ""},
		{o, "AAPL", ledger.Buy, "0.01", ""},
		{o, "AAPL", ledger.Sell, "9.9", "at least 89.1 is allowed"},
		{o, "AAPL", ledger.Sell, "89.0999", "below the bid of 99"},
		{o, "AAPL", ledger.Sell, "89.1", ""},
		{o, "AAPL", ledger.Sell, "100000", ""},
		{o, "LAST", ledger.Buy, "7.7001", "at most 7.7 is allowed"},
		{o, "LAST", ledger.Sell, "6.2999", "at least 6.3 is allowed"},
		{o, "DUST", ledger.Buy, "0.0001", "above the ask of 0.00000003"},
		{wide, "AAPL", ledger.Buy, "152", ""},
		{wide, "AAPL", ledger.Buy, "152.1", "more than 50.5 % above"},
		{off, "AAPL", ledger.Buy, "10000", ""},
		{off, "AAPL", ledger.Sell, "0.0001", ""},
	} {
		if err := r.broker.Configure(test.options); err != nil {
			t.Fatal(err)
		}
		order := r.order("o", test.symbol, test.side, test.limit).OrderPlaced
		_, _, rejection := r.broker.Check(&order)
		switch {
		case test.allowed == "" && rejection != nil:
			t.Errorf("%s %s at %s: %+v", test.side, test.symbol, test.limit, rejection)
		case test.allowed != "" && (rejection == nil || rejection.Code != paper.CodeCollar || !strings.Contains(rejection.Message, test.allowed)):
			t.Errorf("%s %s at %s: %+v, want %s", test.side, test.symbol, test.limit, rejection, test.allowed)
		}
	}
}

// The collar judges orders when they come: what rests is filled wherever the market goes.
func TestLimitThatTheMarketLeftIsFilledAllTheSame(t *testing.T) {
	r := newRig(t, paper.DefaultOptions())
	r.quote("AAPL", "100", "99", "101")
	r.submit("resting", "AAPL", ledger.Buy, "95")
	r.quote("AAPL", "10", "9", "11")
	r.expect("resting filled 11")
}
