package ledger

import (
	"strings"
	"testing"

	"github.com/govalues/decimal"
)

func TestOrdersOpenAndEnd(t *testing.T) {
	b := newBook(t, "100000")
	b.place("1", "buy 10 A limit 99")
	b.place("2", "sell 5 B")
	b.place("3", "buy 1 C")
	b.place("4", "buy 1 D")
	b.fill("buy 4 A @ 98 order 1")
	if o, open := b.Order("1"); !open || o.Filled.Cmp(d("4")) != 0 || o.LimitPrice.Cmp(d("99")) != 0 {
		t.Fatalf("%+v %t, want 4 of 10 filled", o, open)
	}
	b.fill("buy 6 A @ 99 order 1")
	b.apply(OrderCancelled{OrderID: "2", Reason: "asked", Time: b.tick()})
	b.apply(OrderFailed{OrderID: "3", Symbol: "C", Time: b.tick()})
	if len(b.Orders) != 1 || b.Orders[0].OrderID != "4" || b.Failed != 1 {
		t.Fatalf("%+v", b.Orders)
	}
	if _, open := b.Order("1"); open {
		t.Error("a filled order is open")
	}
}

func TestMoreThanWasOrderedEndsTheOrder(t *testing.T) {
	b := newBook(t, "100000")
	b.place("1", "buy 10 A")
	b.fill("buy 11 A @ 1 order 1")
	if p, _ := b.Position("A"); len(b.Orders) != 0 || p.Quantity.Cmp(d("11")) != 0 {
		t.Fatalf("%+v %+v", b.Orders, p)
	}
}

func TestOrdersOfOthersTouchNoneOfOurs(t *testing.T) {
	b := newBook(t, "100000")
	b.place("1", "buy 10 A")
	b.fill("buy 10 B @ 1 order 1", "sell 10 A @ 1 order 1", "buy 10 A @ 1", "buy 10 A @ 1 order x")
	b.apply(OrderCancelled{OrderID: "x", Time: b.tick()})
	b.apply(OrderCancelled{Time: b.tick()})
	b.apply(OrderFailed{OrderID: "x", Time: b.tick()})
	if o, open := b.Order("1"); !open || !o.Filled.IsZero() {
		t.Fatalf("%+v %t", o, open)
	}
}

func TestOrderIsCheckedAgainstBuyingPower(t *testing.T) {
	const enough = ""
	cases := map[string]struct {
		deposit       string
		fills, orders []string
		order         string
		price, fee    string
		want          string
	}{
		"affordable":               {"1000", nil, nil, "buy 10 A", "99", "10", enough},
		"one cent too much":        {"1000", nil, nil, "buy 10 A", "99", "10.01", "the order needs 1000.01 and the buying power is 1000.00"},
		"a trace too much":         {"1000", nil, nil, "buy 10 A", "100", "0.00000001", "the order needs 1000.01 and the buying power is 1000.00"},
		"both are shown as less":   {"1000.005", nil, nil, "buy 10 A", "100", "0.006", "the order needs 1000.01 and the buying power is 1000.00"},
		"without any money":        {"", nil, nil, "buy 1 A", "1", "0", "the order needs 1.00 and the buying power is 0.00"},
		"a short is backed":        {"1000", nil, nil, "sell 10 A", "100", "0", enough},
		"a short too large":        {"1000", nil, nil, "sell 11 A", "100", "0", "needs 1100.00"},
		"beside a short":           {"1000", []string{"sell 6 A @ 100"}, nil, "buy 4 B", "100", "0", enough},
		"too much beside a short":  {"1000", []string{"sell 6 A @ 100"}, nil, "buy 5 B", "100", "0", "needs 500.00 and the buying power is 400.00"},
		"sell all with nothing":    {"1000", []string{"buy 10 A @ 100"}, nil, "sell 10 A", "100", "5", enough},
		"cover all with nothing":   {"1000", []string{"sell 10 A @ 100"}, nil, "buy 10 A", "100", "5", enough},
		"turn with nothing":        {"1000", []string{"buy 10 A @ 100"}, nil, "sell 20 A", "100", "0", enough},
		"turn and grow":            {"1000", []string{"buy 10 A @ 100"}, nil, "sell 21 A", "100", "0", "needs 100.00 and the buying power is 0.00"},
		"turn a short and grow":    {"1000", []string{"sell 10 A @ 100"}, nil, "buy 21 A", "100", "0", "needs 100.00"},
		"reserved by a limit":      {"1000", nil, []string{"buy 6 B limit 100"}, "buy 5 A", "100", "0", "needs 500.00 and the buying power is 400.00"},
		"reserved by a market":     {"1000", nil, []string{"buy 6 A"}, "buy 5 A", "100", "0", "needs 500.00 and the buying power is 400.00"},
		"a market without prices":  {"1000", nil, []string{"buy 6 UNKNOWN"}, "buy 5 A", "100", "0", "the order needs 500.00 and the buying power is 0.00"},
		"nor may it grow":          {"1000", []string{"buy 5 A @ 100"}, []string{"buy 6 UNKNOWN"}, "sell 5 A", "100", "0", enough},
		"beside an unknown short":  {"1000", []string{"sell 3 UNKNOWN @ 100"}, nil, "buy 1 B", "100", "0", enough},
		"too much beside it":       {"1000", []string{"sell 3 UNKNOWN @ 100"}, nil, "buy 2 B", "100", "0", "needs 200.00 and the buying power is 100.00"},
		"which was sold for less":  {"1000", []string{"sell 2 UNKNOWN @ 100", "sell 1 UNKNOWN @ 40"}, nil, "buy 3 B", "100", "0", "needs 300.00 and the buying power is 280.00"},
		"an unknown long":          {"1000", []string{"buy 3 UNKNOWN @ 100"}, nil, "buy 7 B", "100", "0", enough},
		"reserved by a short":      {"1000", nil, []string{"sell 6 A limit 100"}, "sell 5 A", "100", "0", "needs 500.00 and the buying power is 400.00"},
		"closing reserves nothing": {"2000", []string{"buy 10 A @ 100"}, []string{"sell 10 A limit 120"}, "buy 10 B", "100", "0", enough},
		"closing twice turns":      {"1000", []string{"buy 10 A @ 100"}, []string{"sell 10 A limit 100"}, "sell 10 A", "100", "0", enough},
		"closing thrice grows":     {"1000", []string{"buy 10 A @ 100"}, []string{"sell 10 A limit 100", "sell 10 A limit 100"}, "sell 10 A", "100", "0", "needs 1000.00 and the buying power is 0.00"},
		"closing in parts":         {"1000", []string{"buy 10 A @ 100"}, []string{"sell 15 A limit 100"}, "sell 6 A", "100", "0", "needs 100.00"},
		"loss of a short":          {"1000", []string{"sell 5 A @ 50"}, nil, "buy 3 B", "100", "0", "needs 300.00 and the buying power is 250.00"},
		"in debt":                  {"1000", []string{"sell 5 A @ 10"}, nil, "buy 1 B", "100", "0", "needs 100.00 and the buying power is 50.00"},
		"no quantity":              {"1000", nil, nil, "buy 0 A", "100", "0", "a quantity of 0 A is not allowed: must be more than 0"},
		"negative quantity":        {"1000", nil, nil, "buy -1 A", "100", "0", "a quantity of -1 A is not allowed"},
		"whatever decimals":        {"1000", nil, nil, "buy 0.000000000001 A", "100", "0", enough},
		"too large":                {"1000", nil, nil, "buy 100000000000 A", "0.001", "0", "the amount does not fit"},
		"no price":                 {"1000", nil, nil, "buy 1 A", "0", "0", "a price of 0 for A is not allowed"},
		"more than there is":       {"1000", nil, nil, "buy 99999999999 A", "100", "0", "99999999999 A is too much for one order"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			b := newBook(t, c.deposit)
			b.fill(c.fills...)
			for i, line := range c.orders {
				b.place(string(rune('1'+i)), line)
			}
			before := b.Clone()
			r := b.CheckOrder(b.orderOf("new", c.order), d(c.price), d(c.fee), prices(b.now, "A 100", "B 100"))
			switch {
			case (r == nil) != (c.want == enough):
				t.Fatalf("rejected by %+v, want %q", r, c.want)
			case r != nil && !strings.Contains(r.Message, c.want):
				t.Fatalf("%s, want %q", r.Message, c.want)
			case r != nil && r.Code == "":
				t.Fatal("no code")
			}
			same(t, before, b.Account)
		})
	}
}

func TestManyPositionsAreReservedForAsWell(t *testing.T) {
	b := newBook(t, "100000")
	for i := range 3 * usualPositions {
		b.fill("buy 1 S" + string(rune('A'+i)) + " @ 1")
	}
	b.place("1", "sell 3 SA limit 7")
	v := b.value()
	if want := d("99945"); v.BuyingPower.Cmp(want) != 0 { // 100000 - 48 - 7 for the one that is short more than it was long
		t.Fatalf("buying power is %s, want %s", v.BuyingPower, want)
	}
}

func TestFilledPartOfAnOrderIsNotReserved(t *testing.T) {
	b := newBook(t, "1000")
	b.place("1", "buy 10 A limit 60")
	b.fill("buy 4 A @ 50 order 1")
	if v := b.value("A 55"); v.BuyingPower.Cmp(d("440")) != 0 { // 800 in cash, 360 for the rest
		t.Fatalf("buying power is %s", v.BuyingPower)
	}
}

func TestBuyingPowerIsShownAsItIsChecked(t *testing.T) {
	b := newBook(t, "1000")
	b.fill("sell 3 A @ 100", "buy 2 B @ 100")
	b.place("1", "buy 1 B limit 90")
	b.place("2", "sell 1 B limit 110")
	v := b.value("A 110", "B 95") // 1100 in cash, 660 for the short position, 90 for the order
	if v.BuyingPower.Cmp(d("350")) != 0 {
		t.Fatalf("buying power is %s", v.BuyingPower)
	}
	for quantity, allowed := range map[string]bool{"350": true, "350.00000001": false} {
		o := b.orderOf("3", "buy "+quantity+" C")
		if r := b.CheckOrder(o, decimal.One, decimal.Zero, prices(b.now, "A 110", "B 95")); (r == nil) != allowed {
			t.Errorf("%s: %+v", quantity, r)
		}
	}
}

func TestAValuationWithoutAMarkSaysSo(t *testing.T) {
	b := newBook(t, "1000")
	b.fill("sell 3 A @ 100", "buy 2 B @ 100")
	for _, test := range []struct {
		marks      []string
		incomplete bool
		power      string
	}{
		{[]string{"A 110", "B 95"}, false, "440"}, // 1100 in cash, 660 for the short position
		{[]string{"A 110"}, true, "440"},
		{[]string{"B 95"}, true, "0"}, // 1100 in cash, and twice 600 for what costs nobody knows what
		{nil, true, "0"},
	} {
		v := b.value(test.marks...)
		if v.Incomplete != test.incomplete || v.BuyingPower.Cmp(d(test.power)) != 0 {
			t.Errorf("%v: incomplete %t, buying power %s", test.marks, v.Incomplete, v.BuyingPower)
		}
	}
	if v := newBook(t, "1000").value(); v.Incomplete {
		t.Error("an account without positions is incomplete")
	}
}
