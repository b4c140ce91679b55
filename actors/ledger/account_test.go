package ledger

import (
	"testing"
	"time"
)

func TestDepositsAndWithdrawalsMoveCash(t *testing.T) {
	b := newBook(t, "100.25")
	b.apply(Withdrawn{Amount: d("150"), Time: b.tick()})
	b.apply(Deposited{Amount: d("0.00000001"), Time: b.tick()})
	if want := d("-49.74999999"); b.Cash.Cmp(want) != 0 || b.NetDeposits.Cmp(want) != 0 {
		t.Fatalf("cash %s, deposits %s, want %s", b.Cash, b.NetDeposits, want)
	}
}

func TestPositionsAreKeptBySymbol(t *testing.T) {
	b := newBook(t, "1000")
	b.fill("buy 1 M @ 1", "buy 1 Z @ 1", "buy 1 A @ 1", "buy 1 MM @ 1", "sell 1 M @ 1")
	var symbols string
	for _, p := range b.Positions {
		symbols += p.Symbol + " "
	}
	if symbols != "A MM Z " {
		t.Fatal(symbols)
	}
	if _, found := b.Position("M"); found {
		t.Error("a closed position is there")
	}
	if p, found := b.Position("MM"); !found || p.Symbol != "MM" {
		t.Error("an open position is not there")
	}
}

func TestCloneSharesNothing(t *testing.T) {
	b := newBookOn(t, 2, "100000")
	b.fill("buy 1 A @ 1", "buy 1 B @ 1", "buy 1 C @ 1", "buy 1 D @ 1", "buy 1 E @ 1")
	b.place("1", "buy 5 A")
	b.place("2", "buy 5 B")
	b.at(3, 10, 0)
	b.fill("sell 1 A @ 2", "sell 1 B @ 2", "sell 1 C @ 2") // leaves room behind what left
	clone := &book{Account: b.Clone(), t: t, days: b.days, now: b.now}
	same(t, b.Account, clone.Account)
	b.fill("sell 1 D @ 3")
	before := string(AppendAccount(nil, b.Account))
	clone.fill("buy 4 D @ 4", "sell 1 E @ 3", "buy 1 A @ 5", "buy 2 A @ 1 order 1", "buy 5 B @ 1 order 2")
	if after := string(AppendAccount(nil, b.Account)); after != before {
		t.Fatalf("%s\nwas %s", after, before)
	}
}

func TestAccountIsTheSameHoweverFinelyEventsWereTimed(t *testing.T) {
	fine := time.Now() // has nanoseconds, a zone and a reading of the monotonic clock
	live, read := new(Account), new(Account)
	for _, e := range []Event{
		Deposited{Amount: d("100"), Time: fine},
		OrderPlaced{OrderID: "1", Symbol: "A", Quantity: d("2"), Time: fine},
		OrderFilled{OrderID: "1", Symbol: "A", Quantity: d("1"), Price: d("3"), Time: fine},
	} {
		if err := live.Apply(e, newYork.calendar()); err != nil {
			t.Fatal(err)
		}
		parsed, err := ParseEvent(AppendEvent(nil, e))
		if err != nil {
			t.Fatal(err)
		}
		if err := read.Apply(parsed, newYork.calendar()); err != nil {
			t.Fatal(err)
		}
	}
	same(t, live, read)
}
