package badgerjournal

import (
	"testing"
	"time"

	"outcry/persistence/faulttest"
)

func (p *faultedProcess) inject(t *testing.T, f faulttest.Fault) *faulttest.Injected {
	t.Helper()
	i, err := p.layer.Inject(f, nil)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// A compaction that cannot make one of its tables must not delete what it was made of.
func TestATableThatCannotBeMadeLosesNothing(t *testing.T) {
	for what, faults := range map[string][]faulttest.Fault{
		"its name":  {{Call: "create", Error: "EMFILE"}, {Call: "create", Error: "ENOSPC"}, {Call: "create", Error: "EIO"}},
		"its bytes": {{Call: "ftruncate", Error: "ENOSPC"}, {Call: "msync", Error: "EIO"}},
	} {
		t.Run(what, func(t *testing.T) {
			dir := t.TempDir()
			p := startFaulted(t, dir)
			for _, f := range faults {
				f.Path, f.Times = "*.sst", 1
				p.untilCompactions(t, 1)
				i := p.inject(t, f)
				p.until(t, "the fault", func(string) bool { return i.Hits() > 0 })
			}
			p.untilAcknowledged(t, 200)
			p.end(t, dir)
		})
	}
}

// The syncs of commits, of tables and of Badger's other files fail now and then.
func TestFailingSyncsLoseNothing(t *testing.T) {
	dir := t.TempDir()
	p := startFaulted(t, dir)
	i := p.inject(t, faulttest.Fault{Call: "msync", Nth: 40, Every: 40, Error: "EIO"})
	p.until(t, "all faults", func(string) bool { return i.Hits() == 20 })
	p.untilCompactions(t, 1)
	p.untilAcknowledged(t, 200)
	p.end(t, dir)
}

// The sync of a commit fails, and what it was to make durable is there nonetheless: what
// was refused may come true, and what is true may not be refused later.
func TestACommitWhoseSyncFailsLosesNothing(t *testing.T) {
	for _, f := range []faulttest.Fault{
		{Call: "msync", Path: "*.mem", Error: "EIO", Times: 1},
		{Call: "msync", Path: "*.mem", Error: "EIO", Times: 3}, // the next ones, too: as the journal is closed and opened
		{Call: "msync", Path: "*.mem", Error: "EIO", Delay: 300 * time.Millisecond, Times: 1},
		{Call: "fsync", Error: "EIO", Times: 1}, // of the names in the directory
	} {
		t.Run(f.Call+" "+f.Delay.String(), func(t *testing.T) {
			dir := t.TempDir()
			p := startFaulted(t, dir)
			for range 3 {
				p.untilAcknowledged(t, 100)
				i := p.inject(t, f)
				p.until(t, "the fault", func(string) bool { return i.Hits() == f.Times })
			}
			p.untilAcknowledged(t, 200)
			p.end(t, dir)
		})
	}
}

// A slow disk loses nothing, nor does it refuse.
func TestASlowDiskLosesNothing(t *testing.T) {
	dir := t.TempDir()
	p := startFaulted(t, dir)
	for _, f := range []faulttest.Fault{
		{Call: "msync", Every: 20, Delay: 200 * time.Millisecond, Times: 20},
		{Call: "create", Path: "*.sst", Every: 2, Delay: 300 * time.Millisecond, Times: 10},
		{Call: "fsync", Every: 3, Delay: 100 * time.Millisecond, Times: 20},
	} {
		p.inject(t, f)
	}
	p.untilCompactions(t, 3)
	p.untilAcknowledged(t, 100)
	p.end(t, dir)
	if len(p.refused) > 0 {
		t.Errorf("refused: %v", p.refused)
	}
}

// What is written to the list of tables is cut off, as by a disk that becomes full in
// the middle: a write that is short, and the next one fails.
func TestAListOfTablesThatIsCutOffLosesNothing(t *testing.T) {
	dir := t.TempDir()
	p := startFaulted(t, dir)
	for _, bytes := range []int{1, 9} {
		p.untilAcknowledged(t, 200)
		p.inject(t, faulttest.Fault{Call: "write", Path: "MANIFEST", Short: bytes, Times: 1})
		i := p.inject(t, faulttest.Fault{Call: "write", Path: "MANIFEST", Nth: 2, Times: 1, Error: "ENOSPC"})
		p.until(t, "the fault", func(string) bool { return i.Hits() > 0 })
	}
	p.untilCompactions(t, 1)
	p.untilAcknowledged(t, 200)
	p.end(t, dir)
}
