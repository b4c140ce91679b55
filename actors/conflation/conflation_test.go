package conflation

import (
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

type countingListener struct{ told int }

func (l *countingListener) Published() { l.told++ }

// TestCursorAgreesWithAModel lets a symbol publish and subscribers read at
// random moments: each reading is the newest frame, and the ticks of all
// readings add up to what was published.
func TestCursorAgreesWithAModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		slot := NewSlot("A")
		var cursor Cursor
		cursor.Start(slot)
		var ticks, counted uint64 // published, and accounted for by readings
		var newest *Frame
		t.Repeat(map[string]func(*rapid.T){
			"publish": func(t *rapid.T) {
				ticks += uint64(rapid.IntRange(0, 5).Draw(t, "ticks"))
				if newest == nil {
					ticks++ // a symbol's first frame has a tick
				}
				newest = &Frame{Ticks: ticks}
				slot.Publish(newest)
			},
			"read": func(t *rapid.T) {
				behind := cursor.Behind(slot)
				f, merged := cursor.Next(slot)
				if (f != nil) != behind {
					t.Fatalf("behind %v but got frame %v", behind, f)
				}
				if f == nil {
					return
				}
				if f != newest {
					t.Fatal("not the newest frame")
				}
				counted += uint64(merged)
			},
			"start": func(*rapid.T) {
				cursor.Start(slot)
				counted = ticks
				if newest != nil {
					counted-- // the snapshot stands for one
				}
			},
			"": func(t *rapid.T) {
				if !cursor.Behind(slot) && counted != ticks {
					t.Fatalf("readings stand for %d ticks of %d", counted, ticks)
				}
			},
		})
	})
}

func TestVersionWrapsWithoutLookingLikeNeverGiven(t *testing.T) {
	slot := NewSlot("A")
	slot.version.Store(^uint32(0))
	slot.Publish(&Frame{Ticks: 1})
	if v := slot.Newest().version; v != 1 {
		t.Fatalf("version %d after the wrap, want 1", v)
	}
}

func TestListenersAreToldUntilTheyLeave(t *testing.T) {
	slot := NewSlot("A")
	var a, b countingListener
	slot.Publish(&Frame{})
	slot.Listen(&a)
	slot.Listen(&b)
	slot.Publish(&Frame{})
	slot.Unlisten(&a)
	slot.Publish(&Frame{})
	slot.Unlisten(&b)
	slot.Publish(&Frame{})
	if a.told != 1 || b.told != 2 || slot.Watched() {
		t.Fatalf("told %d and %d times, watched %v", a.told, b.told, slot.Watched())
	}
}

// TestReaderNeverSeesAnOlderFrameThanItsVersion runs under -race.
func TestReaderNeverSeesAnOlderFrameThanItsVersion(t *testing.T) {
	slot := NewSlot("A")
	const published = 20_000
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			var cursor Cursor
			cursor.Start(slot)
			last, total := uint64(0), uint64(cursor.ticks) // what came before Start
			for last < published {
				f, merged := cursor.Next(slot)
				if f == nil {
					continue
				}
				if f.Ticks < last {
					t.Errorf("frame of tick %d after tick %d", f.Ticks, last)
					return
				}
				total += uint64(merged)
				last = f.Ticks
			}
			if total != published {
				t.Errorf("merged counts add up to %d, want %d", total, published)
			}
		})
	}
	for i := range published {
		slot.Publish(&Frame{Ticks: uint64(i + 1)})
	}
	wg.Wait()
}

// rounds lets a worker flush for busy whenever it is not resting, and returns
// the share of the time it was busy and its longest period.
func rounds(p *Pacer, o Pace, busy, gap time.Duration, n int) (share float64, longest, lastRest time.Duration) {
	now := time.Unix(1000, 0)
	start := now
	var total time.Duration
	for range n {
		now = now.Add(busy)
		total += busy
		lastRest = p.Rest(o, now, busy, busy)
		longest = max(longest, busy+lastRest)
		now = now.Add(max(lastRest, gap))
	}
	return float64(total) / float64(now.Sub(start)), longest, lastRest
}

var pace = Pace{Budget: 200 * time.Millisecond, Ceiling: 140 * time.Millisecond, BusyShare: 0.5}

func TestIdleMachineFlushesAtOnce(t *testing.T) {
	var p Pacer
	if _, longest, _ := rounds(&p, pace, 100*time.Microsecond, time.Millisecond, 1000); longest > 100*time.Microsecond {
		t.Fatalf("a worker that is busy for a tenth of its time rested: period %s", longest)
	}
}

func TestBusyWorkerRestsWithinItsShare(t *testing.T) {
	var p Pacer
	share, longest, _ := rounds(&p, pace, 7*time.Millisecond, 0, 1000)
	if share < 0.45 || share > 0.55 {
		t.Fatalf("busy for %.2f of the time, want about 0.5", share)
	}
	if longest > 20*time.Millisecond {
		t.Fatalf("period %s: rests longer than the work demands", longest)
	}
}

func TestRestNeverPassesTheCeiling(t *testing.T) {
	for _, busy := range []time.Duration{50, 80, 120, 139, 140, 300} {
		var p Pacer
		_, longest, _ := rounds(&p, pace, busy*time.Millisecond, 0, 200)
		if limit := max(pace.Ceiling, busy*time.Millisecond); longest > limit {
			t.Errorf("rounds of %d ms come every %s, want at most %s", busy, longest, limit)
		}
	}
}

func TestDebtIsForgottenWithTheLoad(t *testing.T) {
	var p Pacer
	rounds(&p, pace, 300*time.Millisecond, 0, 100)
	_, _, rest := rounds(&p, pace, 10*time.Microsecond, time.Second, 2)
	if rest != 0 {
		t.Fatalf("rests %s a second after an overload", rest)
	}
}

func TestOldQuotesSqueezeTheRest(t *testing.T) {
	var p Pacer
	now := time.Unix(1000, 0)
	rest := func(age time.Duration) time.Duration {
		now = now.Add(60 * time.Millisecond)
		r := p.Rest(pace, now, 60*time.Millisecond, age)
		now = now.Add(r)
		return r
	}
	for range 20 {
		rest(10 * time.Millisecond)
	}
	relaxed := rest(10 * time.Millisecond)
	for range 20 {
		rest(190 * time.Millisecond)
	}
	squeezed := rest(190 * time.Millisecond)
	if squeezed >= relaxed/2 {
		t.Fatalf("rests %s although quotes are 190 ms old, %s when they are young", squeezed, relaxed)
	}
	for range 200 {
		rest(10 * time.Millisecond)
	}
	if again := rest(10 * time.Millisecond); again < relaxed*9/10 {
		t.Fatalf("rests %s long after ages came down, %s before", again, relaxed)
	}
}

func TestFloorIsAlwaysRested(t *testing.T) {
	o := pace
	o.Floor = 5 * time.Millisecond
	var p Pacer
	if _, _, rest := rounds(&p, o, time.Microsecond, 0, 10); rest != o.Floor {
		t.Fatalf("rests %s, want the floor %s", rest, o.Floor)
	}
}

func BenchmarkCursorNothingNew(b *testing.B) {
	slot := NewSlot("A")
	slot.Publish(&Frame{Ticks: 1})
	var cursor Cursor
	cursor.Next(slot)
	b.ReportAllocs()
	for b.Loop() {
		if f, _ := cursor.Next(slot); f != nil {
			b.Fatal("unexpected frame")
		}
	}
}
