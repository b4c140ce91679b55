package ledger

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// closedPart reads "quantity entry exit profit percent".
func closedPart(t *testing.T, text string) ClosedPart {
	w := strings.Fields(text)
	if len(w) != 5 {
		t.Fatalf("%q has %d words", text, len(w))
	}
	return ClosedPart{Quantity: d(w[0]), EntryPrice: d(w[1]), ExitPrice: d(w[2]), PnL: d(w[3]), PnLPercent: d(w[4])}
}

func TestClosedPositionTellsItsWholeLifeAndTheLastPart(t *testing.T) {
	cases := map[string]struct {
		fills              []string
		whole, last, fees  string // empty where nothing ended
		opened             string // on the other side
		openedEarlier      int    // fills that came before the position was opened
		openedFeesOfSecond string
	}{
		"opened":              {fills: []string{"buy 10 A @ 100"}},
		"closed in part":      {fills: []string{"buy 10 A @ 100", "sell 9 A @ 110"}},
		"long with profit":    {fills: []string{"buy 10 A @ 100", "sell 10 A @ 105"}, whole: "10 100 105 50 5", last: "10 100 105 50 5"},
		"long with loss":      {fills: []string{"buy 10 A @ 100", "sell 10 A @ 95"}, whole: "10 100 95 -50 -5", last: "10 100 95 -50 -5"},
		"short with profit":   {fills: []string{"short 10 A @ 100", "cover 10 A @ 95"}, whole: "-10 100 95 50 5", last: "-10 100 95 50 5"},
		"short with loss":     {fills: []string{"short 10 A @ 100", "cover 10 A @ 110"}, whole: "-10 100 110 -100 -10", last: "-10 100 110 -100 -10"},
		"made 850, lost 50":   {fills: []string{"buy 10 A @ 100", "sell 9 A @ 200", "sell 1 A @ 50"}, whole: "10 100 185 850 85", last: "1 100 50 -50 -50"},
		"short in parts":      {fills: []string{"short 10 A @ 100", "cover 5 A @ 90", "cover 5 A @ 104"}, whole: "-10 100 97 30 3", last: "-5 100 104 -20 -4"},
		"grown in between":    {fills: []string{"buy 10 A @ 100", "sell 5 A @ 110", "buy 5 A @ 120", "sell 10 A @ 110"}, whole: "15 106.66666667 110 50 3.125", last: "10 110 110 0 0"},
		"crossed to short":    {fills: []string{"buy 10 A @ 100", "sell 25 A @ 110"}, whole: "10 100 110 100 10", last: "10 100 110 100 10", opened: "-15"},
		"crossed to long":     {fills: []string{"short 8 A @ 100", "buy 9 A @ 101"}, whole: "-8 100 101 -8 -1", last: "-8 100 101 -8 -1", opened: "1"},
		"crossed after parts": {fills: []string{"buy 10 A @ 100", "sell 8 A @ 150", "sell 3 A @ 50"}, whole: "10 100 130 300 30", last: "2 100 50 -100 -50", opened: "-1"},
		"crossed twice": {fills: []string{"buy 10 A @ 100", "sell 15 A @ 110", "buy 7 A @ 100"}, openedEarlier: 1,
			whole: "-5 110 100 50 9.0909", last: "-5 110 100 50 9.0909", opened: "2"},
		"average entry":   {fills: []string{"buy 1 A @ 10", "buy 2 A @ 11", "sell 3 A @ 11"}, whole: "3 10.66666667 11 1 3.125", last: "3 10.66666667 11 1 3.125"},
		"cost rounded":    {fills: []string{"buy 0.00000001 A @ 0.00000001", "sell 0.00000001 A @ 9"}, whole: "0.00000001 0.00000001 9 0.00000009 0", last: "0.00000001 0.00000001 9 0.00000009 0"},
		"dust":            {fills: []string{"buy 0.000000001 A @ 81234.5", "sell 0.000000001 A @ 81234.5"}, whole: "0.000000001 81234.5 81234.5 0 0", last: "0.000000001 81234.5 81234.5 0 0"},
		"nine decimals":   {fills: []string{"buy 0.486152847 A @ 0.123456789", "sell 0.486152847 A @ 0.123456789"}, whole: "0.486152847 0.123456789 0.123456789 0 0", last: "0.486152847 0.123456789 0.123456789 0 0"},
		"free":            {fills: []string{"buy 10 A @ 0", "sell 10 A @ 5"}, whole: "10 0 5 50 0", last: "10 0 5 50 0"},
		"averaged free":   {fills: []string{"buy 10 A @ 0", "buy 10 A @ 5", "sell 20 A @ 5"}, whole: "20 2.5 5 50 100", last: "20 2.5 5 50 100"},
		"given away":      {fills: []string{"buy 10 A @ 5", "sell 10 A @ 0"}, whole: "10 5 0 -50 -100", last: "10 5 0 -50 -100"},
		"fees and rebate": {fills: []string{"buy 10 A @ 100 fee 3", "sell 4 A @ 100 fee -1", "sell 12 A @ 100 fee 2"}, whole: "10 100 100 0 0", last: "6 100 100 0 0", fees: "3", opened: "-6"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			b := newBook(t, "100000")
			opened := b.now.Add(time.Duration(c.openedEarlier+1) * time.Second)
			b.fill(c.fills...)
			if (b.last.Closed == nil) != (c.whole == "") {
				t.Fatalf("closed %+v", b.last.Closed)
			}
			p, held := b.Position("A")
			if c.opened == "" != b.last.Opened.IsZero() || c.opened != "" && (b.last.Opened.Cmp(d(c.opened)) != 0 || p.Quantity.Cmp(d(c.opened)) != 0) {
				t.Fatalf("opened %s, holds %s, want %q", b.last.Opened, p.Quantity, c.opened)
			}
			if c.whole == "" {
				return
			}
			want := &PositionClosed{ClosedPart: closedPart(t, c.whole), Last: closedPart(t, c.last), OpenedAt: opened, ClosedAt: b.now}
			if c.fees != "" {
				want.Fees = d(c.fees)
			}
			equal := cmp.Comparer(func(a, b PositionClosed) bool {
				same := func(a, b ClosedPart) bool {
					return a.Quantity.Cmp(b.Quantity)|a.EntryPrice.Cmp(b.EntryPrice)|a.ExitPrice.Cmp(b.ExitPrice)|a.PnL.Cmp(b.PnL)|a.PnLPercent.Cmp(b.PnLPercent) == 0
				}
				return same(a.ClosedPart, b.ClosedPart) && same(a.Last, b.Last) && a.Fees.Cmp(b.Fees) == 0 && a.OpenedAt.Equal(b.OpenedAt) && a.ClosedAt.Equal(b.ClosedAt)
			})
			if diff := cmp.Diff(want, b.last.Closed, equal); diff != "" {
				t.Fatal(diff)
			}
			if held && !p.OpenedAt.Equal(b.now) {
				t.Errorf("what crossed zero was opened at %s, want %s", p.OpenedAt, b.now)
			}
		})
	}
}

func TestAverageEntryPriceIsThatOfTheFills(t *testing.T) {
	for name, c := range map[string]struct {
		fills []string
		want  string
	}{
		"one":                {[]string{"buy 0.486152847 A @ 231.04"}, "231.04"},
		"dust":               {[]string{"buy 0.000000001 A @ 81234.5"}, "81234.5"},
		"nine decimals":      {[]string{"buy 3 A @ 0.123456789"}, "0.123456789"},
		"two":                {[]string{"buy 3 A @ 10", "buy 6 A @ 13"}, "12"},
		"two that never end": {[]string{"buy 1 A @ 10", "buy 2 A @ 11"}, "10.66666667"},
		"a tiny price":       {[]string{"buy 1 A @ 0.0000000001", "buy 2 A @ 0.0000000002"}, "0.0000000001666666667"},
		"after a part left":  {[]string{"buy 3 A @ 10", "buy 3 A @ 11", "sell 1.000000001 A @ 50"}, "10.5"},
		"of a short":         {[]string{"short 1 A @ 10", "short 3 A @ 12"}, "11.5"},
		"free and paid":      {[]string{"buy 5 A @ 0", "buy 5 A @ 1"}, "0.5"},
	} {
		b := newBook(t, "100000")
		b.fill(c.fills...)
		if v := b.value("A 100"); v.Positions[0].EntryPrice.Cmp(d(c.want)) != 0 {
			t.Errorf("%s: %s, want %s", name, v.Positions[0].EntryPrice, c.want)
		}
	}
}

func TestHoldingPeriodIsNeverNegative(t *testing.T) {
	b := newBook(t, "100000")
	b.fill("buy 10 A @ 100")
	late := b.fillOf("sell 10 A @ 110")
	late.Time = b.now.Add(-time.Hour)
	f, err := b.Fill(late)
	if err != nil || f.Closed.HoldingPeriod() != 0 {
		t.Errorf("%+v %v", f.Closed, err)
	}
}

func TestFreeSharesAreValuedByTheirMark(t *testing.T) {
	b := newBook(t, "1000")
	b.fill("buy 10 A @ 0")
	if v := b.value(); !v.TotalValue.Equal(d("1000")) || !v.Incomplete || !v.Positions[0].CurrentPrice.IsZero() {
		t.Errorf("without a mark: %+v", v)
	}
	v := b.value("A 7")
	if !v.TotalValue.Equal(d("1070")) || !v.Unrealised.Equal(d("70")) || !v.Positions[0].EntryPrice.IsZero() || !v.Positions[0].UnrealisedPercent.IsZero() {
		t.Errorf("by a mark: %+v", v)
	}
	b.at(4, 10, 0)
	b.fill("buy 1 B @ 1") // begins another day, with a position whose last price was 0
	again, err := ParseAccount(AppendAccount(nil, b.Account))
	if err != nil {
		t.Fatal(err)
	}
	same(t, b.Account, again)
	b.fill("sell 10 A @ 3")
	if again, err = ParseAccount(AppendAccount(nil, b.Account)); err != nil {
		t.Fatal(err)
	}
	same(t, b.Account, again)
}

func TestRejectedOrdersAreCountedForTheDay(t *testing.T) {
	b := newBookOn(t, 2, "1000")
	refuse := func() { b.apply(OrderRejected{OrderID: "r", Symbol: "A", Quantity: d("1"), Time: b.tick()}) }
	refuse()
	refuse()
	if b.Rejected != 2 || b.RejectedToday(b.now) != 2 || b.RejectedToday(b.now.AddDate(0, 0, 1)) != 0 {
		t.Errorf("%d, %d of the day", b.Rejected, b.RejectedToday(b.now))
	}
	b.at(3, 10, 0)
	refuse()
	if b.Rejected != 3 || b.RejectedToday(b.now) != 1 {
		t.Errorf("%d, %d of the next day", b.Rejected, b.RejectedToday(b.now))
	}
	again, err := ParseAccount(AppendAccount(nil, b.Account))
	if err != nil {
		t.Fatal(err)
	}
	same(t, b.Account, again)
}
