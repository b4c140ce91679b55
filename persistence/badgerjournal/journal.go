package badgerjournal

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/rs/zerolog"

	"outcry/persistence"
)

// Journal is a persistence.Journal and a persistence.Store in one directory.
type Journal struct {
	// immutable after construction
	dir     string
	options Options
	log     zerolog.Logger
	now     func() time.Time
	disk    *disk
	stop    context.CancelFunc
	running sync.WaitGroup // the committer and the housekeeper
	queue   *queue
	stats   stats

	mu       sync.RWMutex // guards the next block
	database *database    // nil while it cannot be opened
	failure  error        // why, an ErrUnavailable
	closed   bool
}

// database is an open Badger and those who are reading it.
type database struct {
	*badger.DB
	readers sync.WaitGroup
}

var (
	_ persistence.Journal = (*Journal)(nil)
	_ persistence.Store   = (*Journal)(nil)
)

// Open opens the journal in dir, which it makes if need be. A disk that is full
// or read-only is no error: the journal is unavailable then and opens by itself
// once it can. Another process in the directory is (ErrLocked), and so is damage
// (ErrCorrupt), of which nothing was touched.
func Open(dir string, o Options, log zerolog.Logger, now func() time.Time) (*Journal, error) {
	if err := o.Validate(); err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	j := &Journal{dir: dir, options: o, log: log, now: now, disk: newDisk(dir, o.ReserveBytes), queue: newQueue(o.MaxGroup, o.MaxQueueBytes)}
	if err := j.reopen(); err != nil && !errors.Is(err, persistence.ErrUnavailable) {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	j.stop = cancel
	j.running.Go(j.commitLoop)
	j.running.Go(func() { j.housekeep(ctx) })
	return j, nil
}

// reopen opens the database if it is not open.
func (j *Journal) reopen() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.database != nil {
		return nil
	}
	db, err := openDatabase(j.dir, j.options, j.disk, j.log)
	if err != nil {
		if !errors.Is(err, persistence.ErrUnavailable) {
			j.log.Error().Err(err).Msg("journal not opened")
		} else if j.failure == nil || j.failure.Error() != err.Error() {
			j.log.Warn().Err(err).Msg("journal unavailable; it opens by itself once it can")
		}
		j.failure = err
		return err
	}
	if j.failure != nil {
		j.log.Info().Msg("journal available again")
	}
	j.database, j.failure = &database{DB: db}, nil
	return nil
}

// drop closes the database after a commit that failed: only opening it again
// shows what of the commit is on disk.
func (j *Journal) drop(reason error) {
	j.mu.Lock()
	db := j.database
	j.database, j.failure = nil, fmt.Errorf("%w: %w", persistence.ErrUnavailable, reason)
	j.mu.Unlock()
	if db == nil {
		return
	}
	db.readers.Wait()
	if err := db.Close(); err != nil {
		j.log.Warn().Err(err).Msg("database not closed cleanly after a failed commit")
	}
}

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
	j.database.readers.Add(1)
	return j.database, nil
}

func (d *database) release() { d.readers.Done() }

// Available says why appends are refused. persistence.Journal.
func (j *Journal) Available() error {
	db, err := j.acquire()
	if err != nil {
		return err
	}
	defer db.release()
	return j.disk.check()
}

// Close makes what was queued durable and releases the directory.
// persistence.Journal.
func (j *Journal) Close() error {
	j.queue.close()
	j.stop()
	j.running.Wait()
	j.mu.Lock()
	db := j.database
	j.database, j.closed = nil, true
	j.mu.Unlock()
	if db == nil {
		return nil
	}
	db.readers.Wait()
	if err := j.disk.checkRoom(reserveTables * j.options.MemTableBytes); err != nil {
		// Closing writes the tables in memory out, for which there is no room. All
		// of it is in the log, as after a crash; the end of the process closes the rest.
		j.log.Warn().Err(err).Msg("journal left as after a crash: nothing is lost")
		return nil
	}
	if err := db.Close(); err != nil {
		return fmt.Errorf("close the journal: %w", err)
	}
	return nil
}
