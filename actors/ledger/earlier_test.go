package ledger

import (
	"bytes"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/govalues/decimal"
)

// The files in testdata are events as the program wrote them before positions had lives,
// orders that were refused a record, and quantities more than 8 decimals; and the
// checkpoints that it made after 52 of the events and after all of them. They were made
// up by a program with a seeded generator.
const earlierFirst = 52

func earlier(t *testing.T) (events [][]byte, first, all []byte) {
	read := func(name string) []byte {
		text, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return bytes.TrimSpace(text)
	}
	return bytes.Split(read("format-1.ndjson"), []byte("\n")), read("format-1-first.checkpoint.json"), read("format-1.checkpoint.json")
}

// fold applies events to an account.
func fold(t *testing.T, a *Account, lines [][]byte) *Account {
	t.Helper()
	for i, line := range lines {
		e, err := ParseEvent(line)
		if err == nil {
			err = a.Apply(e, newYork.calendar())
		}
		if err != nil {
			t.Fatalf("event %d: %v", i+1, err)
		}
	}
	return a
}

func parseAccount(t *testing.T, text []byte) *Account {
	t.Helper()
	a, err := ParseAccount(text)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// withoutLives is an account without what an earlier version did not know.
func withoutLives(a *Account) *Account {
	a = a.Clone()
	a.lifeless = false
	for i := range a.Positions {
		a.Positions[i].Entry, a.Positions[i].Life = decimal.Zero, Life{}
	}
	return a
}

func TestEarlierEventsFoldToTheAccountThatTheyDid(t *testing.T) {
	lines, first, all := earlier(t)
	halfway := fold(t, new(Account), lines[:earlierFirst])
	same(t, withoutLives(parseAccount(t, first)), withoutLives(halfway))
	whole := fold(t, halfway.Clone(), lines[earlierFirst:])
	same(t, withoutLives(parseAccount(t, all)), withoutLives(whole))

	resumed := parseAccount(t, first)
	if !resumed.LacksLives() {
		t.Error("a checkpoint of an earlier version has lives")
	}
	resumed.AdoptLives(halfway)
	if resumed.LacksLives() {
		t.Error("the lives were adopted, and are said to be missing")
	}
	same(t, whole, fold(t, resumed, lines[earlierFirst:]))
}

func TestEarlierCheckpointGoesOnWithoutItsEvents(t *testing.T) {
	lines, first, all := earlier(t)
	resumed := fold(t, parseAccount(t, first), lines[earlierFirst:])
	same(t, withoutLives(parseAccount(t, all)), withoutLives(resumed))
	again := parseAccount(t, AppendAccount(nil, resumed))
	if again.LacksLives() {
		t.Error("a checkpoint that was written has no lives")
	}
	same(t, withoutLives(resumed), withoutLives(again))
}

func TestEarlierClosedPositionTellsItsLastPart(t *testing.T) {
	lines, _, _ := earlier(t)
	seen := 0
	for _, line := range lines {
		e, err := ParseEvent(line)
		if err != nil {
			t.Fatal(err)
		}
		f, fills := e.(OrderFilled)
		if !fills || f.Closed == nil {
			continue
		}
		seen++
		if diff := cmp.Diff(f.Closed.Last, f.Closed.ClosedPart); diff != "" {
			t.Error(diff)
		}
		if f.Closed.Quantity.IsZero() || f.Closed.PnL.Cmp(f.Realised) != 0 || f.Closed.OpenedAt.IsZero() || !f.OpenedAt.Equal(f.Closed.OpenedAt) {
			t.Errorf("%+v of %s", f.Closed, line)
		}
		written, err := ParseEvent(AppendEvent(nil, f))
		if diff := cmp.Diff(e, written); diff != "" || err != nil {
			t.Errorf("%v %s", err, diff)
		}
	}
	if seen == 0 {
		t.Error("no position was closed")
	}
}

func TestEntryOfAnEarlierFillFollowsFromItsProfit(t *testing.T) {
	for name, c := range map[string]struct {
		side                Side
		price, profit, want string
	}{
		"long": {Sell, "110", "40", "100"}, "short": {Buy, "90", "40", "100"}, "lost": {Sell, "90", "-40", "100"}, "less than nothing": {Sell, "1", "40", "0"},
	} {
		f := OrderFilled{Symbol: "A", Side: c.side, Quantity: d("4"), Price: d(c.price), Closing: true, Realised: d(c.profit), Time: noon}
		if at, price := f.Entry(); !price.Equal(d(c.want)) || !at.Equal(noon) {
			t.Errorf("%s: %s at %s, want %s", name, price, at, c.want)
		}
	}
	if _, price := (&OrderFilled{Price: d("5"), Closing: true}).Entry(); !price.Equal(d("5")) {
		t.Errorf("%s of no quantity", price)
	}
}
