package portfolio_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"outcry/actors/actortest"
	"outcry/actors/ledger"
	"outcry/actors/paper"
	"outcry/actors/portfolio"
)

func TestMarketOrderIsAcceptedThenFilledAtTheQuote(t *testing.T) {
	r := newRig(t, nil, nil)
	r.price("50")
	w := r.open()
	outcome := r.place(marketOrder("c1", "10"))
	if outcome.Rejected != nil || outcome.OrderID == "" {
		t.Fatalf("%+v", outcome)
	}
	r.eventually("the fill", func() bool { return len(w.seen()) == 1 })
	if got, want := w.seen()[0], fmt.Sprintf("executed %s-1 @3", outcome.OrderID); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	v := r.view()
	if v.Valuation.Cash.String() != "99500" || len(v.Orders) != 0 || v.Valuation.Positions[0].Quantity.String() != "10" {
		t.Errorf("%+v", v)
	}
}

func TestRetriedOrderIsTheSameOrderEvenIfItCouldNotBePaidAgain(t *testing.T) {
	journal := actortest.NewJournal(t)
	r := newRig(t, journal, nil)
	r.price("50")
	w := r.open()
	first := r.place(marketOrder("c1", "1500")) // 75,000 of 100,000
	r.eventually("the fill", func() bool { return len(w.seen()) == 1 })
	if again := r.place(marketOrder("c1", "1500")); again.OrderID != first.OrderID || again.Rejected != nil {
		t.Errorf("%+v, want %+v", again, first)
	}
	r.Stop()
	r = newRig(t, journal, nil)
	if again := r.place(marketOrder("c1", "1500")); again.OrderID != first.OrderID {
		t.Errorf("after a restart %+v, want %+v", again, first)
	}
	if v := r.view(); v.Valuation.Trades != 1 {
		t.Errorf("%d trades", v.Valuation.Trades)
	}
}

func TestDoubleClickIsOneOrder(t *testing.T) {
	r := newRig(t, nil, nil)
	r.price("51")
	r.view()
	r.Journal.Hold()
	c, reply := replyTo[portfolio.OrderOutcome]()
	d, replyAgain := replyTo[portfolio.OrderOutcome]()
	first, second := limitOrder("c1", "1500", "50"), limitOrder("c1", "1500", "50") // 75,000 of 100,000
	first.Reply, second.Reply = reply, replyAgain
	r.tell(&first)
	r.tell(&second)
	r.Journal.Release()
	one, err := await(t, c)
	if err != nil {
		t.Fatal(err)
	}
	two, err := await(t, d)
	if err != nil || one.OrderID == "" || one.OrderID != two.OrderID {
		t.Errorf("%+v and %+v (%v)", one, two, err)
	}
	if v := r.view(); len(v.Orders) != 1 {
		t.Errorf("%d orders", len(v.Orders))
	}
}

func TestRejectionsSayWhyAndAreRecorded(t *testing.T) {
	r := newRig(t, nil, nil)
	r.price("50")
	cases := map[string]struct {
		order portfolio.PlaceOrder
		code  string
	}{
		"no prices":     {portfolio.PlaceOrder{Symbol: "NONE", Quantity: amount("1")}, paper.CodeNoSuchSymbol},
		"no quantity":   {marketOrder("", "0"), ledger.CodeQuantity},
		"too much":      {marketOrder("", "2001"), ledger.CodeBuyingPower},
		"too much wait": {limitOrder("", "3000", "40"), ledger.CodeBuyingPower},
	}
	for name, c := range cases {
		outcome := r.place(c.order)
		if outcome.Rejected == nil || outcome.Rejected.Code != c.code || outcome.Rejected.Message == "" {
			t.Errorf("%s: %+v, want %s", name, outcome.Rejected, c.code)
		}
	}
	if v := r.view(); v.Version != 5 || len(v.Orders) != 0 || !v.Valuation.Cash.Equal(amount("100000")) { // and the opening deposit
		t.Errorf("version %d, %d orders", v.Version, len(v.Orders))
	}
}

func TestOpenOrdersReserveWhatTheyMayCost(t *testing.T) {
	r := newRig(t, nil, nil)
	r.price("50")
	if o := r.place(limitOrder("c1", "1500", "40")); o.Rejected != nil { // 60,000
		t.Fatal(o.Rejected)
	}
	if o := r.place(limitOrder("c2", "1500", "40")); o.Rejected == nil || o.Rejected.Code != ledger.CodeBuyingPower {
		t.Errorf("%+v", o)
	}
	if o := r.place(limitOrder("c3", "1000", "40")); o.Rejected != nil {
		t.Error(o.Rejected)
	}
}

// The process that comes next finds the order though nobody opens the account.
func TestLimitOrderRestsOverARestartAndIsFilledWhenCrossed(t *testing.T) {
	journal := actortest.NewJournal(t)
	r := newRig(t, journal, nil)
	r.price("50")
	placed := r.place(limitOrder("c1", "10", "45"))
	r.Stop()

	r = newRig(t, journal, nil)
	r.eventually("the order to rest again", func() bool { return r.Broker.Stats().Resting == 1 })
	r.Tick(t, "AAPL", "44")
	r.eventually("the fill", func() bool { return r.Broker.Stats().Resting == 0 })
	r.eventually("the account", func() bool { return r.view().Valuation.Trades == 1 })
	v := r.view()
	if v.Valuation.Cash.String() != "99560" || len(v.Orders) != 0 {
		t.Errorf("%+v", v)
	}
	if again := r.place(limitOrder("c1", "10", "45")); again.OrderID != placed.OrderID {
		t.Errorf("%+v, want %+v", again, placed)
	}
	r.Stop()

	r = newRig(t, journal, nil)
	if got := r.view(); len(got.Orders) != 0 || r.Broker.Stats().Resting != 0 {
		t.Errorf("%+v", got)
	}
}

func TestCancelledOrderIsGoneAndSaidSo(t *testing.T) {
	r := newRig(t, nil, nil)
	r.price("50")
	w := r.open()
	placed := r.place(limitOrder("c1", "10", "45"))
	if o := r.cancel(placed.OrderID); o.Rejected != nil {
		t.Fatalf("%+v", o.Rejected)
	}
	r.eventually("the notice", func() bool { return len(w.seen()) == 1 })
	if got, want := w.seen()[0], fmt.Sprintf("cancelled %s @3", placed.OrderID); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if o := r.cancel(placed.OrderID); o.Rejected == nil || o.Rejected.Code != portfolio.CodeNotOpen {
		t.Errorf("%+v", o)
	}
	r.price("40")
	if v := r.view(); v.Valuation.Trades != 0 || len(v.Orders) != 0 || v.Valuation.BuyingPower.String() != "100000" {
		t.Errorf("%+v", v)
	}
}

// What the broker did stays until it can be saved.
func TestFillWaitsForTheJournal(t *testing.T) {
	r := newRig(t, nil, nil)
	r.price("50")
	w := r.open()
	r.place(limitOrder("c1", "10", "45"))
	r.Journal.Fail(errors.New("the disk is full"))
	r.price("44")
	r.eventually("the fill", func() bool { return r.Broker.Stats().Fills == 1 })
	if o := r.begin(bought("t1")); func() bool { _, err := await(t, o); return err == nil }() {
		t.Error("a trade was taken")
	}
	r.Journal.Fail(nil)
	r.eventually("the notice", func() bool { return len(w.seen()) == 1 })
	if v := r.view(); v.Valuation.Trades != 1 || v.Valuation.Cash.String() != "99560" {
		t.Errorf("%+v", v.Valuation)
	}
}

func TestPartOfAnOrderIsFilledByAnExecutor(t *testing.T) {
	r := newRig(t, nil, nil)
	r.price("50")
	placed := r.place(limitOrder("c1", "10", "45"))
	part := bought("t1")
	part.OrderID, part.Quantity = placed.OrderID, amount("4")
	r.record(part)
	orders := r.view().Orders
	var filled []string
	for _, o := range orders {
		filled = append(filled, o.Filled.String())
	}
	if diff := cmp.Diff([]string{"4"}, filled); diff != "" {
		t.Error(diff)
	}
}

func TestShortAndCoverThroughOrders(t *testing.T) {
	r := newRig(t, nil, func(o *actortest.Options) { o.Portfolio.OpeningDeposit = "1000" })
	r.price("50")
	short := marketOrder("c1", "20")
	short.Side = ledger.Sell
	if o := r.place(short); o.Rejected != nil {
		t.Fatal(o.Rejected)
	}
	r.eventually("the short sale", func() bool { return r.view().Valuation.Trades == 1 })
	more := short
	more.ClientOrderID, more.Quantity = "c2", amount("1")
	if o := r.place(more); o.Rejected == nil || o.Rejected.Code != ledger.CodeBuyingPower {
		t.Errorf("%+v: a short sale is backed in full", o)
	}
	if o := r.place(marketOrder("c3", "20")); o.Rejected != nil {
		t.Errorf("covering needs no buying power: %+v", o.Rejected)
	}
	r.eventually("the cover", func() bool { return r.view().Valuation.Trades == 2 })
	if v := r.view(); len(v.Valuation.Positions) != 0 || v.Valuation.Cash.String() != "1000" {
		t.Errorf("%+v", v.Valuation)
	}
}

func TestSameClientOrderIDWithAnotherContentIsRefused(t *testing.T) {
	r := newRig(t, nil, nil)
	r.price("50")
	placed := limitOrder("c1", "2", "40")
	first := r.place(placed)
	for field, change := range map[string]func(*portfolio.PlaceOrder){
		"symbol":     func(o *portfolio.PlaceOrder) { o.Symbol = "MSFT" },
		"side":       func(o *portfolio.PlaceOrder) { o.Side = ledger.Sell },
		"quantity":   func(o *portfolio.PlaceOrder) { o.Quantity = amount("3") },
		"limitPrice": func(o *portfolio.PlaceOrder) { o.LimitPrice = amount("41") },
		"type":       func(o *portfolio.PlaceOrder) { *o = marketOrder("c1", "2") },
	} {
		other := placed
		change(&other)
		c, reply := replyTo[portfolio.OrderOutcome]()
		other.Reply = reply
		r.tell(&other)
		var conflict *portfolio.IDConflict
		if _, err := await(t, c); !errors.As(err, &conflict) || conflict.Field != field || conflict.Kind != "order" {
			t.Errorf("another %s: %v", field, err)
		}
	}
	if again := r.place(placed); again != first {
		t.Errorf("the same again: %+v, want %+v", again, first)
	}
}

func TestOpenOrdersHaveALimit(t *testing.T) {
	r := newRig(t, nil, func(o *actortest.Options) { o.Portfolio.MaxOpenOrders = 2 })
	r.price("50")
	first := r.place(limitOrder("c1", "1", "40"))
	r.place(limitOrder("c2", "1", "40"))
	if o := r.place(limitOrder("c3", "1", "40")); o.Rejected == nil || o.Rejected.Code != portfolio.CodeTooManyOrders {
		t.Errorf("%+v", o)
	}
	r.cancel(first.OrderID)
	if o := r.place(limitOrder("c4", "1", "40")); o.Rejected != nil {
		t.Errorf("%+v", o.Rejected)
	}
}

func TestOpeningDepositIsAnAmountThatAnAccountCanHave(t *testing.T) {
	for text, ok := range map[string]bool{
		"100000": true, "0": true, "0.00000001": true, "99999999999.99999999": true,
		"100000000000": false, "0.000000001": false, "-1": false, "": false, "many": false, "1e99": false, "NaN": false,
	} {
		o := portfolio.DefaultOptions()
		o.OpeningDeposit = text
		if err := o.Validate(); (err == nil) != ok {
			t.Errorf("%q: %v", text, err)
		}
	}
}
