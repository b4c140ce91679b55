package wire

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/govalues/decimal"
	"pgregory.net/rapid"

	"outcry/actors/conflation"
	"outcry/actors/market"
	"outcry/actors/session"
)

// payload takes the one text frame that b must be apart.
func payload(t testing.TB, b []byte) string {
	t.Helper()
	if len(b) < 2 || b[0] != 0x81 {
		t.Fatalf("not a text frame: % x", b[:min(len(b), 8)])
	}
	n, head := int(b[1]), 2
	if n == 126 {
		n, head = int(b[2])<<8|int(b[3]), 4
	}
	if len(b) != head+n {
		t.Fatalf("the header says %d bytes, %d follow", n, len(b)-head)
	}
	return string(b[head:])
}

// event decodes an event packet into its name and its first argument.
func event(t testing.TB, b []byte) (name string, argument any) {
	t.Helper()
	p := payload(t, b)
	if !strings.HasPrefix(p, "42") {
		t.Fatalf("not an event: %s", p)
	}
	var parts []any
	if err := json.Unmarshal([]byte(p[2:]), &parts); err != nil {
		t.Fatalf("%v in %s", err, p)
	}
	if len(parts) != 2 {
		t.Fatalf("%d arguments", len(parts)-1)
	}
	return parts[0].(string), parts[1]
}

func frameOf(q *market.Quote, state market.State) *conflation.Frame {
	f := &conflation.Frame{Ticks: q.Ticks}
	f.Bytes = Encoder{}.AppendQuote(nil, q, state, &f.Marks)
	return f
}

func sampleQuote() *market.Quote {
	days, err := market.NewCalendar("00:00", "UTC")
	if err != nil {
		panic(err)
	}
	now := time.UnixMilli(1_790_000_000_000)
	q := &market.Quote{}
	d := decimal.MustParse
	q.Apply(market.Tick{Symbol: "AAPL", Price: d("100"), Size: d("10"), Time: now.Add(-24 * time.Hour)}, now, days)
	q.Apply(market.Tick{Symbol: "AAPL", Price: d("101.50"), Size: d("300"), Bid: d("101.49"), Time: now}, now, days)
	q.Apply(market.Tick{Symbol: "AAPL", Price: d("99.25"), Size: d("50"), Ask: d("99.30"), AskSize: d("7"), Time: now.Add(time.Second)}, now, days)
	return q
}

func TestQuoteHasTheFieldsOfTheContract(t *testing.T) {
	f := frameOf(sampleQuote(), market.Live)
	flat := map[string]any{
		"price": 99.25, "change": -0.75, "changePercent": -0.75, "volume": 350.0, "timestamp": 1.790000001e12,
		"quoteTime": 1.79e12, "askSize": 7.0, "bid": 101.49, "ask": 99.3, "high": 101.5, "low": 99.25, "open": 101.5, "previousClose": 100.0,
		"merged": 3.0, "state": "live", "age": 42.0,
	}
	want := map[string]any{"symbol": "AAPL", "quote": flat}
	for key, value := range flat {
		want[key] = value
	}
	for dialect, name := range map[session.Dialects]string{
		session.WatchlistQuote: "watchlist:quote", session.QuoteUpdate: "quote:update", session.MarketQuote: "market.quote",
	} {
		gotName, got := event(t, Encoder{}.AppendFrame(nil, f, dialect, 3, 42*time.Millisecond))
		if gotName != name {
			t.Errorf("event %q, want %q", gotName, name)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestUnknownValuesAreLeftOut(t *testing.T) {
	q := &market.Quote{Symbol: "X", Price: decimal.One, Open: decimal.One, High: decimal.One, Low: decimal.One, Time: time.UnixMilli(1)}
	_, got := event(t, Encoder{}.AppendFrame(nil, frameOf(q, market.Stale), session.WatchlistQuote, 1, 0))
	for _, key := range []string{"bid", "ask", "previousClose"} {
		if _, there := got.(map[string]any)[key]; there {
			t.Errorf("%s is unknown and still there", key)
		}
	}
}

func TestASymbolThatNeverTradedIsShownWithoutAPrice(t *testing.T) {
	now := time.UnixMilli(1_790_000_000_000)
	days, err := market.NewCalendar("00:00", "UTC")
	if err != nil {
		t.Fatal(err)
	}
	var q market.Quote
	q.Apply(market.Tick{Symbol: "X", Bid: decimal.One, BidSize: decimal.Ten, Ask: decimal.Two, Time: now}, now.Add(time.Second), days)
	q.Apply(market.Tick{Symbol: "X", Halted: true, Reason: "a \"pause\""}, now.Add(time.Second), days)
	_, got := event(t, Encoder{}.AppendFrame(nil, frameOf(&q, market.Halted), session.WatchlistQuote, 1, 0))
	flat := map[string]any{"volume": 0.0, "timestamp": 1.79e12, "bid": 1.0, "ask": 2.0, "bidSize": 10.0, "quoteTime": 1.79e12,
		"haltReason": "a \"pause\"", "merged": 1.0, "state": "halted", "age": 0.0}
	want := map[string]any{"symbol": "X", "quote": flat}
	for key, value := range flat {
		want[key] = value
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	// The shortest there can be is longer than 125 bytes, on which the frame relies.
	halt := &market.Quote{Symbol: "X", Received: time.UnixMilli(1), Halted: true}
	if _, got := event(t, Encoder{}.AppendFrame(nil, frameOf(halt, market.Halted), session.WatchlistQuote, 1, 0)); got == nil {
		t.Error("no quote")
	}
}

func TestBatchIsOnePacketOfFlatQuotes(t *testing.T) {
	var e Encoder
	f := frameOf(sampleQuote(), market.Quiet)
	before := []byte("xyz")
	dst := e.BeginBatch(append([]byte(nil), before...))
	for i := range uint32(3) {
		dst = e.AppendBatched(dst, f, i+1, time.Duration(i)*time.Second)
	}
	dst = e.EndBatch(dst, len(before))
	name, got := event(t, dst[len(before):])
	quotes, ok := got.([]any)
	if name != "watchlist:quotes" || !ok || len(quotes) != 3 {
		t.Fatalf("%s %v", name, got)
	}
	third := quotes[2].(map[string]any)
	if third["merged"] != 3.0 || third["age"] != 2000.0 || third["symbol"] != "AAPL" || third["state"] != "quiet" {
		t.Errorf("third quote %v", third)
	}
	if _, nested := third["quote"]; nested {
		t.Error("a batched quote has a nested copy")
	}
}

// TestEveryQuoteIsValidJSON draws quotes of any size and values to patch.
func TestEveryQuoteIsValidJSON(t *testing.T) {
	number := rapid.Custom(func(t *rapid.T) decimal.Decimal {
		return decimal.MustNew(rapid.Int64Range(0, 1<<62).Draw(t, "coefficient"), rapid.IntRange(0, 18).Draw(t, "scale"))
	})
	rapid.Check(t, func(rt *rapid.T) {
		q := &market.Quote{
			Symbol: rapid.StringN(1, 32, -1).Draw(rt, "symbol"), // also what CheckSymbol refuses
			Price:  number.Draw(rt, "price"), Bid: number.Draw(rt, "bid"), Ask: number.Draw(rt, "ask"),
			Open: number.Draw(rt, "open"), High: number.Draw(rt, "high"), Low: number.Draw(rt, "low"),
			PreviousClose: number.Draw(rt, "previous"), Volume: number.Draw(rt, "volume"),
			Time: time.UnixMilli(rapid.Int64Range(0, 1<<42).Draw(rt, "time")),
		}
		f := frameOf(q, market.State(rapid.IntRange(0, 3).Draw(rt, "state")))
		merged := rapid.Uint32().Draw(rt, "merged")
		age := time.Duration(rapid.Int64Range(-1, 1<<62).Draw(rt, "age"))
		dialect := rapid.SampledFrom([]session.Dialects{session.WatchlistQuote, session.QuoteUpdate, session.MarketQuote}).Draw(rt, "dialect")
		original := append([]byte(nil), f.Bytes...)
		_, got := event(t, Encoder{}.AppendFrame(nil, f, dialect, merged, age))
		if string(original) != string(f.Bytes) {
			rt.Fatal("the shared bytes were changed")
		}
		quote := got.(map[string]any)
		if quote["merged"] != float64(min(merged, mergedMax)) {
			rt.Fatalf("merged %v, want %d", quote["merged"], merged)
		}
		if want := float64(min(max(age.Milliseconds(), 0), ageMax)); quote["age"] != want {
			rt.Fatalf("age %v, want %v", quote["age"], want)
		}
		nested := quote["quote"].(map[string]any)
		delete(quote, "quote")
		delete(quote, "symbol")
		if diff := cmp.Diff(quote, nested); diff != "" {
			rt.Fatal(diff)
		}
	})
}

func TestQuoteAllocatesNothingPerSubscriber(t *testing.T) {
	f := frameOf(sampleQuote(), market.Live)
	dst := make([]byte, 0, 4096)
	if n := testing.AllocsPerRun(100, func() {
		dst = Encoder{}.AppendFrame(dst[:0], f, session.WatchlistQuote, 12, time.Second)
		dst = Encoder{}.AppendFrame(dst, f, session.MarketQuote, 12, time.Second)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkEncodeQuote(b *testing.B) {
	q := sampleQuote()
	var marks [8]uint16
	dst := make([]byte, 0, 1024)
	b.ReportAllocs()
	for b.Loop() {
		dst = Encoder{}.AppendQuote(dst[:0], q, market.Live, &marks)
	}
	b.SetBytes(int64(len(dst)))
}

func BenchmarkAppendFrame(b *testing.B) {
	f := frameOf(sampleQuote(), market.Live)
	dst := make([]byte, 0, 1024)
	for name, dialect := range map[string]session.Dialects{"watchlist": session.WatchlistQuote, "market": session.MarketQuote} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				dst = Encoder{}.AppendFrame(dst[:0], f, dialect, 7, 12*time.Millisecond)
			}
			b.SetBytes(int64(len(dst)))
		})
	}
}
