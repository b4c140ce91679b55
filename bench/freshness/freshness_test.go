package freshness

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

const millisecond = int64(time.Millisecond)

// feedAll marks every tick of a tape, one every interval from a start.
func feedAll(tape *Tape, start, interval int64) {
	for k := range tape.Ticks() {
		tape.MarkFed(k, start+int64(k)*interval)
	}
}

func TestTicksGoToTheSymbolsInTurn(t *testing.T) {
	tape := NewTape(3, 10, 1, 2)
	type tick struct {
		Symbol int
		Seq    Sequence
	}
	var got []tick
	for k := range tape.Ticks() {
		symbol, seq := tape.Tick(k)
		got = append(got, tick{symbol, seq})
	}
	want := []tick{{0, 11}, {1, 11}, {2, 11}, {0, 12}, {1, 12}, {2, 12}, {0, 13}, {1, 13}, {2, 13}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("ticks differ (-want +got):\n%s", diff)
	}
	if tape.WarmTicks() != 3 || tape.Last() != 13 {
		t.Errorf("WarmTicks, Last = %d, %d, want 3, 13", tape.WarmTicks(), tape.Last())
	}
}

func TestLastFedFollowsTheFeed(t *testing.T) {
	tape := NewTape(3, 10, 0, 2)
	want := [][]Sequence{{10, 10, 10}, {11, 10, 10}, {11, 11, 10}, {11, 11, 11}, {12, 11, 11}, {12, 12, 11}, {12, 12, 12}}
	for fed, last := range want {
		if fed > 0 {
			tape.MarkFed(fed-1, 1)
		}
		for symbol, seq := range last {
			if got := tape.LastFed(symbol); got != seq {
				t.Errorf("after %d ticks LastFed(%d) = %d, want %d", fed, symbol, got, seq)
			}
		}
	}
}

func TestSkippedTickSettlesWithItsSuccessor(t *testing.T) {
	tape := NewTape(1, 0, 0, 2)
	tape.MarkFed(0, 100*millisecond)
	tape.MarkFed(1, 200*millisecond)
	r := NewRecorder()
	if held := r.Settle(tape, 0, 0, 2, 250*millisecond); held != 2 {
		t.Fatalf("held = %d, want 2", held)
	}
	if r.Settled != 2 || r.Delivered != 1 {
		t.Errorf("settled, delivered = %d, %d, want 2, 1", r.Settled, r.Delivered)
	}
	got := r.Latency()
	within(t, "p50", got.P50, 50*time.Millisecond)
	within(t, "max", got.Max, 150*time.Millisecond)
}

func TestQuotesAreJudged(t *testing.T) {
	// One symbol, base 10, sequence 11 warms up, 12 to 15 are measured, 15 is not fed.
	const now = 1000
	tests := []struct {
		name      string
		held, seq Sequence
		want      Sequence
		count     Recorder
	}{
		{"a new tick", 11, 12, 12, Recorder{Settled: 1, Delivered: 1}},
		{"a tick that skips two", 11, 14, 14, Recorder{Settled: 3, Delivered: 1}},
		{"a tick over the warm-up", 10, 12, 12, Recorder{Settled: 1, Delivered: 1}},
		{"a tick of the warm-up", 10, 11, 11, Recorder{}},
		{"a subscriber that missed the step before", 3, 12, 12, Recorder{Settled: 1, Delivered: 1}},
		{"the same tick again", 12, 12, 12, Recorder{Repeated: 1}},
		{"an older tick", 13, 12, 13, Recorder{Backwards: 1}},
		{"a tick of the step before", 8, 10, 10, Recorder{Late: 1}},
		{"a tick that is not fed yet", 12, 15, 12, Recorder{NeverFed: 1}},
		{"a tick beyond the step", 12, 16, 12, Recorder{NeverFed: 1}},
		{"a tick far beyond the step", 12, 1 << 31, 12, Recorder{NeverFed: 1}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			tape := NewTape(1, 10, 1, 4)
			for k := range 4 {
				tape.MarkFed(k, 1)
			}
			r := NewRecorder()
			if got := r.Settle(tape, 0, test.held, test.seq, now); got != test.want {
				t.Errorf("held = %d, want %d", got, test.want)
			}
			if r.Latency().Count != r.Settled {
				t.Errorf("%d latencies for %d settled ticks", r.Latency().Count, r.Settled)
			}
			r.latency, test.count.latency = nil, nil
			if *r != test.count {
				t.Errorf("counted %+v, want %+v", *r, test.count)
			}
		})
	}
}

func TestNothingIsLostOutsideTheSpanOfTheHistogram(t *testing.T) {
	h := NewHistogram()
	h.Record(-5)
	h.Record(0)
	h.Record(int64(time.Hour))
	got := h.Percentiles()
	if got.Count != 3 {
		t.Errorf("count = %d, want 3", got.Count)
	}
	within(t, "max", got.Max, 10*time.Minute)
}

// The model keeps a latency for every tick of every subscriber by looking at the
// whole history; the recorder must come to the same figures.
func TestSettlingAgreesWithTheWholeHistory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		symbols := rapid.IntRange(1, 4).Draw(t, "symbols")
		base := Sequence(rapid.IntRange(0, 5).Draw(t, "base"))
		warm := rapid.IntRange(0, 3).Draw(t, "warm")
		measured := rapid.IntRange(1, 8).Draw(t, "measured")
		tape, recorder := NewTape(symbols, base, warm, measured), NewRecorder()

		held := make([]Sequence, symbols)
		for i := range held {
			held[i] = base
		}
		fedAt := map[int]map[Sequence]int64{}
		due := map[int]map[Sequence]bool{} // measured, fed and not yet held
		for i := range symbols {
			fedAt[i], due[i] = map[Sequence]int64{}, map[Sequence]bool{}
		}
		var want []int64
		now, k := int64(1), 0
		for range rapid.IntRange(0, 40).Draw(t, "moves") {
			now += rapid.Int64Range(0, 5*millisecond).Draw(t, "pause")
			if k < tape.Ticks() && rapid.Bool().Draw(t, "feed") {
				symbol, seq := tape.Tick(k)
				tape.MarkFed(k, now)
				fedAt[symbol][seq] = now
				if seq > base+Sequence(warm) {
					due[symbol][seq] = true
				}
				k++
				continue
			}
			symbol := rapid.IntRange(0, symbols-1).Draw(t, "symbol")
			seq := Sequence(rapid.IntRange(0, int(tape.Last())+1).Draw(t, "seq"))
			if _, fed := fedAt[symbol][seq]; fed && seq > held[symbol] {
				for s := range due[symbol] {
					if s <= seq {
						want = append(want, now-fedAt[symbol][s])
						delete(due[symbol], s)
					}
				}
			}
			held[symbol] = recorder.Settle(tape, symbol, held[symbol], seq, now)
		}

		if recorder.Settled != int64(len(want)) {
			t.Fatalf("settled %d ticks, want %d", recorder.Settled, len(want))
		}
		model := NewHistogram()
		for _, latency := range want {
			model.Record(latency)
		}
		if got := recorder.Latency(); got != model.Percentiles() {
			t.Fatalf("latencies are %+v, want %+v", got, model.Percentiles())
		}
		for symbol := range symbols {
			if got := tape.Outstanding(symbol, held[symbol]); got != len(due[symbol]) {
				t.Fatalf("%d ticks of symbol %d are outstanding, want %d", got, symbol, len(due[symbol]))
			}
		}
	})
}

func TestMergeAddsUpTheLoops(t *testing.T) {
	tape := NewTape(2, 0, 0, 3)
	feedAll(tape, 1, millisecond)
	together, first, second := NewRecorder(), NewRecorder(), NewRecorder()
	for symbol, recorder := range []*Recorder{first, second} {
		for _, r := range []*Recorder{recorder, together} {
			r.Settle(tape, symbol, 0, 3, 20*millisecond)
			r.Settle(tape, symbol, 3, 1, 21*millisecond)
			r.Unrequested++
			r.Unreadable++
		}
	}
	first.Merge(second)
	if first.Latency() != together.Latency() {
		t.Errorf("latencies are %+v, want %+v", first.Latency(), together.Latency())
	}
	first.latency, together.latency = nil, nil
	if *first != *together || first.Faults() != 6 {
		t.Errorf("merged %+v with %d faults, want %+v with 6", *first, first.Faults(), *together)
	}
}

// within allows what a histogram of three digits loses.
func within(t *testing.T, what string, got, want time.Duration) {
	t.Helper()
	if difference := (got - want).Abs(); difference > want/500 {
		t.Errorf("%s = %v, want %v", what, got, want)
	}
}

func BenchmarkSettle(b *testing.B) {
	const symbols, ticks = 200, 180
	tape := NewTape(symbols, 0, 0, ticks)
	feedAll(tape, 1, 100_000)
	recorder := NewRecorder()
	b.ReportAllocs()
	var settled int64
	for i := 0; b.Loop(); i++ {
		symbol, seq := i*7%symbols, Sequence(i%(ticks-3)+3)
		recorder.Settle(tape, symbol, seq-3, seq, int64(20*time.Second)+int64(i&0xfffff)*100)
		settled += 3
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(settled), "ns/settle")
}
