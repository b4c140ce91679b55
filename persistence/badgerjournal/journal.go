package badgerjournal

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/rs/zerolog"

	"outcry/persistence"
)

// Journal is a persistence.Journal and a persistence.Store in one directory.
type Journal struct {
	reader // Read, ReadBack, Lookup, Checkpoint, Streams, Get and Scan

	// immutable after construction
	dir       string
	options   Options // those it was opened with
	log       zerolog.Logger
	now       func() time.Time
	disk      *disk
	logs      *logKeeper
	recent    *recentCommits
	stop      context.CancelFunc
	running   sync.WaitGroup // the committer, the housekeeper and the scrub
	failed    chan struct{}  // wakes the housekeeper
	queue     *queue
	commits   persistence.CommitCounter
	scrub     *scrub
	commitTxn func(*badger.Txn) error // a test's, instead of Badger's

	// atomic: written by Configure, read by a backup
	live atomic.Pointer[Options]

	restored atomic.Uint64 // entries that were put back: written by databases, read by Stats

	lock     *lock          // owned by who opens and closes the database
	examined examinedTables // written by Examine, before Begin

	mu       sync.RWMutex // guards the next block
	database *database    // nil while it cannot be opened
	broken   *database    // to be closed and opened again
	failure  error        // why database is nil
	closed   bool
}

var _ persistence.Storage[Options] = (*Journal)(nil)

// Open opens the journal in dir, which it makes if need be. A disk that is full
// or read-only is no error: the journal is unavailable then and opens by itself
// once it can. Another process in the directory is (ErrLocked), and so is damage
// (ErrCorrupt), of which nothing was touched.
func Open(dir string, o Options, log zerolog.Logger, now func() time.Time) (*Journal, error) {
	j, err := Prepare(dir, o, log, now)
	if err != nil {
		return nil, err
	}
	if err := j.Begin(); err != nil {
		return nil, err
	}
	return j, nil
}

// Prepare returns a journal that is not open yet: it refuses what it is asked
// (ErrUnavailable) until Begin. Another process may have the directory meanwhile.
func Prepare(dir string, o Options, log zerolog.Logger, now func() time.Time) (*Journal, error) {
	if err := o.Validate(); err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	j := newJournal(dir, o, log, now)
	j.failure = errNotBegun
	return j, nil
}

var errNotBegun = fmt.Errorf("%w: it is not open yet", persistence.ErrUnavailable)

// Begin opens a journal that was prepared. Its errors are those of Open; the
// journal need not be closed after one.
func (j *Journal) Begin() error {
	if err := j.reopen(); err != nil && !errors.Is(err, persistence.ErrUnavailable) {
		j.lock.release()
		return err
	}
	j.examined = nil // of this moment
	j.start()
	return nil
}

func newJournal(dir string, o Options, log zerolog.Logger, now func() time.Time) *Journal {
	j := &Journal{
		dir: dir, options: o, log: log, now: now,
		disk: newDisk(dir, o.ReserveBytes), logs: newLogKeeper(dir, o.logBytes()), lock: &lock{},
		recent: newRecentCommits(dir, o.MemTableBytes),
		failed: make(chan struct{}, 1), queue: newQueue(o.MaxGroup, o.MaxQueueBytes),
	}
	j.live.Store(&o)
	j.scrub = newScrub(j)
	j.reader = reader{view: j.view, now: now, met: j.scrub.met}
	return j
}

func (j *Journal) start() {
	ctx, cancel := context.WithCancel(context.Background())
	j.stop = cancel
	j.running.Go(j.commitLoop)
	j.running.Go(func() { j.housekeep(ctx) })
	j.running.Go(func() { j.scrub.run(ctx) })
}

// Configure changes what can be changed while the journal is open: its reserve, the
// rate of backups, and the rate and interval of scrubs.
func (j *Journal) Configure(o Options) error {
	if err := o.Validate(); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	j.live.Store(&o)
	j.disk.reserve.Store(o.ReserveBytes)
	j.scrub.wake()
	return nil
}

// Options returns those in force.
func (j *Journal) Options() Options { return *j.live.Load() }

// acquire returns the open database; release follows.
func (j *Journal) acquire() (*database, error) {
	j.mu.RLock()
	defer j.mu.RUnlock()
	switch {
	case j.closed:
		return nil, persistence.ErrClosed
	case j.database == nil:
		return nil, j.failure
	}
	if err := j.database.use(); err != nil {
		return nil, err
	}
	return j.database, nil
}

// writable is acquire if there is room on the disk.
func (j *Journal) writable() (*database, error) {
	db, err := j.acquire()
	if err != nil {
		return nil, err
	}
	if err := j.disk.check(); err != nil {
		db.release()
		return nil, err
	}
	return db, nil
}

// Available says why appends are refused. persistence.Journal.
func (j *Journal) Available() error {
	db, err := j.writable()
	if err != nil {
		return err
	}
	db.release()
	return nil
}

// Close makes what was queued durable and releases the directory. On a full
// disk it leaves the directory as a crash would, locked until the process ends:
// nothing is lost. persistence.Journal.
func (j *Journal) Close() error {
	j.queue.close()
	if j.stop != nil {
		j.stop()
	}
	j.running.Wait()
	j.mu.Lock()
	db := j.database
	if db == nil {
		db = j.broken
	}
	j.database, j.broken, j.closed = nil, nil, true
	j.mu.Unlock()
	if db != nil {
		if err := j.closeDatabase(db); err != nil {
			db.stop()
			j.log.Warn().Err(err).Msg("journal left as after a crash: nothing that was acknowledged is lost")
			return nil
		}
	}
	j.logs.close()
	j.recent.close()
	j.lock.release()
	return nil
}

// closeDatabase closes a database, if there is room for the tables in memory, which
// closing writes out. The second copy of what they hold is not needed then.
func (j *Journal) closeDatabase(db *database) error {
	if err := j.disk.checkRoom(closingTables*j.options.MemTableBytes, closingFiles); err != nil {
		return err
	}
	complete, err := db.close()
	if err != nil {
		j.log.Warn().Err(err).Msg("journal not closed cleanly: nothing that was acknowledged is lost")
	}
	if !complete {
		return nil // the second copy is compared when it is opened again
	}
	return emptyRecent(j.dir)
}
