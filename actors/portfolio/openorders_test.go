package portfolio_test

import (
	"errors"
	"slices"
	"testing"

	"outcry/actors/actortest"
	"outcry/actors/ledger"
	"outcry/actors/portfolio"
	"outcry/persistence"
	"outcry/persistence/memjournal"
)

// marked reports whether ann's stream has an open mark.
func marked(t *testing.T, journal *memjournal.Journal) bool {
	t.Helper()
	open := false
	for name, err := range journal.OpenStreams() {
		if err != nil {
			t.Fatal(err)
		}
		open = open || name == portfolio.StreamOf(ann)
	}
	return open
}

// listed reports whether a document of an earlier version names ann.
func listed(t *testing.T, journal *memjournal.Journal) bool {
	t.Helper()
	_, err := journal.Get("orders/" + ann)
	if err != nil && !errors.Is(err, persistence.ErrNotFound) {
		t.Fatal(err)
	}
	return err == nil
}

// list writes what an earlier version wrote of an account with open orders.
func list(t *testing.T, journal *memjournal.Journal) {
	t.Helper()
	done := make(chan error, 1)
	journal.Put([]persistence.Document{{Key: "orders/" + ann, Value: []byte("open")}}, func(err error) { done <- err })
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// opening is the deposit that an account of another engine begins with.
func opening() persistence.Event {
	deposit := ledger.Deposited{Amount: amount("5000"), Note: portfolio.OpeningNote, Time: noon}
	return persistence.Event{Key: "opening", Data: ledger.AppendEvent(nil, deposit)}
}

// changes collects the changes of marks that appends ask for.
func changes(journal *memjournal.Journal) *[]persistence.OpenChange {
	var all []persistence.OpenChange
	journal.BeforeAppends(func(a persistence.Append) { all = append(all, a.Open) })
	return &all
}

func TestTheOpenMarkFollowsTheOrders(t *testing.T) {
	r := newRig(t, nil, nil)
	asked := changes(r.Journal)
	r.price("50")
	r.record(bought("t1"))
	first := r.place(limitOrder("c1", "1", "45"))
	second := r.place(limitOrder("c2", "1", "45"))
	if !marked(t, r.Journal) {
		t.Error("not marked with an open order")
	}
	r.cancel(first.OrderID)
	if !marked(t, r.Journal) {
		t.Error("not marked with one of two orders left")
	}
	r.cancel(second.OrderID)
	r.record(bought("t2"))
	if marked(t, r.Journal) {
		t.Error("marked without an open order")
	}
	r.Stop()
	want := []persistence.OpenChange{persistence.Unchanged, persistence.Opened, persistence.Unchanged,
		persistence.Unchanged, persistence.Closed, persistence.Unchanged}
	if !slices.Equal(*asked, want) {
		t.Errorf("changes %v, want %v", *asked, want)
	}
	if listed(t, r.Journal) {
		t.Error("a document was written")
	}
}

func TestAMarkWithoutAnOpenOrderIsClearedByTheNextAppend(t *testing.T) {
	journal := actortest.NewJournal(t)
	if err := journal.AppendAtHead(portfolio.StreamOf(ann), persistence.Opened, opening()); err != nil {
		t.Fatal(err)
	}
	r := newRig(t, journal, nil)
	r.eventually("the account to wake", func() bool { return r.Portfolios.Stats().Loads == 1 })
	r.view()
	r.record(bought("t1"))
	if marked(t, journal) {
		t.Error("still marked")
	}
}

// placedBefore is a journal as an earlier version left it, with a limit order open
// or filled since.
func placedBefore(t *testing.T, filled bool) *memjournal.Journal {
	t.Helper()
	journal := actortest.NewJournal(t)
	events := []persistence.Event{
		opening(), {Key: "order/c1", Data: ledger.AppendEvent(nil, foreignOrder("c1", "10"))},
	}
	if filled {
		fill := ledger.OrderFilled{
			TradeID: "f-1-1", OrderID: "f-1", Symbol: "AAPL", Side: ledger.Buy,
			Quantity: amount("10"), Price: amount("45"), Time: noon,
		}
		events = append(events, persistence.Event{Key: "trade/f-1-1", Data: ledger.AppendEvent(nil, fill)})
	}
	if err := journal.AppendAtHead(portfolio.StreamOf(ann), persistence.Unchanged, events...); err != nil {
		t.Fatal(err)
	}
	list(t, journal)
	return journal
}

func TestOrdersOfAnEarlierVersionAreFoundAndTheirAccountMarked(t *testing.T) {
	journal := placedBefore(t, false)
	for range 2 { // until something is appended the document stays
		r := newRig(t, journal, nil)
		r.eventually("the order to rest", func() bool { return r.Broker.Stats().Resting == 1 })
		r.view()
		if !listed(t, journal) || marked(t, journal) {
			t.Error("nothing was appended, and yet it was changed")
		}
		r.Stop()
	}
	r := newRig(t, journal, nil)
	r.eventually("the order to rest", func() bool { return r.Broker.Stats().Resting == 1 })
	r.record(bought("t1"))
	if !marked(t, journal) {
		t.Error("not marked")
	}
	r.eventually("the document to go", func() bool { return !listed(t, journal) })
	r.Stop()

	r = newRig(t, journal, nil)
	r.eventually("the order to rest", func() bool { return r.Broker.Stats().Resting == 1 })
	r.price("44")
	r.eventually("the fill", func() bool { return r.view().Valuation.Trades == 2 })
	if marked(t, journal) {
		t.Error("still marked")
	}
}

func TestADocumentOfAnEarlierVersionWithoutAnOpenOrderGoes(t *testing.T) {
	journal := placedBefore(t, true)
	r := newRig(t, journal, nil)
	r.eventually("the document to go", func() bool { return !listed(t, journal) })
	if v := r.view(); v.Version != 3 {
		t.Errorf("version %d", v.Version)
	}
}

// A list that cannot be read is read again.
func TestOpenOrdersAreFoundOnceTheirListCanBeRead(t *testing.T) {
	journal := actortest.NewJournal(t)
	r := newRig(t, journal, nil)
	r.price("50")
	r.place(limitOrder("c1", "10", "45"))
	r.Stop()
	journal.FailReads(errors.New("the disk is away"))
	r = newRig(t, journal, nil)
	journal.FailReads(nil)
	r.eventually("the order to rest", func() bool { return r.Broker.Stats().Resting == 1 })
}
