package ledger

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/govalues/decimal"

	"outcry/actors/market"
)

// tenPositions is an account as dashboards show it, on its second day.
func tenPositions(t testing.TB) *book {
	b := newBookOn(t, 2, "1000000")
	for i := range 10 {
		side := "buy"
		if i%3 == 2 {
			side = "sell"
		}
		b.fill(fmt.Sprintf("%s %d.%d SYM%d @ %d.%02d fee 1.25", side, 10+i, i, i, 50+17*i, 3*i))
	}
	b.at(3, 10, 0)
	b.fill("buy 3 SYM4 @ 121.37", "sell 1.5 SYM5 @ 134.02")
	return b
}

func tenMarks(at time.Time) Marks {
	marks := map[string]market.Mark{}
	for i := range 10 {
		price := decimal.MustNew(int64(5127+1709*i), 2)
		marks[fmt.Sprintf("SYM%d", i)] = market.Mark{Price: price, PreviousClose: decimal.MustNew(int64(5100+1700*i), 2), Time: at}
	}
	return func(symbol string) (market.Mark, bool) { m, ok := marks[symbol]; return m, ok }
}

// swings are fills that add to a position and close a part of it, in turns, so
// that an account takes any number of them.
func swings(b *book) [2]OrderFilled {
	return [2]OrderFilled{b.fillOf("buy 0.7 SYM4 @ 121.41 fee 0.35"), b.fillOf("sell 0.7 SYM4 @ 121.44 fee 0.35")}
}

func BenchmarkApplyFill(b *testing.B) {
	book := tenPositions(b)
	fills := swings(book)
	events := [2]Event{fills[0], fills[1]}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if err := book.Apply(events[i&1], book.days); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFillAndApply(b *testing.B) {
	book := tenPositions(b)
	fills := swings(book)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		f, err := book.Fill(fills[i&1])
		if err == nil {
			err = book.Apply(f, book.days)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}

var cloned *Account

func BenchmarkClone(b *testing.B) {
	book := tenPositions(b)
	b.ReportAllocs()
	for b.Loop() {
		cloned = book.Clone()
	}
}

func BenchmarkValue(b *testing.B) {
	book, v := tenPositions(b), new(Valuation)
	marks := tenMarks(book.now)
	b.ReportAllocs()
	for b.Loop() {
		book.Value(marks, book.now, book.days, v)
	}
}

func BenchmarkValueOnTheNextDay(b *testing.B) {
	book, v := tenPositions(b), new(Valuation)
	now := book.now.AddDate(0, 0, 1)
	marks := tenMarks(now)
	b.ReportAllocs()
	for b.Loop() {
		book.Value(marks, now, book.days, v)
	}
}

func BenchmarkCheckOrder(b *testing.B) {
	book := tenPositions(b)
	for i := range 10 {
		book.place(fmt.Sprint(i), fmt.Sprintf("sell 1 SYM%d limit 100", i))
	}
	marks, o := tenMarks(book.now), book.orderOf("new", "buy 3 SYM4")
	b.ReportAllocs()
	for b.Loop() {
		if r := book.CheckOrder(o, decimal.Hundred, decimal.One, marks); r != nil {
			b.Fatal(r)
		}
	}
}

// closingFill is an event with every field there is.
func closingFill(t testing.TB) OrderFilled {
	b := tenPositions(t)
	f := b.fillOf("sell 17.4 SYM4 @ 122.5 fee 1.25 order 0191f5a3-7c1e-7d4a-b1f0-5b6e3c2d1a00")
	f.TradeID, f.Broker = "0191f5a3-7c1e-7d4a-b1f0-5b6e3c2d1a00-1", "paper"
	f, err := b.Fill(f)
	if err != nil || f.Closed == nil {
		t.Fatal(f, err)
	}
	return f
}

func BenchmarkAppendEvent(b *testing.B) {
	var e Event = closingFill(b)
	dst := AppendEvent(nil, e)
	b.ReportAllocs()
	b.SetBytes(int64(len(dst)))
	for b.Loop() {
		dst = AppendEvent(dst[:0], e)
	}
}

func BenchmarkParseEvent(b *testing.B) {
	f := closingFill(b)
	opening := f
	opening.Closed, opening.Closing, opening.Realised = nil, false, decimal.Zero
	for name, e := range map[string]Event{"opening": opening, "closing": f} {
		b.Run(name, func(b *testing.B) {
			text := AppendEvent(nil, e)
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if _, err := ParseEvent(text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkAppendAccount(b *testing.B) {
	book := tenPositions(b)
	dst := AppendAccount(nil, book.Account)
	b.ReportAllocs()
	b.SetBytes(int64(len(dst)))
	for b.Loop() {
		dst = AppendAccount(dst[:0], book.Account)
	}
}

func BenchmarkParseAccount(b *testing.B) {
	text := AppendAccount(nil, tenPositions(b).Account)
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := ParseAccount(text); err != nil {
			b.Fatal(err)
		}
	}
}

// TestAccountIsSmall measures what an account of ten positions keeps, since
// thousands of them are in memory.
func TestAccountIsSmall(t *testing.T) {
	text := AppendAccount(nil, tenPositions(t).Account)
	accounts := make([]*Account, 1000)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range accounts {
		a, err := ParseAccount(text)
		if err != nil {
			t.Fatal(err)
		}
		accounts[i] = a
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	bytes := (int64(after.HeapAlloc) - int64(before.HeapAlloc)) / int64(len(accounts))
	runtime.KeepAlive(accounts)
	t.Logf("an account of 10 positions has %d bytes, its checkpoint %d", bytes, len(text))
	if bytes > 3600 {
		t.Error("that is too much")
	}
}

func TestWhatRunsOftenDoesNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector empties the pool of large numbers at random")
	}
	b := tenPositions(t)
	var e Event = closingFill(t)
	v, marks, buffer := new(Valuation), tenMarks(b.now), make([]byte, 0, 1024)
	fills := swings(b)
	events := [2]Event{fills[0], fills[1]}
	for name, run := range map[string]func(){
		"Value":       func() { b.Value(marks, b.now, b.days, v) },
		"AppendEvent": func() { AppendEvent(buffer, e) },
		"Apply": func() {
			b.apply(events[0])
			b.apply(events[1])
		},
	} {
		run()
		if n := testing.AllocsPerRun(100, run); n > 0 {
			t.Errorf("%s allocates %.1f times", name, n)
		}
	}
}
