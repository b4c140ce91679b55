package badgerjournal

import (
	"maps"
	"math/rand/v2"
	"testing"
)

// What is copied into a log gets its first bytes last.
func TestAKillBeforeTheHeadOfACopyIsNoDamage(t *testing.T) {
	all, heads := crashed(t, 30, 5)
	name := only(t, all, "*.mem")
	from, to := lastCommit(t, all[name])
	heads["stream2"] -= 5 // the last of 30 commits to 3 streams
	random := rand.New(rand.NewPCG(13, 14))
	copied := 0
	for at := from; at < to; {
		e, err := decodeEntry(all[name], at)
		if err != nil {
			t.Fatal(err)
		}
		body := at - at%copyAlign + copyAlign
		if e.end-at > 256 {
			copied++
			cut := body + 1 + random.IntN(e.end-body)
			torn := with(all, name, func(data []byte) {
				clear(data[at:body])
				clear(data[cut:to])
			})
			w := walkLog(torn[name])
			if unfinished, damage := w.judge(name, torn[name]); damage != nil || w.end != from || !unfinished {
				t.Fatalf("killed at byte %d of the last commit: unfinished %t, kept until %d of %d, %v", cut-from, unfinished, w.end, from, damage)
			}
			if got, err := reread(t, write(t, torn)); err != nil || !maps.Equal(got, heads) {
				t.Fatalf("killed at byte %d of the last commit: %v, %v; want %v", cut-from, got, err, heads)
			}
		}
		at = e.end
	}
	if copied == 0 {
		t.Fatal("no entry is longer than what is copied at once")
	}
}
