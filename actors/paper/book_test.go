package paper

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/govalues/decimal"
	"pgregory.net/rapid"

	"outcry/actors/ledger"
	"outcry/actors/market"
)

var sides = []ledger.Side{ledger.Buy, ledger.Sell}

// naive is a book that is easy to believe: a list, searched and sorted anew
// each time.
type naive []*order

// ended returns the orders that q ends, in the order in which they end.
func (n naive) ended(q quote) []*order {
	var ended []*order
	for _, side := range sides {
		of := slices.DeleteFunc(slices.Clone(n), func(o *order) bool { return o.side != side })
		slices.SortFunc(of, func(a, b *order) int {
			return cmp.Or(first(a.market, b.market), first(beats(a, b), beats(b, a)), a.placed.Compare(b.placed), cmp.Compare(a.arrival, b.arrival))
		})
		for _, o := range of {
			fillable := q.state == market.Live || q.state == market.Quiet
			buys := side == ledger.Buy && q.buy.IsPos() && q.buy.Cmp(o.limit) <= 0
			sells := side == ledger.Sell && q.sell.IsPos() && q.sell.Cmp(o.limit) >= 0
			if o.market || (fillable && (buys || sells)) {
				ended = append(ended, o)
			}
		}
	}
	return ended
}

// first is negative where a holds and b does not.
func first(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// beats reports whether the limit of a is worth more to the market than that of b.
func beats(a, b *order) bool {
	if a.market || b.market {
		return false
	}
	if a.side == ledger.Buy {
		return b.limit.Less(a.limit)
	}
	return a.limit.Less(b.limit)
}

func drawPrice(t *rapid.T, label string) decimal.Decimal {
	return decimal.MustNew(rapid.Int64Range(95, 105).Draw(t, label), rapid.IntRange(0, 1).Draw(t, label+" scale"))
}

func TestBookEndsTheOrdersThatANaiveModelEnds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b book
		var model naive
		var arrivals uint64
		forget := func(o *order) {
			b.remove(o)
			model = slices.DeleteFunc(model, func(other *order) bool { return other == o })
		}
		t.Repeat(map[string]func(*rapid.T){
			"insert": func(t *rapid.T) {
				arrivals++
				o := &order{
					side: rapid.SampledFrom(sides).Draw(t, "side"), market: rapid.IntRange(0, 9).Draw(t, "market") == 0,
					placed: time.Unix(rapid.Int64Range(0, 5).Draw(t, "placed"), 0), arrival: arrivals,
				}
				if !o.market {
					o.limit = drawPrice(t, "limit")
				}
				b.insert(o)
				model = append(model, o)
			},
			"remove": func(t *rapid.T) {
				if len(model) == 0 {
					t.Skip("empty")
				}
				forget(rapid.SampledFrom(model).Draw(t, "which"))
			},
			"quote": func(t *rapid.T) {
				q := quote{state: rapid.SampledFrom([]market.State{market.Live, market.Quiet, market.Stale, market.Halted}).Draw(t, "state")}
				if rapid.IntRange(0, 9).Draw(t, "known") > 0 {
					q.buy, q.sell = drawPrice(t, "ask"), drawPrice(t, "bid")
				}
				for i, want := range model.ended(q) {
					got := b.next(q)
					if got != want {
						t.Fatalf("at %+v, %d: ended %+v, want %+v", q, i, got, want)
					}
					if got.market != (got.limit == decimal.Decimal{}) {
						t.Fatalf("%+v", got)
					}
					forget(got)
				}
				if got := b.next(q); got != nil {
					t.Fatalf("at %+v: ended %+v, which should rest", q, got)
				}
			},
			"": func(t *rapid.T) {
				if got := len(b.buys) + len(b.sells); got != len(model) || b.isEmpty() != (got == 0) {
					t.Fatalf("%d orders in the book, want %d", got, len(model))
				}
				for _, s := range []side{b.buys, b.sells} {
					for i, o := range s {
						if o.position != i {
							t.Fatalf("order at %d believes it is at %d", i, o.position)
						}
					}
				}
			},
		})
	})
}

func TestQuoteReadsWhatAMarkKnows(t *testing.T) {
	price := decimal.MustParse
	now := time.Date(2026, 3, 2, 15, 0, 0, 0, time.UTC)
	fresh, old, older := now.Add(-time.Minute), now.Add(-61*time.Second), now.Add(-time.Hour)
	for _, test := range []struct {
		name      string
		mark      *market.Mark
		buy, sell string
		trades    string // which sides have a market
	}{
		{"nothing", nil, "0", "0", ""},
		{"last price only", &market.Mark{Price: price("10"), Time: older}, "10", "10", "both"},
		{"bid and ask", &market.Mark{Price: price("10"), Bid: price("9"), Ask: price("11"), Time: now, BidTime: now, AskTime: now}, "11", "9", "both"},
		{"ask only", &market.Mark{Price: price("10"), Ask: price("11"), Time: now, AskTime: now}, "11", "10", "both"},
		{"traded through the ask", &market.Mark{Price: price("12"), Bid: price("9"), Ask: price("11"), Time: now, BidTime: fresh, AskTime: fresh}, "12", "9", "both"},
		{"traded through the bid", &market.Mark{Price: price("8"), Bid: price("9"), Ask: price("11"), Time: now, BidTime: now, AskTime: now}, "11", "8", "both"},
		{"quoted below an older trade", &market.Mark{Price: price("12"), Bid: price("9"), Ask: price("11"), Time: fresh, BidTime: now, AskTime: now}, "11", "9", "both"},
		{"quoted above an older trade", &market.Mark{Price: price("8"), Bid: price("9"), Ask: price("11"), Time: fresh, BidTime: now, AskTime: now}, "11", "9", "both"},
		{"quoted and never traded", &market.Mark{Bid: price("9"), Ask: price("11"), BidTime: now, AskTime: now}, "11", "9", "both"},
		{"just young enough", &market.Mark{Price: price("10"), Bid: price("9"), Ask: price("11"), Time: now, BidTime: fresh, AskTime: fresh}, "11", "9", "both"},
		{"too old, traded since", &market.Mark{Price: price("10"), Bid: price("9"), Ask: price("11"), Time: now, BidTime: old, AskTime: old}, "10", "10", "both"},
		{"too old as the trade that came with it", &market.Mark{Price: price("10"), Bid: price("9"), Ask: price("11"), Time: old, BidTime: old, AskTime: old}, "10", "10", "both"},
		{"too old, not traded since", &market.Mark{Price: price("10"), Bid: price("9"), Ask: price("11"), Time: older, BidTime: old, AskTime: old}, "0", "0", ""},
		{"too old, never traded", &market.Mark{Bid: price("9"), Ask: price("11"), BidTime: old, AskTime: old}, "0", "0", ""},
		{"one side too old", &market.Mark{Price: price("10"), Bid: price("9"), Ask: price("11"), Time: older, BidTime: now, AskTime: old}, "0", "9", "sell"},
		{"no ask and no trade", &market.Mark{Bid: price("9"), BidTime: now}, "0", "9", "sell"},
		{"quiet", &market.Mark{Price: price("10"), State: market.Quiet}, "10", "10", "both"},
		{"stale", &market.Mark{Price: price("10"), State: market.Stale}, "10", "10", ""},
		{"halted", &market.Mark{Price: price("10"), State: market.Halted}, "10", "10", ""},
	} {
		q := quoteOf(test.mark, now, time.Minute)
		if !q.buy.Equal(price(test.buy)) || !q.sell.Equal(price(test.sell)) {
			t.Errorf("%s: %+v", test.name, q)
		}
		for side, want := range map[ledger.Side]bool{ledger.Buy: test.trades == "both", ledger.Sell: test.trades != ""} {
			if got := q.fillable(side); got != want {
				t.Errorf("%s: a %s is filled: %t", test.name, side, got)
			}
			if r := q.refusal("A", side); (r == nil) != want {
				t.Errorf("%s: refusal of a %s: %v", test.name, side, r)
			}
		}
	}
}

// The ask of before the open is no ask any more, however young it is.
func TestNoAskOfBeforeTheOpenIsTradedAt(t *testing.T) {
	now := time.Date(2026, 3, 2, 14, 30, 10, 0, time.UTC)
	opened := now.Add(-10 * time.Second)
	m := &market.Mark{
		Price: decimal.MustParse("10"), Bid: decimal.MustParse("9"), Ask: decimal.MustParse("11"), Received: now,
		Time: now, BidTime: now, AskTime: opened.Add(-time.Second),
	}
	q := quoteIn(m, market.Phase{Open: true, Opened: opened}, now, time.Minute)
	if q.waits || q.buy.String() != "10" || q.sell.String() != "9" {
		t.Errorf("%+v", q)
	}
}

// filled returns a book with n limit orders on each side of 100.
func filled(n int) *book {
	var b book
	for i := range n {
		away := decimal.MustNew(int64(1+i*7919%n), 4)
		below, _ := decimal.Hundred.Sub(away)
		above, _ := decimal.Hundred.Add(away)
		b.insert(&order{side: ledger.Buy, limit: below, arrival: uint64(i)})
		b.insert(&order{side: ledger.Sell, limit: above, arrival: uint64(i)})
	}
	return &b
}

func BenchmarkQuoteThatCrossesNothing(b *testing.B) {
	for _, n := range []int{10, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			book, q := filled(n), quoteOf(&market.Mark{Price: decimal.Hundred}, time.Time{}, time.Minute)
			b.ReportAllocs()
			for b.Loop() {
				if book.next(q) != nil {
					b.Fatal("an order ended")
				}
			}
		})
	}
}

func BenchmarkInsertAndRemoveAmong10000(b *testing.B) {
	book := filled(10_000)
	orders := make([]*order, 1024)
	for i := range orders {
		limit := decimal.MustNew(990_000+int64(i*7919%10_000), 4)
		orders[i] = &order{side: ledger.Buy, limit: limit, arrival: uint64(i)}
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		o := orders[i%len(orders)]
		book.insert(o)
		book.remove(o)
		i++
	}
}

func BenchmarkQuoteThatFills10000(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		book, q := filled(10_000), quoteOf(&market.Mark{Price: decimal.One}, time.Time{}, time.Minute)
		b.StartTimer()
		n := 0
		for o := book.next(q); o != nil; o = book.next(q) {
			book.remove(o)
			n++
		}
		if n != 10_000 {
			b.Fatalf("%d filled", n)
		}
	}
}
