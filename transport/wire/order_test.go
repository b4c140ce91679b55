package wire

import (
	"errors"
	"strings"
	"testing"

	"github.com/govalues/decimal"

	"outcry/actors/ledger"
	"outcry/actors/session"
)

func TestOrderIsReadExactly(t *testing.T) {
	o, ignored, err := ParseOrder([]byte(`{"clientOrderId":"c-1","symbol":" aapl ","side":"SELL","quantity":"2.5","type":"limit","limitPrice":167.25,"note":{"more":[1]}}`))
	if err != nil || o.ClientOrderID != "c-1" || o.Symbol != "AAPL" || o.Side != ledger.Sell || o.Quantity.String() != "2.5" || o.LimitPrice.String() != "167.25" || len(ignored) != 1 || ignored[0] != "note" {
		t.Errorf("%+v %q %v", o, ignored, err)
	}
	o, _, err = ParseOrder([]byte(`{"symbol":"X","side":"buy","quantity":1,"type":"market","limitPrice":5}`))
	if err != nil || !o.LimitPrice.IsZero() || o.Type != ledger.Market {
		t.Errorf("a market order has no limit: %+v %v", o, err)
	}
}

func TestOrderThatIsNoneNamesTheField(t *testing.T) {
	cases := map[string]string{
		`{"side":"buy","quantity":1,"type":"market"}`:                                     "symbol",
		`{"symbol":"X","quantity":1,"type":"market"}`:                                     "side",
		`{"symbol":"X","side":"buy","type":"market"}`:                                     "quantity",
		`{"symbol":"X","side":"buy","quantity":1}`:                                        "type",
		`{"symbol":"X","side":"buy","quantity":1,"type":"limit"}`:                         "limitPrice",
		`{"symbol":"X","side":"buy","quantity":1,"type":"stop"}`:                          "type",
		`{"symbol":"X","side":"hold","quantity":1,"type":"market"}`:                       "side",
		`{"symbol":"X","side":"buy","quantity":12345678901.123456789012,"type":"market"}`: "quantity",
		`{"symbol":"X","side":"buy","quantity":100000000000,"type":"market"}`:             "quantity",
		`{"symbol":"X","side":"buy","quantity":"many","type":"market"}`:                   "quantity",
		`{"symbol":"X","side":"buy","quantity":true,"type":"market"}`:                     "quantity",
		`{"symbol":7,"side":"buy","quantity":1,"type":"market"}`:                          "symbol",
		`{"clientOrderId":"a\nb","symbol":"X","side":"buy","quantity":1,"type":"market"}`: "clientOrderId",
		`{"clientOrderId":"` + strings.Repeat("x", 129) + `","symbol":"X","side":"buy"}`:  "clientOrderId",
		`{"symbol":"X","side":"buy","quantity":1,"type":"market","limit_price":5}`:        "limit_price",
		`{"symbol":"X","side":"buy","quantity":1,"type":"market","clientOrderID":"a"}`:    "clientOrderID",
		`[]`: "", `null`: "", `{`: "", ``: "",
	}
	for text, field := range cases {
		_, _, err := ParseOrder([]byte(text))
		var wrong *FieldError
		if !errors.As(err, &wrong) || wrong.Field != field || wrong.Message == "" || !strings.HasPrefix(wrong.Error(), field) {
			t.Errorf("%s: %v, want %q", text, err, field)
		}
	}
}

func TestOrdersHaveWhateverDecimalsAreExact(t *testing.T) {
	for _, quantity := range []string{"0.486152847", "0.000000000000000001", "1.234567890123456789", `"1e-9"`} {
		o, _, err := ParseOrder([]byte(`{"symbol":"X","side":"buy","quantity":` + quantity + `,"type":"limit","limitPrice":` + quantity + `}`))
		if want := decimal.MustParse(strings.Trim(quantity, `"`)); err != nil || !o.Quantity.Equal(want) || !o.LimitPrice.Equal(want) {
			t.Errorf("%s: %+v %v", quantity, o, err)
		}
	}
}

func TestAccountRequestsAreDecoded(t *testing.T) {
	if m, ok := Decode("order:place", []byte(`[{"symbol":"X","side":"buy","quantity":1,"type":"market"}]`), 3).(*session.PlaceOrder); !ok || m.AckID != 3 || m.Order.Symbol != "X" {
		t.Errorf("%+v", m)
	}
	if m, ok := Decode("order:cancel", []byte(`[{"orderId":"o-1"}]`), 4).(*session.CancelOrder); !ok || m.OrderID != "o-1" || m.AckID != 4 {
		t.Errorf("%+v", m)
	}
	if m, ok := Decode("watchlist:set", []byte(`[{"symbols":["a","B","A"]}]`), 5).(*session.SetWatchlist); !ok || len(m.Symbols) != 2 {
		t.Errorf("%+v", m)
	}
	if m, ok := Decode("watchlist:get", []byte(`[]`), 6).(*session.GetWatchlist); !ok || m.AckID != 6 {
		t.Errorf("%+v", m)
	}
	if m, ok := Decode("state.requestSync", []byte(`[]`), session.NoAck).(*session.Sync); !ok || m.AckID != session.NoAck {
		t.Errorf("%+v", m)
	}
	for event, want := range map[string]session.SubscribeAccount{
		"subscribe:portfolio": {Kind: session.PortfolioUpdates, On: true}, "unsubscribe:portfolio": {Kind: session.PortfolioUpdates},
		"subscribe:trades": {Kind: session.TradeNotices, On: true}, "unsubscribe:trades": {Kind: session.TradeNotices},
	} {
		if m, ok := Decode(event, []byte(`[]`), 0).(*session.SubscribeAccount); !ok || *m != want {
			t.Errorf("%s: %+v", event, m)
		}
	}
	for event, args := range map[string]string{
		"order:place": `[]`, "order:cancel": `[{"orderId":""}]`, "watchlist:set": `[{"symbols":["A<B"]}]`,
	} {
		if m, ok := Decode(event, []byte(args), 1).(*session.Refused); !ok || m.Event != event || m.Code != session.CodeInvalidParams || m.Message == "" {
			t.Errorf("%s: %+v", event, m)
		}
	}
}

func TestRecoveryIsReadFromConnect(t *testing.T) {
	for text, want := range map[string][2]string{
		`{"token":"x","pid":"P","offset":"17.1"}`: {"P", "17.1"},
		`{"pid":"P"}`:   {"P", ""},
		`{"token":"x"}`: {},
		`{"pid":7}`:     {},
		`{"pid":"` + strings.Repeat("x", 65) + `"}`:              {},
		`{"pid":"P","offset":"` + strings.Repeat("9", 65) + `"}`: {},
		`[]`: {}, ``: {},
	} {
		if id, offset := Recovery([]byte(text)); id != want[0] || offset != want[1] {
			t.Errorf("%s: %q %q", text, id, offset)
		}
	}
	if got := string(ConnectReply("s", "P")); got != `{"sid":"s","pid":"P"}` {
		t.Error(got)
	}
	if got := string(ConnectReply("s", "")); got != `{"sid":"s"}` {
		t.Error(got)
	}
}

func FuzzParseOrder(f *testing.F) {
	for _, seed := range []string{
		`{"clientOrderId":"c","symbol":"X","side":"short","quantity":"1.5","type":"limit","limitPrice":1e-8}`, `{}`, `[]`, `{"quantity":1e99}`,
		`{"symbol":"\ud800","side":null,"quantity":null}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		o, _, err := ParseOrder(text)
		var wrong *FieldError
		switch {
		case err != nil && (!errors.As(err, &wrong) || len(wrong.Error()) > 600):
			t.Fatalf("%v", err)
		case err == nil && (o.Symbol == "" || len(o.ClientOrderID) > MaxIDBytes || o.Quantity.Scale() > 19):
			t.Fatalf("%+v", o)
		}
	})
}

func FuzzRecovery(f *testing.F) {
	f.Add([]byte(`{"pid":"P","offset":"17.1"}`))
	f.Add([]byte(`{"pid":7}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if id, offset := Recovery(text); len(id) > maxRecoveryBytes || len(offset) > maxRecoveryBytes {
			t.Fatalf("%q %q", id, offset)
		}
	})
}
