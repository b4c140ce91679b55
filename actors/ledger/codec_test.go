package ledger

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/govalues/decimal"
	"pgregory.net/rapid"
)

var (
	anyText = rapid.OneOf(rapid.Just(""), rapid.String(), rapid.SampledFrom([]string{
		`"`, `\`, "\x00\n\r\t\x7f", "\u2028\u2029", "\ufffd", "😀", `","v":2,"x":"`, `</script>`, "\U0010ffff", strings.Repeat("long", 300)}))
	anyName    = rapid.Map(anyText, func(s string) string { return "n" + s })
	anyAmount  = rapid.OneOf(rapid.Just(decimal.Zero), rapid.Map(kept(11), decimal.Decimal.Neg), kept(11))
	anyPrice   = rapid.Map(rapid.Int64Range(1, 1<<62), func(n int64) decimal.Decimal { return decimal.MustNew(n, int(n%20)) })
	anyInstant = rapid.Map(rapid.Int64Range(firstInstant, endOfTime-1), func(ms int64) time.Time { return time.UnixMilli(ms) })
	anySide    = rapid.SampledFrom([]Side{Buy, Sell})
)

// anyEvent draws whatever an account can have, but for the sum of it.
var anyEvent = rapid.Custom(func(t *rapid.T) Event {
	text := func(label string) string { return anyText.Draw(t, label) }
	at := anyInstant.Draw(t, "time")
	switch rapid.IntRange(0, 6).Draw(t, "kind") {
	case 6:
		return OrderRejected{OrderID: anyName.Draw(t, "id"), ClientOrderID: text("client"), Symbol: anyName.Draw(t, "symbol"), Side: anySide.Draw(t, "side"),
			Quantity: anyAmount.Draw(t, "quantity"), Broker: text("broker"), Code: text("code"), Reason: text("reason"), Time: at}
	case 0:
		return Deposited{Amount: kept(11).Draw(t, "amount"), Note: text("note"), Time: at}
	case 1:
		return Withdrawn{Amount: kept(11).Draw(t, "amount"), Note: text("note"), Time: at}
	case 2:
		o := OrderPlaced{OrderID: anyName.Draw(t, "id"), ClientOrderID: text("client"), Symbol: anyName.Draw(t, "symbol"), Side: anySide.Draw(t, "side"),
			Quantity: kept(11).Draw(t, "quantity"), Broker: text("broker"), Time: at}
		if rapid.Bool().Draw(t, "limit") {
			o.Type, o.LimitPrice = Limit, anyPrice.Draw(t, "limit price")
		}
		return o
	case 3:
		return OrderFailed{TradeID: text("trade"), OrderID: text("id"), Symbol: text("symbol"), Side: anySide.Draw(t, "side"), Quantity: anyAmount.Draw(t, "quantity").Abs(),
			Price: anyPrice.Draw(t, "price"), Reason: text("reason"), Code: text("code"), CanRetry: rapid.Bool().Draw(t, "retry"), Broker: text("broker"), Time: at}
	case 4:
		e := OrderCancelled{OrderID: text("id"), Reason: text("reason"), Time: at, Symbol: text("symbol")}
		if e.Symbol != "" {
			e.Side, e.Quantity, e.LimitPrice = anySide.Draw(t, "side"), anyAmount.Draw(t, "quantity").Abs(), anyAmount.Draw(t, "limit").Abs()
		}
		e.Code, e.Broker = text("code"), text("broker")
		return e
	}
	f := OrderFilled{TradeID: text("trade"), OrderID: text("id"), Symbol: anyName.Draw(t, "symbol"), Side: anySide.Draw(t, "side"), Quantity: fine(11).Draw(t, "quantity"),
		Price: anyPrice.Draw(t, "price"), Fee: anyAmount.Draw(t, "fee"), Broker: text("broker"), Time: at,
		Realised: anyAmount.Draw(t, "realised"), Closing: rapid.Bool().Draw(t, "closing")}
	if !f.Closing {
		return f
	}
	f.EntryPrice, f.OpenedAt = anyPrice.Draw(t, "entry"), anyInstant.Draw(t, "opened")
	if rapid.Bool().Draw(t, "closed") {
		part := func(label string) ClosedPart {
			return ClosedPart{Quantity: kept(11).Draw(t, label+" quantity").CopySign(anyAmount.Draw(t, "sign")), EntryPrice: anyPrice.Draw(t, label+" entry"),
				ExitPrice: anyPrice.Draw(t, label+" exit"), PnL: anyAmount.Draw(t, label+" profit"), PnLPercent: anyAmount.Draw(t, label+" percent")}
		}
		f.Closed = &PositionClosed{ClosedPart: part("whole"), Last: part("last"), Fees: anyAmount.Draw(t, "fees"), OpenedAt: f.OpenedAt, ClosedAt: at}
		f.Closed.Last.EntryPrice, f.Closed.Last.ExitPrice, f.Closed.Last.PnL = f.EntryPrice, f.Price, f.Realised
		f.Opened = anyAmount.Draw(t, "opened")
	}
	return f
})

func TestEveryEventIsReadBackAsItWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := anyEvent.Draw(t, "event")
		text := AppendEvent([]byte("before"), e)
		if !strings.HasPrefix(string(text), `before{"type":"`) || strings.ContainsRune(string(text), '\n') {
			t.Fatalf("%s", text)
		}
		got, err := ParseEvent(text[len("before"):])
		if err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		if diff := cmp.Diff(e, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

// TestWhatApplyTakesCanBeReadBack holds Apply to the promise that no event
// becomes part of an account and then makes its journal unreadable.
func TestWhatApplyTakesCanBeReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		anything := rapid.OneOf(anyText, rapid.SampledFrom([]string{"\xff", "A\xc3"}))
		amount := rapid.OneOf(anyAmount, rapid.SampledFrom([]decimal.Decimal{d("0.000000001"), d("1000000000000")}))
		at := time.UnixMicro(rapid.Int64Range(-1<<60, 1<<60).Draw(t, "time"))
		var e Event
		switch rapid.IntRange(0, 3).Draw(t, "kind") {
		case 0:
			e = Deposited{Amount: amount.Draw(t, "amount"), Note: anything.Draw(t, "note"), Time: at}
		case 1:
			e = OrderPlaced{OrderID: anything.Draw(t, "id"), Symbol: anything.Draw(t, "symbol"), Quantity: amount.Draw(t, "quantity"), Type: Limit, LimitPrice: amount.Draw(t, "limit"), Time: at}
		case 2:
			e = OrderFilled{OrderID: anything.Draw(t, "id"), Symbol: anything.Draw(t, "symbol"), Quantity: amount.Draw(t, "quantity"), Price: amount.Draw(t, "price"), Fee: amount.Draw(t, "fee"), Time: at}
		case 3:
			e = OrderFailed{Symbol: anything.Draw(t, "symbol"), Quantity: amount.Draw(t, "quantity"), Price: amount.Draw(t, "price"), Reason: anything.Draw(t, "reason"), Time: at}
		}
		a := new(Account)
		if err := a.Apply(e, newYork.calendar()); err != nil {
			return
		}
		if _, err := ParseEvent(AppendEvent(nil, e)); err != nil {
			t.Fatalf("%v of %+v", err, e)
		}
		if _, err := ParseAccount(AppendAccount(nil, a)); err != nil {
			t.Fatalf("%v after %+v", err, e)
		}
	})
}

func TestFillIsWrittenInOneLineOfPlainFields(t *testing.T) {
	f := OrderFilled{TradeID: "t-1", OrderID: "o-1", Symbol: "A", Side: Sell, Quantity: d("10"), Price: d("110.50"), Fee: d("0.5"), Broker: "paper",
		Time: time.UnixMilli(1_790_000_060_000), Realised: d("105"), Closing: true, EntryPrice: d("100"), OpenedAt: time.UnixMilli(1_790_000_000_000),
		Closed: &PositionClosed{ClosedPart: ClosedPart{Quantity: d("25"), EntryPrice: d("99"), ExitPrice: d("108"), PnL: d("225"), PnLPercent: d("9.0909")},
			Last: ClosedPart{Quantity: d("10"), EntryPrice: d("100"), ExitPrice: d("110.5"), PnL: d("105"), PnLPercent: d("10.5")}, Fees: d("1.5"),
			OpenedAt: time.UnixMilli(1_790_000_000_000), ClosedAt: time.UnixMilli(1_790_000_060_000)}, Opened: d("-3")}
	want := `{"type":"order_filled","v":1,"time":1790000060000,"tradeId":"t-1","orderId":"o-1","symbol":"A","side":"sell","quantity":10,"price":110.50,` +
		`"fee":0.5,"broker":"paper","closing":true,"realised":105,"entryPrice":100,"openedAt":1790000000000,"closedQuantity":10,"pnlPercent":10.5,"wholeQuantity":25,"wholeEntryPrice":99,` +
		`"wholeExitPrice":108,"wholePnl":225,"wholePnlPercent":9.0909,"wholeFees":1.5,"openedQuantity":-3}`
	if got := string(AppendEvent(nil, f)); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

func TestHostileEventIsRefusedByTheNameOfItsField(t *testing.T) {
	const head = `{"type":"order_filled","v":1,"time":1790000000000,"symbol":"A","side":"buy","quantity":1,"price":1`
	if _, err := ParseEvent([]byte(head + "}")); err != nil {
		t.Fatal(err)
	}
	cases := map[string]string{
		``:                   "JSON object",
		`[]`:                 "JSON object",
		`{}`:                 "version 0 is not known",
		`{"v":1}`:            `type "" is not known`,
		`{"v":2}`:            "version 2 is not known",
		`{"v":1.5}`:          "version 1.5 is not known",
		`{"v":1,"type":"x"}`: `type "x" is not known`,
		`{"v":1,"type":"` + strings.Repeat("x", 1000) + `"}`: "is not known",
		`{"` + strings.Repeat("x", 1000) + `":1}`:            "is not a field of version 1",
		head:                                              "the end of the object",
		head + `}{}`:                                      "the end of the line",
		head + `,"v":1}`:                                  "v is given twice",
		head + `,"symbol":"B"}`:                           "symbol is given twice",
		head + `,"price":2}`:                              "price is given twice",
		head + `,"time":1790000000000}`:                   "time is given twice",
		head + `,"fee":-1}`:                               "",
		head + `,"fee":1e-9}`:                             "",
		head + `,"entryPrice":-1}`:                        "entryPrice -1 is not allowed",
		head + `,"fee":[1]}`:                              "fee is an array: must be a number",
		head + `,"fee":NaN}`:                              "fee NaN",
		head + `,"fee":12345678901234567890.5}`:           "fee 12345678901234567890.5 is not allowed",
		head + `,"fee":100000000000}`:                     "fee 100000000000 is not allowed",
		head + `,"closing":1}`:                            "closing is a number",
		head + `,"openedAt":1}`:                           "openedAt is not allowed: must lie between 1971 and 9998",
		head + `,"openedAt":0}`:                           "openedAt 0 is not allowed",
		head + `,"note":7}`:                               "note is a number",
		head + `,"broker":"` + "\xff" + `"}`:              "broker is not allowed: must be UTF-8",
		head + `,"surprise":1}`:                           "surprise is not a field",
		`{"type":"order_filled","v":1,"side":"up"}`:       `side "up"`,
		`{"type":"order_filled","v":1,"side":"buy"}`:      "time is not allowed",
		`{"type":"order_placed","v":1,"side":"buy"}`:      `order type ""`,
		`{"type":"deposited","v":1,"time":1790000000000}`: "amount 0 is not allowed",
		`{"type":"withdrawn","v":1,"time":1790000000000,"amount":-1}`:                     "amount -1 is not allowed",
		`{"type":"deposited","v":1,"time":99999999999999999,"amount":1}`:                  "time is not allowed",
		`{"type":"deposited","v":1,"time":-5,"amount":1}`:                                 "time -5",
		`{"type":"deposited","v":1,"time":1790000000000,"amount":0.10000000000000000000}`: "",
	}
	for text, want := range cases {
		_, err := ParseEvent([]byte(text))
		if want == "" && err == nil {
			continue
		}
		if err == nil || !strings.Contains(err.Error(), want) || len(err.Error()) > 300 {
			t.Errorf("%.100s: %v, want an error about %q", text, err, want)
		}
	}
}

func TestCheckpointIsReadBackAsItWas(t *testing.T) {
	b := newBookOn(t, 2, "100000")
	b.fill("buy 10 A @ 100", "sell 0.12345678 B @ 9.87654321", "buy 1 C @ 5")
	b.at(3, 10, 0)
	b.place("o-1", "buy 10 A limit 99")
	b.place("o-2", "sell 3 Z")
	b.fill("buy 4 A @ 98 fee 0.25 order o-1", "sell 1 C @ 6")
	b.apply(OrderFailed{Time: b.tick()})
	text := AppendAccount([]byte("before"), b.Account)
	got, err := ParseAccount(text[len("before"):])
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	same(t, b.Account, got)
	if empty, err := ParseAccount(AppendAccount(nil, new(Account))); err != nil {
		t.Error(err)
	} else {
		same(t, new(Account), empty)
	}
}

func TestHostileCheckpointIsRefusedByTheNameOfItsField(t *testing.T) {
	const position = `"A":{"quantity":2,"cost":10,"lastPrice":5,"openedAt":1790000000000}`
	const order = `"1":{"placed":{"type":"order_placed","v":1,"time":1790000000000,"orderId":"1","symbol":"A","side":"buy","quantity":2,"orderType":"market"}}`
	positions := func(text string) string { return `{"v":1,"cash":-10,"positions":{` + text + `}}` }
	orders := func(text string) string { return `{"v":1,"orders":{` + text + `}}` }
	for _, sound := range []string{positions(position), orders(order), `{"v":1,"positions":{},"orders":{},"day":{"start":5,"end":6,"left":{}}}`} {
		if _, err := ParseAccount([]byte(sound)); err != nil {
			t.Fatal(err)
		}
	}
	with := func(old, replacement string) string { return positions(strings.Replace(position, old, replacement, 1)) }
	ordered := func(replacement string) string { return orders(strings.Replace(order, `{"placed"`, replacement, 1)) }
	left := func(text string) string { return `{"v":1,"day":{"start":5,"end":6,"left":` + text + `}}` }
	cases := map[string]string{
		``:                              "JSON object",
		`null`:                          "JSON object",
		`{}`:                            "version 0 is not known",
		`{"v":7}`:                       "version 7 is not known",
		`{"v":1,"cash":1}`:              "cash 1 is not what deposits, profits, fees and positions leave: that is 0",
		`{"v":1,"cash":1e-9}`:           "cash 0.000000001 is not allowed",
		`{"v":1,"cash":"x"}`:            `cash "x" is not allowed: must be a number`,
		`{"v":1,"fees":1e11}`:           "fees 100000000000 is not allowed",
		`{"v":1,"trades":-1}`:           "trades -1 is not allowed: must be a count",
		`{"v":1,"trades":1.5}`:          "trades 1.5 is not allowed: must be a count",
		`{"v":1,"wins":1e18}`:           "wins 1000000000000000000 is not allowed",
		`{"v":1,"wins":1}`:              "wins 1 is more than there were closings",
		`{"v":1,"closings":1}`:          "closings 1 is more than there were trades",
		`{"v":1,"trades":1,"trades":2}`: "trades is given twice",
		`{"v":1,"surprise":1}`:          "surprise is not a field",
		`{"v":1,"positions":[` + strings.Repeat("0,", 100_000) + `0]}`: "positions is an array: must be an object",
		`{"v":1,"positions":` + strings.Repeat("[", 100_000):           "values nest deeper",
		`{"v":1,"positions":{"A":7}}`:                                  "positions A is a number: must be an object",
		positions(position + `,` + position):                           "positions A must be in the order of their symbols",
		positions(position + `},"positions":{` + position):             "positions is given twice",
		with(`"A"`, `""`):                                  "symbol is missing",
		with(`"A"`, "\"\xff\""):                            "symbol is not allowed: must be UTF-8",
		with(`"quantity":2,`, ``):                          "positions A quantity 0 is not allowed: must not be 0",
		with(`"quantity":2`, `"quantity":1e11`):            "positions A quantity 100000000000 is not allowed",
		with(`"quantity":2`, `"quantity":-2`):              "cost 10 is not allowed: must have the sign of the quantity",
		with(`"lastPrice":5,`, `"lastPrice":-5,`):          "lastPrice -5 is not allowed: must not be negative",
		with(`"cost"`, `"entry":5,"cost"`):                 "life opened is missing",
		with(`"cost"`, `"life":{"exitPrice":1},"cost"`):    "life opened is missing",
		with(`"cost"`, `"life":{"opened":-1},"cost"`):      "life opened -1 is not allowed",
		with(`"cost"`, `"life":{"x":1},"cost"`):            "life x is not a field",
		with(`,"openedAt":1790000000000`, ``):              "openedAt is not allowed",
		with(`"cost"`, `"start":-1,"startPrice":1,"cost"`): "start -1 is not allowed",
		with(`"cost"`, `"startPrice":1,"cost"`):            "start 0 is not allowed",
		with(`"cost"`, `"size"`):                           "size is not a field",
		orders(`"1":{}`):                                   "orders 1 placed is missing",
		orders(`"1":7`):                                    "orders 1 is a number",
		orders(order + `,` + order):                        "orders 1 is given twice",
		orders(strings.Replace(order, `"1"`, `"2"`, 1)):    `orders 2 orderId "1" is not allowed`,
		ordered(`{"filled":2,"placed"`):                    "orders 1 filled 2 is not allowed",
		ordered(`{"filled":-1,"placed"`):                   "orders 1 filled -1 is not allowed",
		orders(`"1":{"placed":7}`):                         "orders 1 placed event: ",
		orders(`"1":{"placed":{"type":"deposited","v":1,"time":1790000000000,"amount":1}}`): "placed is not allowed: must be the event that placed an order",
		`{"v":1,"day":{}}`:                      "day end must be after the start",
		`{"v":1,"day":7}`:                       "day is a number: must be an object",
		`{"v":1,"day":{"start":5,"end":5}}`:     "day end must be after the start",
		left(`[]`):                              "day left is an array",
		left(`{"A":{"quantity":1,"price":-1}}`): "day left A price -1 is not allowed",
		left(`{"A":{"price":1}}`):               "day left A quantity 0 is not allowed",
		`{"v":1,"day":{"start":5,"end":6},"day":{"start":5,"end":6}}`: "day is given twice",
	}
	for text, want := range cases {
		_, err := ParseAccount([]byte(text))
		if err == nil || !strings.HasPrefix(err.Error(), "account: ") || !strings.Contains(err.Error(), want) || len(err.Error()) > 300 {
			t.Errorf("%.200s: %v, want an error about %q", text, err, want)
		}
	}
}

// FuzzParseEvent holds that what is read is written and read the same.
func FuzzParseEvent(f *testing.F) {
	at := time.UnixMilli(1_790_000_000_000)
	part := ClosedPart{Quantity: d("-1"), EntryPrice: d("2"), ExitPrice: d("1"), PnL: d("1"), PnLPercent: d("50")}
	closed := &PositionClosed{ClosedPart: part, Last: part, OpenedAt: at, ClosedAt: at}
	for _, e := range []Event{
		Deposited{Amount: d("100000"), Note: "opening \"deposit\"", Time: at},
		Withdrawn{Amount: d("0.00000001"), Time: at},
		OrderPlaced{OrderID: "o", ClientOrderID: "c", Symbol: "A", Quantity: d("1"), Type: Limit, LimitPrice: d("150.25"), Broker: "paper", Time: at},
		OrderFilled{TradeID: "t", OrderID: "o", Symbol: "A", Quantity: d("1"), Price: d("1"), Fee: d("0.1"), Closing: true, Realised: d("1"), EntryPrice: d("2"), OpenedAt: at, Closed: closed, Time: at},
		OrderFailed{TradeID: "t", Symbol: "A", Side: Sell, Quantity: d("1"), Reason: "no\n\u2028", Code: "NO", CanRetry: true, Time: at},
		OrderCancelled{OrderID: "o", Reason: "asked", Time: at},
		OrderRejected{OrderID: "o", ClientOrderID: "c", Symbol: "A", Quantity: d("-1"), Code: "NO", Reason: "not that", Time: at},
	} {
		f.Add(AppendEvent(nil, e))
	}
	f.Add([]byte(`{"v":"1","type":"cancelled","time":1e12}`))
	f.Add([]byte(` { "v" : 1.0 , "type" : "\u0064eposited" , "time" : 1790000000000.5 , "amount" : "1e2" } `))
	f.Fuzz(func(t *testing.T, text []byte) {
		e, err := ParseEvent(text)
		if err != nil {
			if len(err.Error()) > 400 {
				t.Fatalf("an error of %d bytes", len(err.Error()))
			}
			return
		}
		written := AppendEvent(nil, e)
		again, err := ParseEvent(written)
		if err != nil {
			t.Fatalf("%v in %s, of %s", err, written, text)
		}
		if diff := cmp.Diff(e, again); diff != "" {
			t.Fatal(diff)
		}
		if f, fills := e.(OrderFilled); fills {
			if filled, err := new(Account).Fill(f); err == nil && filled.Closing {
				t.Fatal("an empty account closed something")
			}
		}
	})
}

// FuzzParseAccount holds that an account that is read is a sound one: it can be
// valued, traded with, written and read the same.
func FuzzParseAccount(f *testing.F) {
	f.Add(AppendAccount(nil, new(Account)))
	b := newBookOn(f, 2, "100000")
	b.fill("buy 10 A @ 100", "sell 0.5 B @ 9.87654321", "buy 1 C @ 5")
	f.Add(AppendAccount(nil, b.Account))
	b.at(3, 10, 0)
	b.place("o-1", "buy 10 A limit 99")
	b.fill("buy 4 A @ 98 fee 0.25 order o-1", "sell 1 C @ 6", "buy 2 B @ 7")
	f.Add(AppendAccount(nil, b.Account))
	days := newYork.calendar()
	f.Fuzz(func(t *testing.T, text []byte) {
		a, err := ParseAccount(text)
		if err != nil {
			if len(err.Error()) > 400 {
				t.Fatalf("an error of %d bytes", len(err.Error()))
			}
			return
		}
		written := AppendAccount(nil, a)
		again, err := ParseAccount(written)
		if err != nil {
			t.Fatalf("%v in %s, of %s", err, written, text)
		}
		same(t, a, again)
		var v Valuation
		a.Value(prices(noon, "A 101/100", "B 10"), noon, days, &v)
		for _, side := range []Side{Buy, Sell} {
			o := OrderPlaced{OrderID: fmt.Sprint("new", side), Symbol: "A", Side: side, Quantity: d("3"), Time: noon}
			a.CheckOrder(o, d("100"), d("1"), prices(noon, "A 101/100"))
			before := again.Clone()
			if again.Apply(OrderFilled{Symbol: "A", Side: side, Quantity: d("3"), Price: d("100"), Time: noon}, days) != nil {
				same(t, before, again)
			} else if err := again.checkBalance(); err != nil {
				t.Fatal(err)
			}
		}
	})
}
