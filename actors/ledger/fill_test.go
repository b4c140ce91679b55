package ledger

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/govalues/decimal"
)

func TestFillsMoveCashCostAndProfit(t *testing.T) {
	cases := map[string]struct {
		fills []string
		want  map[string]string // cash is that of a deposit of 100000
	}{
		"open a long":             {[]string{"buy 10 A @ 100"}, map[string]string{"cash": "99000", "quantity": "10", "cost": "1000", "realised": "0"}},
		"add to a long":           {[]string{"buy 10 A @ 100", "buy 5 A @ 130"}, map[string]string{"cash": "98350", "quantity": "15", "cost": "1650", "realised": "0"}},
		"close a part":            {[]string{"buy 10 A @ 100", "sell 4 A @ 120"}, map[string]string{"cash": "99480", "quantity": "6", "cost": "600", "realised": "80"}},
		"close at a loss":         {[]string{"buy 10 A @ 100", "sell 10 A @ 90"}, map[string]string{"cash": "99900", "quantity": "0", "realised": "-100"}},
		"close all in parts":      {[]string{"buy 3 A @ 10", "sell 1 A @ 11", "sell 1 A @ 11", "sell 1 A @ 11"}, map[string]string{"cash": "100003", "quantity": "0", "realised": "3"}},
		"average of two prices":   {[]string{"buy 1 A @ 10", "buy 2 A @ 11", "sell 1 A @ 12"}, map[string]string{"cash": "99980", "quantity": "2", "cost": "21.33333333", "realised": "1.33333333"}},
		"long to short":           {[]string{"buy 10 A @ 100", "sell 15 A @ 110"}, map[string]string{"cash": "100650", "quantity": "-5", "cost": "-550", "realised": "100"}},
		"short to long":           {[]string{"short 10 A @ 100", "buy 15 A @ 90"}, map[string]string{"cash": "99650", "quantity": "5", "cost": "450", "realised": "100"}},
		"open a short":            {[]string{"short 10 A @ 100"}, map[string]string{"cash": "101000", "quantity": "-10", "cost": "-1000", "realised": "0"}},
		"add to a short":          {[]string{"short 10 A @ 100", "sell 10 A @ 90"}, map[string]string{"cash": "101900", "quantity": "-20", "cost": "-1900", "realised": "0"}},
		"cover a part":            {[]string{"short 10 A @ 100", "cover 4 A @ 90"}, map[string]string{"cash": "100640", "quantity": "-6", "cost": "-600", "realised": "40"}},
		"cover all at a loss":     {[]string{"short 10 A @ 100", "cover 10 A @ 101"}, map[string]string{"cash": "99990", "quantity": "0", "realised": "-10"}},
		"fees leave apart":        {[]string{"buy 10 A @ 100 fee 1.5", "sell 10 A @ 110 fee 2.25"}, map[string]string{"cash": "100096.25", "quantity": "0", "realised": "100", "fees": "3.75"}},
		"fractions":               {[]string{"buy 0.12345678 A @ 81234.5"}, map[string]string{"cash": "89971.05020509", "quantity": "0.12345678", "cost": "10028.94979491"}},
		"half a unit to even":     {[]string{"buy 0.5 A @ 0.00000001", "buy 1.5 A @ 0.00000001"}, map[string]string{"quantity": "2", "cost": "0.00000002"}},
		"rounded once, not twice": {[]string{"buy 0.00000001 A @ 1.49999999999999999"}, map[string]string{"quantity": "0.00000001", "cost": "0.00000001"}},
		"too little to cost":      {[]string{"buy 0.00000001 A @ 0.00000001"}, map[string]string{"cash": "100000", "quantity": "0.00000001", "cost": "0"}},
		"the largest amounts":     {[]string{"short 99999000000 A @ 0.99999999", "buy 1 A @ 0.99999999"}, map[string]string{"cash": "99999098999.01000001", "quantity": "-99998999999", "realised": "0"}},
		"a third and its rest":    {[]string{"buy 3 A @ 0.33333333", "sell 1 A @ 1", "sell 1 A @ 1", "sell 1 A @ 1"}, map[string]string{"quantity": "0", "realised": "2.00000001", "cash": "100002.00000001"}},
		"nine decimals":           {[]string{"buy 0.486152847 A @ 231.04"}, map[string]string{"cash": "99887.67924623", "quantity": "0.486152847", "cost": "112.32075377"}},
		"eighteen decimals":       {[]string{"buy 1.000000000000000001 A @ 2", "sell 1 A @ 3"}, map[string]string{"cash": "100001", "quantity": "0.000000000000000001", "cost": "0"}},
		"back to exactly nothing": {[]string{"buy 0.486152847 A @ 10", "buy 0.000000003 A @ 10", "sell 0.48615285 A @ 10"}, map[string]string{"cash": "100000", "quantity": "0", "realised": "0"}},
		"a rebate":                {[]string{"buy 10 A @ 100 fee -0.25"}, map[string]string{"cash": "99000.25", "cost": "1000", "fees": "-0.25"}},
		"a tiny fee":              {[]string{"buy 10 A @ 100 fee 0.000000015"}, map[string]string{"cash": "98999.99999998", "fees": "0.00000002"}},
		"free shares":             {[]string{"buy 10 A @ 0"}, map[string]string{"cash": "100000", "quantity": "10", "cost": "0"}},
		"free shares sold":        {[]string{"buy 10 A @ 0", "sell 4 A @ 5"}, map[string]string{"cash": "100020", "quantity": "6", "cost": "0", "realised": "20"}},
		"given away":              {[]string{"buy 10 A @ 5", "sell 10 A @ 0"}, map[string]string{"cash": "99950", "quantity": "0", "realised": "-50"}},
		"turned and rounded":      {[]string{"buy 0.3 A @ 0.00000011", "sell 0.6 A @ 0.00000011"}, map[string]string{"quantity": "-0.3", "cost": "-0.00000004", "realised": "0", "cash": "100000.00000004"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			b := newBook(t, "100000")
			b.fill(c.fills...)
			p, _ := b.Position("A")
			amounts(t, map[string]decimal.Decimal{
				"cash": b.Cash, "realised": b.Realised, "fees": b.Fees, "quantity": p.Quantity, "cost": p.Cost,
			}, c.want)
			if err := b.checkBalance(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestWhatDoesNotFitIsAnErrorAndChangesNothing(t *testing.T) {
	cases := map[string]struct {
		before []string
		event  func(b *book) Event
		want   string // in the error
	}{
		"value":           {nil, fillEvent("buy 100000 A @ 1000000"), "value: "},
		"quantity":        {[]string{"buy 99999999999 A @ 0.1"}, fillEvent("buy 1 A @ 0.1"), "quantity of A: "},
		"cost":            {[]string{"sell 9 B @ 9999999999", "buy 9 A @ 9999999999"}, fillEvent("buy 2 A @ 9999999999"), "cost of A: "},
		"cash":            {[]string{"sell 9 A @ 9999999999"}, fillEvent("sell 1 B @ 19999999999"), "cash: "},
		"fees":            {[]string{"sell 1 A @ 90000000000", "buy 1 B @ 1 fee 90000000000"}, fillEvent("buy 1 B @ 1 fee 10000000000"), "fees: "},
		"profit":          {[]string{"sell 9 A @ 9999999999", "buy 9 A @ 1", "buy 1 B @ 80000000000", "sell 3 A @ 9999999999"}, fillEvent("buy 3 A @ 1"), "realised profit: "},
		"deposit":         {nil, event(Deposited{Amount: d("99999999000")}), "cash: "},
		"large deposit":   {nil, event(Deposited{Amount: d("100000000000")}), "amount "},
		"withdrawal":      {[]string{"buy 1 A @ 90000000000"}, event(Withdrawn{Amount: d("90000000000")}), "cash: "},
		"quantity digits": {[]string{"buy 10 A @ 1"}, fillEvent("buy 0.0000000000000000001 A @ 1"), "quantity of A: "},
		"no quantity":     {nil, fillEvent("buy 0 A @ 1"), "quantity 0 is not allowed: must be more than 0"},
		"less quantity":   {nil, fillEvent("buy -1 A @ 1"), "quantity -1 "},
		"negative price":  {nil, fillEvent("buy 1 A @ -1"), "price -1 "},
		"large fee":       {nil, fillEvent("buy 1 A @ 1 fee -100000000000"), "fee -100000000000 "},
		"no symbol":       {nil, event(OrderFilled{Quantity: d("1"), Price: d("1")}), "symbol is missing"},
		"no UTF-8":        {nil, event(OrderFilled{Symbol: "A\xff", Quantity: d("1"), Price: d("1")}), "symbol is not allowed: must be UTF-8"},
		"no amount":       {nil, event(Deposited{}), "amount 0 "},
		"less than none":  {nil, event(Withdrawn{Amount: d("-1")}), "amount -1 "},
		"before 1971":     {nil, func(*book) Event { return Deposited{Amount: d("1"), Time: time.UnixMilli(1)} }, "time "},
		"after 9998":      {nil, func(*book) Event { return OrderCancelled{Time: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)} }, "time "},
		"no time":         {nil, func(*book) Event { return OrderFailed{} }, "time "},
		"order again":     {nil, func(b *book) Event { return b.orderOf("open", "buy 1 A") }, "order open is open already"},
		"order of none":   {nil, func(b *book) Event { return b.orderOf("", "buy 1 A") }, "orderId is missing"},
		"order of 0":      {nil, func(b *book) Event { return b.orderOf("2", "buy 0 A") }, "quantity 0 "},
		"order at 0":      {nil, func(b *book) Event { return b.orderOf("2", "buy 1 A limit 0") }, "limitPrice 0 "},
		"not of ours":     {nil, func(b *book) Event { return new(Deposited) }, "unknown event *ledger.Deposited"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			for _, later := range []time.Duration{0, 48 * time.Hour} { // the second begins a trading day
				b := newBook(t, "100000")
				b.place("open", "buy 1 Z limit 5")
				b.fill(c.before...)
				b.now = b.now.Add(later)
				before := b.Clone()
				err := b.Apply(c.event(b), b.days)
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Fatalf("%v, want an error about %q", err, c.want)
				}
				if strings.HasSuffix(c.want, ": ") && !errors.Is(err, ErrTooLarge) {
					t.Errorf("%v is not ErrTooLarge", err)
				}
				same(t, before, b.Account)
			}
		})
	}
}

func fillEvent(line string) func(b *book) Event {
	return func(b *book) Event { return b.fillOf(line) }
}

// event returns e at the time of the book.
func event(e Event) func(b *book) Event {
	return func(b *book) Event {
		switch e := e.(type) {
		case Deposited:
			e.Time = b.tick()
			return e
		case Withdrawn:
			e.Time = b.tick()
			return e
		case OrderFilled:
			e.Time = b.tick()
			return e
		}
		panic("unknown")
	}
}

func TestFillThatCannotBeTakenIsSaidBefore(t *testing.T) {
	b := newBook(t, "100000")
	if f, err := b.Fill(b.fillOf("buy 100000 A @ 1000000")); !errors.Is(err, ErrTooLarge) || f.TradeID != "" {
		t.Fatalf("%+v %v", f, err)
	}
}

func TestOutcomeOfAnEarlierFillIsForgotten(t *testing.T) {
	b := newBook(t, "100000")
	f := b.fillOf("buy 1 A @ 1")
	f.Realised, f.Closing, f.Closed, f.EntryPrice, f.OpenedAt, f.Opened = d("7"), true, &PositionClosed{}, d("1"), noon, d("1")
	f, err := b.Fill(f)
	if err != nil || !f.Realised.IsZero() || f.Closing || f.Closed != nil || !f.EntryPrice.IsZero() || !f.OpenedAt.IsZero() || !f.Opened.IsZero() {
		t.Fatalf("%+v %v", f, err)
	}
}

func TestWinRateCountsClosingFills(t *testing.T) {
	b := newBook(t, "100000")
	if v := b.value(); !v.WinRate.IsZero() {
		t.Errorf("%s before anything was closed", v.WinRate)
	}
	b.fill("buy 10 A @ 100", "sell 2 A @ 110", "sell 2 A @ 90", "sell 2 A @ 100", "sell 14 A @ 101", "buy 1 A @ 1")
	b.apply(OrderFailed{Symbol: "A", Time: b.tick()})
	if b.Trades != 6 || b.Closings != 5 || b.Wins != 3 || b.Failed != 1 {
		t.Errorf("%d trades, %d closings, %d wins, %d failed", b.Trades, b.Closings, b.Wins, b.Failed)
	}
	if v := b.value(); v.WinRate.Cmp(d("60")) != 0 || v.Closings != 5 || v.Trades != 6 || v.Failed != 1 {
		t.Errorf("win rate %s of %d closings in %d trades, %d failed", v.WinRate, v.Closings, v.Trades, v.Failed)
	}
}

func TestWinRateHasFourDecimals(t *testing.T) {
	b := newBook(t, "100000")
	b.fill("buy 3 A @ 100", "sell 1 A @ 110", "sell 1 A @ 110", "sell 1 A @ 90")
	if v := b.value(); v.WinRate.String() != "66.6667" {
		t.Error(v.WinRate)
	}
}
