package portfolio

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/govalues/decimal"
	"pgregory.net/rapid"

	"outcry/actors/ledger"
)

// reader is what a client knows that merges deltas.
type reader struct {
	base      uint64
	positions map[string]ledger.PositionValue
	orders    map[string]ledger.Order
}

func (p *reader) takeAll(a *Account) {
	p.positions, p.orders = map[string]ledger.PositionValue{}, map[string]ledger.Order{}
	p.take(&Delta{Positions: a.Valuation.Positions, Orders: a.Orders})
}

func (p *reader) take(d *Delta) {
	for _, symbol := range d.GonePositions {
		delete(p.positions, symbol)
	}
	for _, id := range d.GoneOrders {
		delete(p.orders, id)
	}
	for _, position := range d.Positions {
		p.positions[position.Symbol] = position
	}
	for _, order := range d.Orders {
		p.orders[order.OrderID] = order
	}
}

var compared = cmp.Comparer(func(a, b decimal.Decimal) bool { return a == b })

// TestDeltasMakeTheWholeAccount: pages that take every, some or no valuations agree with
// the account, and are sent nothing that they have.
func TestDeltasMakeTheWholeAccount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, account, pages := &changes{}, &Account{}, make([]reader, 3)
		for range rapid.IntRange(1, 40).Draw(t, "valuations") {
			changeAccount(t, account)
			oldest := uint64(1 << 63)
			for i := range pages {
				if pages[i].base > 0 {
					oldest = min(oldest, pages[i].base)
				}
			}
			c.note(account, oldest)
			for i := range pages {
				p := &pages[i]
				if !rapid.Bool().Draw(t, fmt.Sprint("page ", i, " reads")) {
					continue
				}
				if !c.knows(p.base) {
					p.takeAll(account)
				} else {
					d := c.delta(p.base, account.Orders)
					for _, position := range d.Positions {
						if p.positions[position.Symbol] == position && !slices.Contains(d.GonePositions, position.Symbol) && c.number == p.base+1 {
							t.Errorf("%s is sent again", position.Symbol)
						}
					}
					p.take(d)
				}
				p.base = c.number
				var want reader
				want.takeAll(account)
				if diff := cmp.Diff(want.positions, p.positions, compared) + cmp.Diff(want.orders, p.orders, compared); diff != "" {
					t.Fatalf("page %d at %d: %s", i, c.number, diff)
				}
			}
		}
	})
}

// changeAccount opens, changes and closes positions and orders by chance.
func changeAccount(t *rapid.T, a *Account) {
	var positions []ledger.PositionValue
	for _, symbol := range []string{"A", "B", "C", "D"} {
		if quantity := rapid.Int64Range(0, 2).Draw(t, symbol); quantity > 0 {
			positions = append(positions, ledger.PositionValue{Symbol: symbol, Quantity: decimal.MustNew(quantity, 0)})
		}
	}
	a.Valuation.Positions = positions
	a.Orders = slices.DeleteFunc(slices.Clone(a.Orders), func(ledger.Order) bool { return rapid.Bool().Draw(t, "ends") })
	for i := range a.Orders {
		if rapid.Bool().Draw(t, "fills") {
			a.Orders[i].Filled = decimal.MustNew(rapid.Int64Range(1, 9).Draw(t, "filled"), 0)
		}
	}
	for range rapid.IntRange(0, 2).Draw(t, "placed") {
		a.Orders = append(a.Orders, ledger.Order{OrderPlaced: ledger.OrderPlaced{OrderID: rapid.StringMatching(`[a-e]`).Draw(t, "id")}})
	}
	seen := map[string]bool{} // ids are unique among the open
	a.Orders = slices.DeleteFunc(a.Orders, func(o ledger.Order) bool {
		again := seen[o.OrderID]
		seen[o.OrderID] = true
		return again
	})
}

func TestSessionThatNeverReadsGetsTheWholeAccountAndCostsAFixedAmount(t *testing.T) {
	c := &changes{}
	c.note(&Account{}, 1)
	for i := range 5 * maxGone {
		a := &Account{Orders: []ledger.Order{{OrderPlaced: ledger.OrderPlaced{OrderID: fmt.Sprint(i)}}}}
		c.note(a, 1)
	}
	if c.knows(1) || len(c.gone) > maxGone || len(c.orders) != 1 {
		t.Errorf("%d are remembered of what went, %d orders, and it is still told", len(c.gone), len(c.orders))
	}
	if !c.knows(c.number) {
		t.Error("one that reads everything gets no delta any more")
	}
}

// TestBudgetHoldsItsRate over any time, but for what may come at once and one message.
func TestBudgetHoldsItsRate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.IntRange(1024, 1<<20).Draw(t, "rate")
		largest := rapid.IntRange(1, 1<<20).Draw(t, "largest")
		began := time.Unix(1_700_000_000, 0)
		var b budget
		now, sent := began, 0
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 1000).Draw(t, "ms")) * time.Millisecond)
			if b.open(rate, now) {
				n := rapid.IntRange(1, largest).Draw(t, "bytes")
				b.bytes -= float64(n)
				sent += n
			}
			if most := float64(rate)*now.Sub(began).Seconds() + float64(rate)/2 + float64(largest); float64(sent) > most+1 {
				t.Fatalf("%d bytes in %s at %d a second", sent, now.Sub(began), rate)
			}
		}
		later := now.Add(time.Duration(float64(largest)/float64(rate)*float64(time.Second)) + 2*time.Second)
		if !b.open(rate, later) && sent < 2*largest {
			t.Fatal("it never opens again")
		}
		if !b.open(0, now) {
			t.Fatal("closed without a limit")
		}
	})
}
