package portfolio_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"outcry/actors/actortest"
	"outcry/actors/ledger"
	"outcry/actors/portfolio"
	"outcry/persistence"
)

// history is what a test asked of an account and was answered.
type history struct {
	r      *rig
	trades map[string][]chan answer[portfolio.TradeOutcome]
	orders []chan answer[portfolio.OrderOutcome]
}

func (h *history) place() {
	c, reply := replyTo[portfolio.OrderOutcome]()
	order := limitOrder("", "1", "45")
	order.Reply = reply
	h.r.tell(&order)
	h.orders = append(h.orders, c)
}

// check compares all answers and notices with the stream.
func (h *history) check(rt *rapid.T, w *tab) {
	at, placed := map[string]uint64{}, map[string]bool{}
	var notices []string
	for record, err := range h.r.Journal.Read(portfolio.StreamOf(ann), 0) {
		if err != nil {
			rt.Fatal(err)
		}
		if record.Key != "" && at[record.Key] > 0 {
			rt.Errorf("%s is there twice", record.Key)
		}
		at[record.Key] = record.Version
		event, err := ledger.ParseEvent(record.Data)
		if err != nil {
			rt.Fatal(err)
		}
		switch e := event.(type) {
		case ledger.OrderPlaced:
			placed[e.OrderID] = true
		case ledger.OrderFilled:
			notices = append(notices, fmt.Sprintf("executed %s @%d", e.TradeID, record.Version))
		}
	}
	for id, answers := range h.trades {
		fresh := 0
		for _, c := range answers {
			outcome, err := await(h.r.t, c)
			if err != nil || outcome.Version != at["trade/"+id] {
				rt.Errorf("trade %s: %+v, %v; it stands at %d", id, outcome, err, at["trade/"+id])
			}
			if err == nil && !outcome.Duplicate {
				fresh++
			}
		}
		if fresh > 1 {
			rt.Errorf("trade %s was new %d times", id, fresh)
		}
	}
	for _, c := range h.orders {
		outcome, err := await(h.r.t, c)
		if err != nil || !placed[outcome.OrderID] {
			rt.Errorf("order %+v, %v; placed are %v", outcome, err, placed)
		}
		delete(placed, outcome.OrderID)
	}
	if len(placed) > 0 {
		rt.Errorf("orders %v were placed and not answered", placed)
	}
	h.r.eventually("the notices", func() bool { return len(w.seen()) >= len(notices) })
	if diff := cmp.Diff(notices, w.seen()); diff != "" {
		rt.Error(diff)
	}
}

// Whatever becomes of appends and whoever else writes the stream: each answer says
// what is in the journal, each browser is told of it once, and the account is what
// its events fold to.
func TestWhateverBecomesOfAppendsAnswersAreTrue(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		journal := actortest.NewJournal(t)
		r := newRig(t, journal, nil)
		r.price("50")
		w := r.open()
		r.record(bought("first")) // with the opening deposit, without which an order is rejected
		h := &history{r: r, trades: map[string][]chan answer[portfolio.TradeOutcome]{}}
		foreigners := 0
		for range rapid.IntRange(1, 30).Draw(rt, "steps") {
			switch rapid.IntRange(0, 9).Draw(rt, "step") {
			case 0:
				journal.LoseOutcome(rapid.Bool().Draw(rt, "happens"), errBroke)
			case 1:
				foreigners++
				r.writeElsewhere(foreign(fmt.Sprint("f", foreigners)))
			case 2: // what an executor sends to both engines
				id := fmt.Sprint("t", rapid.IntRange(0, 9).Draw(rt, "trade"))
				err := journal.AppendAtHead(portfolio.StreamOf(ann), persistence.Unchanged, foreign(id))
				if duplicate := new(persistence.DuplicateError); err != nil && !errors.As(err, &duplicate) {
					rt.Fatal(err)
				}
			case 3:
				h.place()
			case 4:
				journal.Hold()
			case 5:
				journal.Release()
			case 6:
				r.view()
			default:
				id := fmt.Sprint("t", rapid.IntRange(0, 9).Draw(rt, "trade"))
				h.trades[id] = append(h.trades[id], r.begin(bought(id)))
			}
		}
		journal.Release()
		for _, answers := range h.trades {
			for _, c := range answers {
				r.eventually("an answer", func() bool { return len(c) > 0 })
			}
		}
		for _, c := range h.orders {
			r.eventually("an answer", func() bool { return len(c) > 0 })
		}
		journal.LoseOutcome(false, errBroke) // if one is left to be lost
		r.record(bought("last"))             // with it all that others wrote is read
		h.check(rt, w)
		r.neverFailed()
		before := r.view()
		r.Stop()
		again := newRig(t, journal, nil)
		after := again.view()
		before.Time, after.Time = time.Time{}, time.Time{}
		if b, a := summary(before), summary(after); b != a {
			rt.Errorf("loaded again it is %s, it was %s", a, b)
		}
		again.Stop()
	})
}

func summary(a portfolio.Account) string {
	ids := make([]string, len(a.Orders))
	for i, o := range a.Orders {
		ids[i] = o.OrderID
	}
	v := &a.Valuation
	return fmt.Sprintf("at %d, cash %s, %d trades, open %s", a.Version, v.Cash, v.Trades, strings.Join(ids, " "))
}
