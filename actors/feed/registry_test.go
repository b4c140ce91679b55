package feed

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"outcry/actors/market"
)

// sinkFunc is a Sink that is a function.
type sinkFunc func(ctx context.Context, src *Source, t market.Tick) error

func (f sinkFunc) Publish(ctx context.Context, src *Source, t market.Tick) error {
	return f(ctx, src, t)
}

func TestSourceCountsWhatBecameOfItsTicks(t *testing.T) {
	opened := time.Unix(1000, 0)
	now := opened
	r := NewRegistry(func() time.Time { return now })
	src := r.Open("acme")
	answers := []error{
		nil,
		market.Refuse(market.ReasonPrice, "no"),
		fmt.Errorf("publish: %w", market.Refuse(market.ReasonPrice, "no")),
		market.Refuse("a reason of tomorrow", "no"),
		errors.New("the engine is gone"),
		nil,
	}
	sink := sinkFunc(func(_ context.Context, src *Source, _ market.Tick) error {
		now = now.Add(time.Second)
		src.Heard(now)
		answer := answers[0]
		answers = answers[1:]
		return answer
	})
	for len(answers) > 0 {
		want := answers[0]
		if got := src.Publish(context.Background(), sink, market.Tick{}); !errors.Is(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	}
	src.CountRefused(market.ReasonSyntax)

	counts := Counts{Accepted: 2, Refused: map[string]uint64{market.ReasonPrice: 2, ReasonOther: 1, market.ReasonSyntax: 1}}
	want := Status{Name: "acme", Open: true, Opened: opened, Heard: opened.Add(6 * time.Second), Counts: counts}
	if diff := cmp.Diff(Snapshot{Open: []Status{want}, Names: map[string]Counts{"acme": counts}}, r.Snapshot()); diff != "" {
		t.Fatalf("open (-want +got):\n%s", diff)
	}
	if got := r.Snapshot().LastHeard(); !got.Equal(want.Heard) {
		t.Fatalf("last heard %s", got)
	}
	src.Close()
	src.Close()
	if diff := cmp.Diff(Snapshot{Open: []Status{}, Closed: Totals{Sources: 1, Counts: counts}, ClosedHeard: want.Heard, Names: map[string]Counts{"acme": counts}}, r.Snapshot()); diff != "" {
		t.Fatalf("closed (-want +got):\n%s", diff)
	}
	if src.Status().Open || src.Live(now, time.Hour) {
		t.Fatal("a closed source is open")
	}
	if got := r.Snapshot().All(); got.Sources != 1 || got.Rejected() != 4 {
		t.Fatalf("all: %+v", got)
	}
}

func TestEveryTickIsInTheTotalsOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := NewRegistry(time.Now)
		var open []*Source
		var opened int
		var accepted, refused uint64
		sink := sinkFunc(func(context.Context, *Source, market.Tick) error { return nil })
		check := func() {
			s := r.Snapshot()
			if len(s.Open) != len(open) || s.Closed.Sources != opened-len(open) {
				t.Fatalf("%d open and %d closed, want %d of %d", len(s.Open), s.Closed.Sources, len(open), opened)
			}
			names := map[string]bool{}
			for _, o := range s.Open {
				if names[o.Name] {
					t.Fatalf("%s is open twice", o.Name)
				}
				names[o.Name] = true
			}
			if all := s.All(); all.Accepted != accepted || all.Rejected() != refused || all.Sources != opened {
				t.Fatalf("totals %+v, want %d sources, %d accepted, %d refused", all, opened, accepted, refused)
			}
		}
		pick := func(t *rapid.T) int {
			if len(open) == 0 {
				t.Skip("none open")
			}
			return rapid.IntRange(0, len(open)-1).Draw(t, "source")
		}
		t.Repeat(map[string]func(*rapid.T){
			"": func(*rapid.T) { check() },
			"open": func(t *rapid.T) {
				open = append(open, r.Open(rapid.SampledFrom([]string{"a", "b", "a#2", ""}).Draw(t, "name")))
				opened++
			},
			"close": func(t *rapid.T) {
				i := pick(t)
				open[i].Close()
				open = append(open[:i:i], open[i+1:]...)
			},
			"accept": func(t *rapid.T) {
				if err := open[pick(t)].Publish(context.Background(), sink, market.Tick{}); err != nil {
					t.Fatal(err)
				}
				accepted++
			},
			"refuse": func(t *rapid.T) {
				open[pick(t)].CountRefused(market.ReasonPrice)
				refused++
			},
		})
	})
}

func TestSourcesMayComeAndGoForEver(t *testing.T) {
	r := NewRegistry(time.Now)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 500 {
				src := r.Open("feed")
				src.CountRefused(market.ReasonSize)
				src.Close()
			}
		})
	}
	wg.Wait()
	if len(r.open) != 0 {
		t.Fatalf("%d closed sources are kept", len(r.open))
	}
	if closed := r.Snapshot().Closed; closed.Sources != 4000 || closed.Refused[market.ReasonSize] != 4000 {
		t.Fatalf("totals %+v", closed)
	}
}

func TestSourceNameIsBounded(t *testing.T) {
	src := NewRegistry(time.Now).Open(strings.Repeat("ü", 500))
	defer src.Close()
	if name := src.Name(); name != strings.Repeat("ü", 32) {
		t.Fatalf("name of %d bytes: %q", len(name), name)
	}
	odd := NewRegistry(time.Now).Open("x" + strings.Repeat("ü", 500))
	defer odd.Close()
	if name := odd.Name(); name != "x"+strings.Repeat("ü", 31) {
		t.Fatalf("name of %d bytes: %q", len(name), name)
	}
}

func TestFeedIsDownOnlyWhenNobodyCameBackInTime(t *testing.T) {
	const silence, grace = 30 * time.Second, 3 * time.Second
	now := time.Unix(1_000_000, 0)
	r := NewRegistry(func() time.Time { return now })
	expect := func(want State) {
		t.Helper()
		if got := r.Snapshot().State(now, silence, grace); got != want {
			t.Fatalf("%s, want %s", got, want)
		}
	}
	expect(Down)
	src := r.Open("acme")
	expect(Live)
	now = now.Add(silence + 1)
	expect(Stale)
	src.Heard(now)
	expect(Live)
	src.Close()
	now = now.Add(grace)
	expect(Live)
	if heard := r.Snapshot().Heard(); !heard.Equal(now.Add(-grace)) {
		t.Errorf("heard %s", heard)
	}
	now = now.Add(1)
	expect(Down)
	silent := r.Open("silent")
	now = now.Add(silence + 1)
	expect(Stale)
	second := r.Open("second") // one live feed is enough
	expect(Live)
	second.Close()
	silent.Close()
	now = now.Add(grace + 1)
	expect(Down)
}

func TestTheStatusOfAFeedOutlivesItsConnection(t *testing.T) {
	now := time.Date(2026, 3, 2, 15, 0, 0, 0, time.UTC)
	r := NewRegistry(func() time.Time { return now })
	first := r.Open("a")
	if !first.SetStatus(&market.Tick{Halted: true, Reason: "outage", Time: now}, now) {
		t.Error("the first status is not the newest")
	}
	first.Close()
	second, other := r.Open("a"), r.Open("b")
	if reason, halted := second.Halted(); !halted || reason != "outage" {
		t.Errorf("a feed that reconnects in a halt: %t %q", halted, reason)
	}
	if _, halted := other.Halted(); halted {
		t.Error("another feed is halted, too")
	}
	if second.SetStatus(&market.Tick{Resumed: true, Time: now.Add(-time.Second)}, now) {
		t.Error("an older status is the newest")
	}
	second.SetStatus(&market.Tick{Resumed: true}, now)
	if _, halted := first.Halted(); halted {
		t.Error("the symbols of the first connection stay halted")
	}
}
