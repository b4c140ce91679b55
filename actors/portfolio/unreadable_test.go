package portfolio_test

import (
	"bytes"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"outcry/actors/actortest"
	"outcry/actors/portfolio"
	"outcry/persistence"
)

// outwait moves the clock until there is an answer: the doubt may begin at any time.
func outwait[T any](r *rig, clock *actortest.Clock, c chan answer[T]) error {
	r.t.Helper()
	r.eventually("an answer", func() bool {
		clock.Advance(time.Second)
		return len(c) > 0
	})
	_, err := await(r.t, c)
	return err
}

func TestAStreamThatCannotBeReadKeepsAnOutcomeUnknownForABoundedTime(t *testing.T) {
	bothWays(t, func(t *testing.T, happens bool) {
		clock := actortest.NewClock(noon)
		r := newRig(t, nil, func(o *actortest.Options) { o.Now = clock.Now })
		r.record(bought("t1"))
		r.Journal.FailReads(errors.New("the disk is away"))
		r.Journal.LoseOutcome(happens, errBroke)
		first := r.begin(bought("t2"))
		if v := r.view(); v.Version != 2 || len(first) != 0 {
			t.Errorf("at version %d, answered %t", v.Version, len(first) != 0)
		}
		err := outwait(r, clock, first)
		if !errors.Is(err, persistence.ErrUnknown) || !strings.Contains(err.Error(), "the disk is away") {
			t.Errorf("error %v, want ErrUnknown", err)
		}
		err = outwait(r, clock, r.begin(bought("t3")))
		if !errors.Is(err, persistence.ErrUnavailable) || errors.Is(err, persistence.ErrUnknown) {
			t.Errorf("one that was not appended: %v, want ErrUnavailable alone", err)
		}
		r.Journal.FailReads(nil)
		if got, want := r.record(bought("t2")), (portfolio.TradeOutcome{Version: 3, Duplicate: happens}); got != want {
			t.Errorf("sent again: %+v, want %+v", got, want)
		}
		r.mustStore("opening", "trade/t1", "trade/t2")
		if s := r.Portfolios.Stats(); s.Pending != 0 {
			t.Errorf("%d are pending", s.Pending)
		}
		r.neverFailed()
	})
}

// What the broker did, and an order that was placed after all, outlast it.
func TestExecutionsOutlastAStreamThatCannotBeRead(t *testing.T) {
	bothWays(t, func(t *testing.T, happens bool) {
		clock := actortest.NewClock(noon)
		r := newRig(t, nil, func(o *actortest.Options) { o.Now = clock.Now })
		r.price("50")
		r.place(limitOrder("c1", "10", "45"))
		w := r.open()
		r.Journal.FailReads(errors.New("the disk is away"))
		r.Journal.LoseOutcome(happens, errBroke)
		var appended atomic.Bool
		r.Journal.BeforeAppends(func(persistence.Append) { appended.Store(true) })
		r.price("44")
		r.eventually("the fill to be appended", appended.Load) // or else the trade joins it
		if err := outwait(r, clock, r.begin(bought("t1"))); !errors.Is(err, persistence.ErrUnavailable) {
			t.Errorf("error %v", err)
		}
		r.Journal.FailReads(nil)
		r.eventually("the notice", func() bool { return len(w.seen()) == 1 })

		r.price("50")
		r.Journal.FailReads(errors.New("the disk is away"))
		r.Journal.LoseOutcome(happens, errBroke)
		c, reply := replyTo[portfolio.OrderOutcome]()
		order := limitOrder("", "10", "45")
		order.Reply = reply
		r.tell(&order)
		if err := outwait(r, clock, c); !errors.Is(err, persistence.ErrUnknown) {
			t.Errorf("error %v, want ErrUnknown", err)
		}
		r.Journal.FailReads(nil)
		resting := int64(0)
		if happens {
			resting = 1
		}
		r.eventually("the order", func() bool {
			return int64(len(r.view().Orders)) == resting && r.Broker.Stats().Resting == resting
		})
		if v := r.view(); v.Version != uint64(3+resting) || v.Valuation.Trades != 1 {
			t.Errorf("%+v", v)
		}
		r.neverFailed()
	})
}

func TestClosingDoesNotWaitForAStreamThatCannotBeRead(t *testing.T) {
	bothWays(t, func(t *testing.T, happens bool) {
		journal := actortest.NewJournal(t)
		r := newRig(t, journal, nil)
		r.record(bought("t1"))
		journal.FailReads(errors.New("the disk is away"))
		journal.LoseOutcome(happens, errBroke)
		outcome := r.begin(bought("t2"))
		r.view()
		r.Stop()
		if _, err := await(t, outcome); !errors.Is(err, persistence.ErrUnknown) {
			t.Errorf("error %v, want ErrUnknown", err)
		}
		journal.FailReads(nil)
		r = newRig(t, journal, nil)
		if got, want := r.record(bought("t2")), (portfolio.TradeOutcome{Version: 3, Duplicate: happens}); got != want {
			t.Errorf("after a restart: %+v, want %+v", got, want)
		}
	})
}

// What another engine wrote in the place of a trade that did not reach the disk is
// not taken for it.
func TestAnotherEnginesTradeIsNotTakenForOneWhoseOutcomeIsUnknown(t *testing.T) {
	r := newRig(t, nil, nil)
	r.record(bought("t1"))
	r.Journal.FailReads(errors.New("the disk is away"))
	r.Journal.LoseOutcome(false, errBroke)
	answered := r.begin(bought("t2"))
	r.eventually("the append to fail", func() bool { return !r.Journal.LosesOutcome() })
	r.writeElsewhere(foreign("f1"))
	r.Journal.FailReads(nil)
	if got, err := await(t, answered); err != nil || got != (portfolio.TradeOutcome{Version: 4}) {
		t.Errorf("%+v %v", got, err)
	}
	r.mustStore("opening", "trade/t1", "trade/f1", "trade/t2")
}

// A journal elsewhere may report a commit as failed that is still on its way.
func TestAnOrderWithoutAKeyThatIsWrittenLateIsPlacedOnce(t *testing.T) {
	r := newRig(t, nil, nil)
	r.price("50")
	r.record(bought("t1"))
	var late []persistence.Event
	r.Journal.BeforeAppends(func(a persistence.Append) {
		if late == nil {
			late = append(late, persistence.Event{Data: bytes.Clone(a.Events[0].Data)})
			r.Journal.LoseOutcome(false, errBroke)
			return
		}
		r.Journal.BeforeAppends(nil)
		r.writeElsewhere(late...)
	})
	placed := r.place(limitOrder("", "10", "45"))
	if v := r.view(); len(v.Orders) != 1 || v.Orders[0].OrderID != placed.OrderID || v.Version != 3 {
		t.Errorf("%+v, and open are %+v", placed, v.Orders)
	}
	r.eventually("the order to rest", func() bool { return r.Broker.Stats().Resting == 1 })
}
