package feed

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"outcry/actors/market"
)

func TestCountsOutliveTheirSourcesByName(t *testing.T) {
	r := NewRegistry(time.Now)
	for range 2 { // one after the other, and two at once
		first, second := r.Open("acme"), r.Open("acme")
		first.CountRefused(market.ReasonPrice)
		second.CountRefused(market.ReasonSyntax)
		first.Close()
		defer second.Close()
	}
	want := map[string]Counts{"acme": {Refused: map[string]uint64{market.ReasonPrice: 2, market.ReasonSyntax: 2}}}
	if diff := cmp.Diff(want, r.Snapshot().Names); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, r.Snapshot().Names); diff != "" {
		t.Errorf("read again (-want +got):\n%s", diff)
	}
}

func TestNamesThatFeedsMakeUpAreBounded(t *testing.T) {
	r := NewRegistry(time.Now)
	const made = 10 * maxNames
	for i := range made {
		src := r.Open(fmt.Sprint("feed ", i))
		src.CountRefused(market.ReasonPrice)
		src.Close()
	}
	names := r.Snapshot().Names
	if len(names) != maxNames+1 {
		t.Errorf("%d names", len(names))
	}
	if got := names[OtherNames].Rejected(); got != made-maxNames {
		t.Errorf("%d refused of others", got)
	}
	if got := names["feed 0"].Rejected(); got != 1 {
		t.Errorf("%d refused of the first", got)
	}
}
