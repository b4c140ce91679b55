package httpapi

import (
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/govalues/decimal"

	"outcry/actors/ledger"
	"outcry/actors/market"
	"outcry/actors/portfolio"
	"outcry/transport/wire"
)

const tradeTime = 1_790_000_000_123

// tradeNow is when the trades of these tests are read.
var tradeNow = time.UnixMilli(tradeTime).Add(time.Second)

const goodTrade = `{"id":"t-0001","userId":"alice","symbol":"AAPL","side":"buy","quantity":10,"price":167.4,"fee":1.25,"status":"executed","orderId":"o-17","broker":"acme","timestamp":1790000000123}`

func parserAt(now time.Time) *tradeParser {
	p := newTradeParser()
	p.now = now
	return p
}

func TestTradeLineIsReadExactly(t *testing.T) {
	d := decimal.MustParse
	at := time.UnixMilli(tradeTime)
	cases := map[string]struct {
		line string
		user string
		want portfolio.Trade
	}{
		"executed": {goodTrade, "alice", portfolio.Trade{
			ID: "t-0001", OrderID: "o-17", Symbol: "AAPL", Broker: "acme", Quantity: d("10"), Price: d("167.4"), Fee: d("1.25"), Time: at,
		}},
		"failed": {
			`{"id":"1","userId":"b","symbol":"x","side":"short","quantity":"0.5","status":"failed","reason":"no margin","code":"MARGIN","canRetry":true,"timestamp":"1790000000123.9"}`, "b",
			portfolio.Trade{ID: "1", Symbol: "X", Side: ledger.Sell, Quantity: d("0.5"), Failed: true, Reason: "no margin", Code: "MARGIN", CanRetry: true, Time: at},
		},
		"now": {
			`{"id":"1","userId":"b","symbol":"X","side":"cover","quantity":1,"price":1,"status":"executed","timestamp":null,"fee":null,"broker":null,"note":{"a":[1]}}`, "b",
			portfolio.Trade{ID: "1", Symbol: "X", Quantity: d("1"), Price: d("1"), Time: tradeNow.Truncate(time.Millisecond)},
		},
		"the largest": {
			`{"id":"1","userId":"b","symbol":"X","side":"sell","quantity":99999999999.12345678,"price":1.000000000000,"status":"executed"}`, "b",
			portfolio.Trade{ID: "1", Symbol: "X", Side: ledger.Sell, Quantity: d("99999999999.12345678"), Price: d("1"), Time: tradeNow.Truncate(time.Millisecond)},
		},
		"escapes and other alphabets": {
			`{"id":"\u0031","userId":"Zoë Ω","symbol":"X","side":"BUY","quantity":1,"price":1,"status":"executed"}`, "Zoë Ω",
			portfolio.Trade{ID: "1", Symbol: "X", Quantity: d("1"), Price: d("1"), Time: tradeNow.Truncate(time.Millisecond)},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			p := parserAt(tradeNow)
			for range 2 { // the second time from memory
				var got portfolio.Trade
				user, err := p.parse([]byte(c.line), &got)
				if err != nil || user != c.user {
					t.Fatalf("user %q, %v", user, err)
				}
				if diff := cmp.Diff(c.want, got, cmp.Comparer(func(a, b decimal.Decimal) bool { return a == b })); diff != "" {
					t.Fatalf("(-want +got):\n%s", diff)
				}
			}
		})
	}
}

// tradeWith returns goodTrade with a field replaced, or left out if value is empty.
func tradeWith(t testing.TB, field, value string) string {
	t.Helper()
	var fields map[string]json.RawMessage
	if err := json.Unmarshal([]byte(goodTrade), &fields); err != nil {
		t.Fatal(err)
	}
	delete(fields, field)
	if value != "" {
		fields[field] = json.RawMessage(value)
	}
	line, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return string(line)
}

func TestBadTradeIsRefusedWithItsField(t *testing.T) {
	text := func(n int) string { return `"` + strings.Repeat("x", n) + `"` }
	cases := map[string]struct{ field, value, mentions string }{
		"no id":                   {"id", "", "is missing"},
		"null id":                 {"id", "null", "is missing"},
		"empty id":                {"id", `""`, "is empty"},
		"long id":                 {"id", text(129), "at most 128"},
		"id is a number":          {"id", "5", "is a number"},
		"control character":       {"id", `"a\u0000b"`, "control"},
		"line break in a name":    {"userId", `"a\nb"`, "control"},
		"invisible space":         {"userId", `"a\u200bb"`, "control"},
		"seconds for a time":      {"timestamp", "1790000000", "looks like seconds: multiply by 1,000"},
		"microseconds for a time": {"timestamp", "1790000000000123", "looks like microseconds: divide by 1,000"},
		"nanoseconds for a time":  {"timestamp", `"1790000000000123456"`, "looks like nanoseconds: divide by 1,000,000"},
		"a year too late":         {"timestamp", "1821536000000", "is 2027-09-21 "},
		"as late as can be":       {"timestamp", "31535999999999", "is 2969-05-02 23:59:59 UTC, which is in the future"},
		"no time at all":          {"timestamp", "0.5", "from 1971 on"},
		"no user":                 {"userId", "", "is missing"},
		"no symbol":               {"symbol", "", "is missing"},
		"blank symbol":            {"symbol", `" "`, "missing"},
		"odd symbol":              {"symbol", `"A<B"`, "position 2"},
		"no side":                 {"side", "", "is missing"},
		"odd side":                {"side", `"hold"`, "buy, sell, short or cover"},
		"no quantity":             {"quantity", "", "is missing"},
		"zero quantity":           {"quantity", "0", "positive"},
		"negative quantity":       {"quantity", "-1", "positive"},
		"twelve digits":           {"quantity", "100000000000", "11 digits before"},
		"twenty digits":           {"quantity", "12345678901234567890", "19 digits"},
		"value does not fit":      {"quantity", "99999999999", "together"},
		"quantity is a word":      {"quantity", `"ten"`, "must be a number"},
		"no price":                {"price", "", "is missing"},
		"negative price":          {"price", "-0.01", "must not be negative"},
		"price of twenty digits":  {"price", "1.1234567890123456789", "19 digits"},
		"huge rebate":             {"fee", "-100000000000", "11 digits before"},
		"fee is true":             {"fee", "true", "is true"},
		"no status":               {"status", "", "is missing"},
		"odd status":              {"status", `"pending"`, "executed or failed"},
		"canRetry is a text":      {"canRetry", `"yes"`, "true or false"},
		"long reason":             {"reason", text(1025), "at most 1024"},
		"long broker":             {"broker", text(200), "at most 128"},
		"time in the future":      {"timestamp", "1790000012000", "in the future"},
		"time is a date":          {"timestamp", `"2026-09-21"`, "must be a number"},
		"time is negative":        {"timestamp", "-5", "Unix milliseconds"},
		"failed without reason":   {"status", `"failed"`, "is missing"},
		"object in place of text": {"broker", `{"a":1}`, "is an object"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var trade portfolio.Trade
			_, err := parserAt(tradeNow).parse([]byte(tradeWith(t, c.field, c.value)), &trade)
			var invalid *wire.FieldError
			if !errors.As(err, &invalid) || !strings.Contains(invalid.Message, c.mentions) || len(invalid.Message) > 200 {
				t.Fatalf("%v does not mention %q", err, c.mentions)
			}
			want := c.field
			if name == "failed without reason" {
				want = "reason"
			}
			if invalid.Field != want {
				t.Fatalf("field %q of %v, want %q", invalid.Field, err, want)
			}
		})
	}
	for line, want := range map[string]wire.FieldError{
		`[1]`:                  {Message: "'[' at position 1 where a JSON object should follow"},
		`{"id":"1","id":"2"}`:  {Field: "id", Message: "is given twice"},
		`{"fee":1,"fee":null}`: {Field: "fee", Message: "is given twice"},
		`{"price":NaN}`:        {Field: "price", Message: "NaN is not allowed: must be a finite number"},
		goodTrade + `{}`:       {Message: "'{' at position 180 where the end of the line should follow"},
	} {
		var trade portfolio.Trade
		_, err := parserAt(tradeNow).parse([]byte(line), &trade)
		var got *wire.FieldError
		if !errors.As(err, &got) || *got != want {
			t.Errorf("%s: %v, want %v", line, err, want)
		}
	}
}

func TestParserOfTradesForgetsNamesRatherThanGrow(t *testing.T) {
	p := parserAt(tradeNow)
	for i := range maxNames + 10 {
		var trade portfolio.Trade
		if _, err := p.parse([]byte(tradeWith(t, "userId", `"user-`+string(rune('a'+i%26))+big.NewInt(int64(i)).String()+`"`)), &trade); err != nil {
			t.Fatal(err)
		}
	}
	if len(p.names) > maxNames {
		t.Fatalf("%d names kept", len(p.names))
	}
}

func FuzzParseTrade(f *testing.F) {
	f.Add([]byte(goodTrade))
	f.Add([]byte(`{"id":"1","userId":"\ud83d\ude00","symbol":" brk.b","side":"short","quantity":"0.5","status":"failed","reason":"\u0020","canRetry":true}`))
	f.Add([]byte(`{"id":"1","userId":"b","symbol":"X","side":"cover","quantity":99999999999.12345678,"price":1e-8,"status":"executed","timestamp":null}`))
	f.Add([]byte(`{"id":"1","userId":"b","symbol":"X","side":"cover","quantity":1e10,"price":"1.0000000000000000000001","status":"executed"}`))
	used := parserAt(tradeNow)
	f.Fuzz(func(t *testing.T, line []byte) {
		var trade, again portfolio.Trade
		user, err := parserAt(tradeNow).parse(line, &trade)
		userAgain, errAgain := used.parse(line, &again)
		if (err == nil) != (errAgain == nil) || err == nil && (user != userAgain || !cmp.Equal(trade, again, cmp.Comparer(func(a, b decimal.Decimal) bool { return a == b }))) {
			t.Fatalf("a fresh parser says %+v, %v; a used one %+v, %v", trade, err, again, errAgain)
		}
		var invalid *wire.FieldError
		if err != nil {
			if !errors.As(err, &invalid) || invalid.Message == "" || len(err.Error()) > 400 {
				t.Fatalf("not a fit refusal: %v", err)
			}
			return
		}
		if !json.Valid(line) {
			t.Fatalf("took %q, which is no JSON", line)
		}
		checkTrade(t, user, &trade)
	})
}

// checkTrade holds a trade against what accounts are promised.
func checkTrade(t *testing.T, user string, trade *portfolio.Trade) {
	t.Helper()
	for _, text := range []string{user, trade.ID, trade.OrderID, trade.Broker, trade.Code} {
		if len(text) > wire.MaxIDBytes || !utf8.ValidString(text) || strings.ContainsAny(text, "\x00\n\r\t\x7f") {
			t.Fatalf("text %q", text)
		}
	}
	if user == "" || trade.ID == "" || market.CheckSymbol(trade.Symbol) != nil {
		t.Fatalf("user %q, %+v", user, trade)
	}
	if !trade.Quantity.IsPos() || trade.Price.IsNeg() || trade.Time.After(tradeNow.Add(market.MaxClockSkew)) {
		t.Fatalf("%+v", trade)
	}
	if trade.Failed && trade.Reason == "" {
		t.Fatalf("%+v", trade)
	}
	if value, err := trade.Quantity.Mul(trade.Price); err != nil || value.Prec()-value.Scale() > wire.MaxWholeDigits {
		t.Fatalf("the value of %+v does not fit: %v", trade, err)
	}
}

func TestAmountsOfATradeAreTakenExactly(t *testing.T) {
	for field, values := range map[string][]string{
		"quantity": {"0.486152847", "0.000000000000000001", "1.234567890123456789", `"12.3456789012345"`, "1e-9"},
		"price":    {"0", "0.00", "0.123456789", "1e-9", "12345.678901234", "0.0000000000000000001"},
		"fee":      {"-0.25", "0.000000001", "-1e-12", "0"},
	} {
		for _, value := range values {
			var trade portfolio.Trade
			if _, err := parserAt(tradeNow).parse([]byte(tradeWith(t, field, value)), &trade); err != nil {
				t.Errorf("%s %s: %v", field, value, err)
				continue
			}
			got := map[string]decimal.Decimal{"quantity": trade.Quantity, "price": trade.Price, "fee": trade.Fee}[field]
			if want := decimal.MustParse(strings.Trim(value, `"`)); !got.Equal(want) {
				t.Errorf("%s %s is read as %s", field, value, got)
			}
		}
	}
}

func BenchmarkParseTrade(b *testing.B) {
	p, line := parserAt(tradeNow), []byte(goodTrade)
	b.ReportAllocs()
	for b.Loop() {
		var trade portfolio.Trade
		if _, err := p.parse(line, &trade); err != nil {
			b.Fatal(err)
		}
	}
}

func TestFieldsThatAreNoneOfATradeAreRefusedOrNamed(t *testing.T) {
	const bare = `{"id":"1","userId":"b","symbol":"X","side":"buy","quantity":1,"price":1,"status":"executed"`
	for field, meant := range map[string]string{"fees": "fee", "FEE": "fee", "order_id": "orderId", "time-stamp": "timestamp", "brokr": "broker"} {
		var got portfolio.Trade
		_, err := parserAt(tradeNow).parse([]byte(bare+`,"`+field+`":1}`), &got)
		var wrong *wire.FieldError
		if !errors.As(err, &wrong) || wrong.Field != field || wrong.Error() != field+" is no field of a trade: did you mean "+meant+"?" {
			t.Errorf("%s: %v", field, err)
		}
	}
	p := parserAt(tradeNow)
	for _, more := range []string{`,"fee":1,"fees":2`, `,"note":[{"a":1}],"venue":"N"`, `,"venue":null`} {
		var got portfolio.Trade
		if _, err := p.parse([]byte(bare+more+"}"), &got); err != nil {
			t.Errorf("%s: %v", more, err)
		}
	}
	if diff := cmp.Diff([]string{"fees", "note", "venue"}, []string(p.ignored)); diff != "" {
		t.Error(diff)
	}
	for i := range 1000 { // what a stranger makes up is bounded
		var got portfolio.Trade
		_, _ = p.parse([]byte(bare+`,"`+strings.Repeat("é", 100)+string(rune('a'+i%26))+``+strings.Repeat("z", i)+`":1}`), &got)
	}
	if len(p.ignored) > 8 || len(p.ignored[len(p.ignored)-1]) > 64 || !utf8.ValidString(p.ignored[len(p.ignored)-1]) {
		t.Errorf("%q", p.ignored)
	}
}

func TestAnswersNameTheFieldsThatWereIgnored(t *testing.T) {
	a := tradesAPI(t)
	a.accounts.answer = func(_ string, message any) error {
		message.(*portfolio.RecordTrade).Reply(portfolio.TradeOutcome{Version: 2}, nil)
		return nil
	}
	line := strings.Replace(goodTrade, "{", `{"note":1,`, 1)
	for kind, ignored := range map[string]string{typeJSON: line, typeNDJSON: line + "\n" + goodTrade} {
		if got := a.postTrades(kind, ignored); !strings.Contains(got.body, `"ignored":["note"]`) {
			t.Errorf("%s: %s", kind, got.body)
		}
		if got := a.postTrades(kind, goodTrade); strings.Contains(got.body, "ignored") {
			t.Errorf("%s, without any: %s", kind, got.body)
		}
	}
}
