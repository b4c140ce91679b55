package portfolio_test

import (
	"errors"
	"fmt"
	"testing"

	"outcry/actors/actortest"
	"outcry/actors/ledger"
	"outcry/actors/portfolio"
	"outcry/persistence"
)

// recorded returns the refusals in the journal.
func (r *rig) rejections() (recorded []ledger.OrderRejected) {
	r.t.Helper()
	for record, err := range r.Journal.Read(portfolio.StreamOf(ann), 0) {
		if err != nil {
			r.t.Fatal(err)
		}
		e, err := ledger.ParseEvent(record.Data)
		if err != nil {
			r.t.Fatal(err)
		}
		if rejected, is := e.(ledger.OrderRejected); is {
			recorded = append(recorded, rejected)
		}
	}
	return recorded
}

func TestRejectedOrderIsAnsweredTheSameAgainAlsoAfterARestart(t *testing.T) {
	journal := actortest.NewJournal(t)
	r := newRig(t, journal, nil)
	r.price("50")
	order := limitOrder("c1", "3000", "40")
	first := r.place(order)
	if first.Rejected == nil || first.Rejected.Code != ledger.CodeBuyingPower {
		t.Fatalf("%+v", first)
	}
	r.Stop()
	r = newRig(t, journal, func(o *actortest.Options) { o.Portfolio.OpeningDeposit = "1000000" })
	r.price("50")
	again := r.place(order)
	if again.Rejected == nil || *again.Rejected != *first.Rejected || again.OrderID != first.OrderID {
		t.Errorf("again %+v, want %+v", again.Rejected, first.Rejected)
	}
	recorded := r.rejections()
	if len(recorded) != 1 {
		t.Fatalf("%d refusals", len(recorded))
	}
	e := recorded[0]
	if e.OrderID == "" || e.ClientOrderID != "c1" || e.Symbol != "AAPL" || !e.Quantity.Equal(order.Quantity) || !e.LimitPrice.Equal(order.LimitPrice) ||
		e.Code != first.Rejected.Code || e.Reason != first.Rejected.Message || e.Time.IsZero() || e.Broker != "paper" {
		t.Errorf("%+v", e)
	}
	other := limitOrder("c1", "1", "40")
	c, reply := replyTo[portfolio.OrderOutcome]()
	other.Reply = reply
	r.tell(&other)
	var conflict *portfolio.IDConflict
	if _, err := await(t, c); !errors.As(err, &conflict) || conflict.Field != "quantity" {
		t.Errorf("another order under its id: %v", err)
	}
}

func TestRejectedOrdersOfADayAreRecordedUpToALimit(t *testing.T) {
	journal := actortest.NewJournal(t)
	few := func(o *actortest.Options) { o.Portfolio.RejectionsPerDay = 3 }
	r := newRig(t, journal, few)
	r.price("50")
	for i := range 20 {
		o := r.place(limitOrder(fmt.Sprint("c", i), "3000", "40"))
		if o.Rejected == nil || o.Rejected.Code != ledger.CodeBuyingPower {
			t.Fatalf("%d: %+v", i, o)
		}
	}
	if n := len(r.rejections()); n != 3 {
		t.Errorf("%d are recorded", n)
	}
	r.Stop()
	r = newRig(t, journal, few)
	r.price("50")
	if o := r.place(limitOrder("after", "3000", "40")); o.Rejected == nil {
		t.Errorf("%+v", o)
	}
	if n := len(r.rejections()); n != 3 {
		t.Errorf("%d are recorded after a restart", n)
	}
	if o := r.place(limitOrder("sound", "1", "40")); o.Rejected != nil {
		t.Errorf("%+v", o.Rejected)
	}
}

func TestSameOrderAtTheSameTimeIsRejectedOnce(t *testing.T) {
	r := newRig(t, nil, func(o *actortest.Options) { o.Portfolio.RejectionsPerDay = 1 })
	r.price("50")
	var replies []chan answer[portfolio.OrderOutcome]
	for range 5 {
		o := limitOrder("c1", "3000", "40")
		c, reply := replyTo[portfolio.OrderOutcome]()
		o.Reply = reply
		r.tell(&o)
		replies = append(replies, c)
	}
	for _, c := range replies {
		if o, err := await(t, c); err != nil || o.Rejected == nil || o.Rejected.Code != ledger.CodeBuyingPower {
			t.Errorf("%+v %v", o, err)
		}
	}
	if n := len(r.rejections()); n != 1 {
		t.Errorf("%d are recorded", n)
	}
}

func TestRejectionMakesNoNoticeAndNoGap(t *testing.T) {
	r := newRig(t, nil, nil)
	r.price("50")
	w := r.open()
	r.place(limitOrder("c1", "3000", "40"))
	r.record(bought("t1"))
	r.eventually("the notice", func() bool { return len(w.seen()) == 1 })
	if got := w.seen()[0]; got != "executed t1 @3" {
		t.Error(got)
	}
	back := &tab{}
	r.tell(&portfolio.Watch{Watcher: back, Resumed: true, After: portfolio.Offset{Version: 1}, Room: 1 << 20})
	r.eventually("what was missed", func() bool { return len(back.seen()) == 1 })
}

func TestRejectionThatCannotBeRecordedIsSafeToSendAgain(t *testing.T) {
	r := newRig(t, nil, nil)
	r.price("50")
	r.Journal.Fail(persistence.ErrUnavailable)
	o := limitOrder("c1", "3000", "40")
	c, reply := replyTo[portfolio.OrderOutcome]()
	o.Reply = reply
	r.tell(&o)
	if _, err := await(t, c); !errors.Is(err, persistence.ErrUnavailable) {
		t.Errorf("%v", err)
	}
	r.Journal.Fail(nil)
	if o := r.place(limitOrder("c1", "3000", "40")); o.Rejected == nil {
		t.Errorf("%+v", o)
	}
}
