package badgerjournal

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dgraph-io/badger/v4"
)

// guard notices when a compaction of Badger loses entries, and has them put back.
//
// A compaction merges tables into new ones and deletes the old. If it cannot create
// one of the new tables, Badger v4.9.6 drops the error, deletes the old tables all the
// same and reports success (decision 31). So the guard keeps the old tables until
// their entries were found in what replaced them.
//
// It keeps them by snapshots: an iterator keeps the tables on disk that existed when
// it was created. A running compaction causes a snapshot before it deletes anything,
// since Badger logs that it has merged entries before it creates the table for them.
// Each snapshot is compared with the next one, and then closed.
type guard struct {
	// immutable after construction
	attached chan struct{} // closed when the database is there, or will not be
	wake     chan struct{}

	release sync.Once // closes attached

	busy atomic.Bool // running is not empty, or what it replaced was not compared yet

	mu        sync.Mutex // guards the next block
	db        *badger.DB // nil before attach, and when opening failed
	reader    *sharedTxn // of the last commit
	snapshots []*snapshot
	flushed   uint64             // Badger's version up to which all commits are in tables
	running   map[any]bool       // compactors that may replace tables at any moment, by their ids
	verified  []badger.TableInfo // no entry of these tables was missing at the last comparison
	lossy     bool               // a comparison found that entries are missing
	settled   sync.Cond          // of mu: snapshots were compared
	closing   bool
	last      []badger.TableInfo // while closing: those that are left
	unseen    bool               // while closing: a compaction ran that no snapshot is of
}

// guardInterval is how often the guard looks for tables that came without a
// compaction, so that it does not keep memory tables that were written out.
const guardInterval = 200 * time.Millisecond

// sharedTxn is a read transaction of which several snapshots are made.
type sharedTxn struct {
	*badger.Txn
	users int // guarded by guard.mu
}

// snapshot is the state of the database at one moment. Its iterator is used by
// the goroutine that compares snapshots.
type snapshot struct {
	reader *sharedTxn
	it     *badger.Iterator // all versions, of keys alone
	tables []badger.TableInfo
}

func newGuard() *guard {
	g := &guard{attached: make(chan struct{}), wake: make(chan struct{}, 1), running: make(map[any]bool)}
	g.settled.L = &g.mu
	return g
}

// attach gives the guard its database, for which compactions have waited.
func (g *guard) attach(db *badger.DB) {
	g.mu.Lock()
	g.db = db
	g.reader = &sharedTxn{Txn: db.NewTransaction(false), users: 1}
	g.take()
	g.verified = g.snapshots[0].tables
	g.mu.Unlock()
	g.giveUp()
}

// giveUp has no compaction wait for a database any more.
func (g *guard) giveUp() { g.release.Do(func() { close(g.attached) }) }

// committed makes snapshots see a commit, and returns Badger's version of it. The
// committer calls it before it acknowledges the commit, while no other is in flight:
// a new transaction waits for those.
func (g *guard) committed() (version uint64) {
	next := &sharedTxn{Txn: g.db.NewTransaction(false), users: 1}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.drop(g.reader)
	g.reader = next
	return next.ReadTs()
}

// renewed makes a snapshot that sees everything. Running compactions may have begun with
// entries that the snapshot before does not see.
func (g *guard) renewed() {
	g.committed()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.take()
}

// flushedVersion returns Badger's version up to which all commits are in tables.
func (g *guard) flushedVersion() uint64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.flushed
}

// drop ends a use of a transaction. Needs mu.
func (g *guard) drop(t *sharedTxn) {
	if t.users--; t.users == 0 {
		t.Discard()
	}
}

// logged is called with each message of Badger's log, by the goroutine that logs it.
// Messages of compactions begin with the id of the compactor; with others Badger may hold
// locks, so they wait for none.
func (g *guard) logged(format string, args []any) {
	switch {
	case strings.Contains(format, "LOG Compact. Added"): // before the table is created
		<-g.attached
		g.mu.Lock()
		defer g.mu.Unlock()
		switch {
		case g.closing: // Badger makes no iterators any more
			g.unseen = true
		case g.db != nil:
			g.running[args[0]] = true
			g.busy.Store(true)
			if !g.holds(g.db.Tables()) {
				g.take()
			}
		}
	case strings.Contains(format, "Compaction for level"), strings.Contains(format, "LOG Compact FAILED"): // at the end
		g.mu.Lock()
		delete(g.running, args[0])
		g.mu.Unlock()
		g.hurry()
	}
}

func (g *guard) hurry() {
	select {
	case g.wake <- struct{}{}:
	default:
	}
}

// lose has no reader wait any more for whether entries are missing: they are.
func (g *guard) lose() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.lossy = true
	g.settled.Broadcast()
}

// settle waits until it is known of every compaction that has replaced tables whether
// it lost entries. What was read before the call was sound if none did.
func (g *guard) settle() {
	if !g.busy.Load() {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for !g.closing && !g.lossy && len(without(g.verified, g.db.Tables())) > 0 {
		g.hurry()
		g.settled.Wait()
	}
}

// holds reports whether the last snapshot has all of these tables. Needs mu.
func (g *guard) holds(tables []badger.TableInfo) bool {
	n := len(g.snapshots)
	return n > 0 && len(without(tables, g.snapshots[n-1].tables)) == 0
}

// take makes a snapshot. Needs mu.
func (g *guard) take() {
	o := badger.DefaultIteratorOptions
	o.PrefetchValues, o.AllVersions = false, true
	s := &snapshot{reader: g.reader}
	for s.it == nil {
		s.tables = g.db.Tables()
		s.it = g.reader.NewIterator(o)
		if now := g.db.Tables(); len(without(now, s.tables))+len(without(s.tables, now)) > 0 {
			s.it.Close() // tables came or went meanwhile: which ones it holds is not known
			s.it = nil
		}
	}
	g.reader.users++
	g.snapshots = append(g.snapshots, s)
}

// without returns the tables of one list that are not in another.
func without(tables, other []badger.TableInfo) (rest []badger.TableInfo) {
	known := make(map[uint64]struct{}, len(other))
	for i := range other {
		known[other[i].ID] = struct{}{}
	}
	for i := range tables {
		if _, found := known[tables[i].ID]; !found {
			rest = append(rest, tables[i])
		}
	}
	return rest
}

// run compares snapshots until ctx ends. repair puts back what tables held; while it
// fails it is called again, and the tables stay.
func (g *guard) run(ctx context.Context, repair func(tables []badger.TableInfo) error) {
	tick := time.NewTicker(guardInterval)
	defer tick.Stop()
	for {
		g.catchUp(repair)
		select {
		case <-ctx.Done():
			return
		case <-g.wake:
		case <-tick.C:
		}
	}
}

// catchUp compares all snapshots that there are, each with the next.
func (g *guard) catchUp(repair func(tables []badger.TableInfo) error) {
	g.mu.Lock()
	g.renew()
	g.mu.Unlock()
	for {
		before, after := g.oldest()
		if before == nil {
			return
		}
		lost := lostTables(before, after)
		err := error(nil)
		if len(lost) > 0 {
			err = repair(lost)
		}
		if err != nil {
			return
		}
		g.compared(after)
		before.it.Close() // Badger deletes the tables that nothing else holds
		g.mu.Lock()
		g.snapshots = g.snapshots[1:]
		g.drop(before.reader)
		g.mu.Unlock()
	}
}

// compared notes that a snapshot was compared with the one before it.
func (g *guard) compared(s *snapshot) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.verified, g.lossy = s.tables, false
	if len(g.running) == 0 && s == g.snapshots[len(g.snapshots)-1] && len(without(s.tables, g.db.Tables())) == 0 {
		g.busy.Store(false)
	}
	g.settled.Broadcast()
}

// renew makes a snapshot if tables came or went since the last one. Needs mu.
func (g *guard) renew() {
	tables := g.db.Tables()
	for i := range tables {
		g.flushed = max(g.flushed, tables[i].MaxVersion)
	}
	last := g.snapshots[len(g.snapshots)-1].tables
	if len(without(tables, last))+len(without(last, tables)) > 0 {
		g.take()
	}
}

// oldest returns the two oldest snapshots, or nil if there is one.
func (g *guard) oldest() (before, after *snapshot) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.snapshots) < 2 {
		return nil, nil
	}
	return g.snapshots[0], g.snapshots[1]
}

// close prepares for the end of the database, after run has ended.
func (g *guard) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closing, g.last = true, g.db.Tables()
	g.settled.Broadcast()
}

// informed is called for each message of Badger's log that is about its state. It waits
// for no lock but at the one that lists the tables, when no compaction runs any more and
// they are still open: Badger holds locks of its own while it logs that writes waited for
// compactions, and a snapshot that is being taken waits for those.
func (g *guard) informed(format string) {
	if !strings.Contains(format, "Level Done") {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closing {
		g.last = g.db.Tables()
	}
}

// detach ends the guard once the database is closed. Tables that were replaced since
// the last comparison stay on disk: whether something is missing in what replaced them
// is looked at when the journal is opened again. It reports whether all that was ever
// committed was found in tables, or stays in such.
func (g *guard) detach() (complete bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closing = false
	for _, s := range g.snapshots {
		if len(without(s.tables, g.last)) == 0 {
			s.it.Close()
		}
	}
	g.snapshots = nil
	return !g.unseen
}
