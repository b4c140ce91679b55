package mailbox

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"outcry/actors/conflation"
	"outcry/actors/latency"
)

// wholes is the distribution that stages have of whole ways.
func wholes(s *latency.Stages) latency.Summary {
	counts := &latency.StageCounts{}
	counts.Read(s)
	series := latency.NewSeries(1)
	series.Observe(&counts.Whole)
	return series.Over(0)
}

// However many ticks its quotes merge, the percentiles are those of every single
// tick, looked at one by one.
func TestFreshnessIsThatOfEveryTickThatAQuoteMerges(t *testing.T) {
	for name, merges := range map[string]func(*rand.Rand) int{
		"none":         func(*rand.Rand) int { return 1 },
		"pairs":        func(*rand.Rand) int { return 2 },
		"a few":        func(r *rand.Rand) int { return 1 + r.IntN(6) },
		"many":         func(r *rand.Rand) int { return 20 + r.IntN(40) },
		"few and many": func(r *rand.Rand) int { return 1 + r.IntN(2)*r.IntN(60) },
	} {
		t.Run(name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 2))
			stages := &latency.Stages{}
			f := &Flush{tally: tally{stages: stages}}
			slot := conflation.NewSlot("A")
			at, tick := int64(1_800_000_000_000_000_000), uint64(0)
			var exact []time.Duration
			for range 4000 {
				merged := merges(rng)
				var receipts []int64
				for range merged {
					at += int64(rng.ExpFloat64() * float64(5*time.Millisecond))
					at -= at % 1000 // a slot remembers microseconds
					tick++
					slot.Received(tick, at)
					receipts = append(receipts, at)
				}
				frame := &conflation.Frame{Ticks: tick, Received: at, Published: at}
				f.Now = time.Unix(0, at+int64(rng.IntN(int(10*time.Millisecond))))
				written := f.Now.Add(time.Duration(rng.IntN(int(2 * time.Millisecond))))
				for _, receipt := range receipts {
					exact = append(exact, time.Duration(written.UnixNano()-receipt))
				}
				f.Take(slot, frame, uint32(merged))
				f.Wrote(written, 100)
			}
			got := wholes(stages)
			slices.Sort(exact)
			if got.Count != uint64(len(exact)) || got.Max != exact[len(exact)-1] {
				t.Errorf("%d ticks, the oldest %s; want %d, %s", got.Count, got.Max, len(exact), exact[len(exact)-1])
			}
			for share, p := range map[float64]time.Duration{0.50: got.P50, 0.95: got.P95, 0.99: got.P99} {
				want := exact[int(math.Ceil(share*float64(len(exact))))-1]
				if off := math.Abs(float64(p-want)) / float64(want); off > 0.06 {
					t.Errorf("P%.0f is %s, of all ticks it is %s", 100*share, p, want)
				}
			}
			if f.tally.updates != uint64(len(exact)) || f.tally.taken != 4000 || f.tally.bytes != 400_000 {
				t.Errorf("%+v", f.tally)
			}
		})
	}
}

// What an actor took and did not write, since it failed, is not counted with the
// next write.
func TestFlushThatFailedCountsNothing(t *testing.T) {
	stages := &latency.Stages{}
	f := &Flush{Now: time.Unix(100, 0), tally: tally{stages: stages}}
	slot := conflation.NewSlot("A")
	f.Take(slot, &conflation.Frame{Ticks: 1, Received: f.Now.UnixNano()}, 1)
	f.tally.forget()
	f.Wrote(f.Now, 10)
	if got := wholes(stages); got.Count != 0 {
		t.Errorf("%+v", got)
	}
}

// On goroutines that measure nothing an actor reports as anywhere.
func TestFlushWithoutStagesTakesReports(t *testing.T) {
	f := &Flush{Now: time.Unix(100, 0)}
	slot := conflation.NewSlot("A")
	f.Ingested(f.Now, f.Now, 1)
	f.Take(slot, &conflation.Frame{Ticks: 3}, 3)
	f.WroteLate(f.Held(5))
	f.Wrote(f.Now, 10)
	if f.tally.updates != 3 || f.tally.bytes != 15 {
		t.Errorf("%+v", f.tally)
	}
}

func TestDepthIsThatOfTheFullestMailbox(t *testing.T) {
	var d depth
	for _, n := range []int{1, 7, 3} {
		d.reached(n)
	}
	if lately, ever := d.read(); lately != 7 || ever != 7 {
		t.Errorf("%d, %d", lately, ever)
	}
	d.reached(2)
	if lately, ever := d.read(); lately != 2 || ever != 7 {
		t.Errorf("%d, %d", lately, ever)
	}
	if lately, _ := d.read(); lately != 0 {
		t.Errorf("%d in an interval without messages", lately)
	}
}
