package badgerjournal

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/table"
	"github.com/rs/zerolog"

	"outcry/persistence"
)

// database is an open Badger and those who are using it.
type database struct {
	// immutable after construction
	*badger.DB
	guard    *guard
	restored *atomic.Uint64
	log      zerolog.Logger
	ending   context.Context //nolint:containedctx // its own life: ends before its users are waited for
	end      context.CancelFunc
	endGuard context.CancelFunc // after its users, who may wait for the guard

	users      sync.WaitGroup
	guarding   sync.WaitGroup
	committing sync.Mutex    // held by a commit, and while entries are put back
	incomplete atomic.Bool   // entries are missing, and are being put back
	losses     atomic.Uint64 // compactions that lost entries
}

// newDatabase takes over a database that is open.
func newDatabase(db *badger.DB, g *guard, restored *atomic.Uint64, log zerolog.Logger) *database {
	d := &database{DB: db, guard: g, restored: restored, log: log}
	d.ending, d.end = context.WithCancel(context.Background())
	guarding, endGuard := context.WithCancel(context.Background())
	d.endGuard = endGuard
	d.guarding.Go(func() { g.run(guarding, d.repair) })
	return d
}

var errIncomplete = fmt.Errorf("%w: a compaction lost entries, which are being put back", persistence.ErrUnavailable)

// use counts a user in, unless entries are missing.
func (d *database) use() error {
	if d.incomplete.Load() {
		return errIncomplete
	}
	d.users.Add(1)
	return nil
}

func (d *database) release() { d.users.Done() }

// confirm reports, as an errIncomplete, whether what was read since losses were so many
// may lack entries that a compaction has lost.
func (d *database) confirm(losses uint64) error {
	d.guard.settle()
	if d.incomplete.Load() || d.losses.Load() != losses {
		return errIncomplete
	}
	return nil
}

// repair puts back what tables held that a compaction has replaced. Nothing is read or
// written meanwhile; if it fails that stays so until the next try.
func (d *database) repair(tables []badger.TableInfo) error {
	d.incomplete.Store(true) // first: a commit in flight waits for whether it is
	d.losses.Add(1)
	d.guard.lose()
	d.committing.Lock()
	defer d.committing.Unlock()
	d.log.Error().Int("tables", len(tables)).Msg("a compaction lost entries: putting them back from the tables that it replaced")
	paths := make([]string, len(tables))
	for i := range tables {
		paths[i] = table.NewFilename(tables[i].ID, d.Opts().Dir)
	}
	var lost unreadable
	err := d.putBack(entriesOfTables(paths, lost.add))
	if err = errors.Join(append(lost.errs, err)...); err != nil {
		d.log.Error().Err(err).Msg("not all entries were put back: trying again")
		return err
	}
	d.incomplete.Store(false)
	return nil
}

// putBack writes what is missing of a source, and counts it, until nothing is missing:
// compactions go on meanwhile, and may lose what was just put back.
func (d *database) putBack(source entries) error {
	for {
		missing, err := putBack(d.DB, source, time.Now())
		if err != nil {
			return fmt.Errorf("put back what the database has lost: %w", err)
		}
		if missing == 0 {
			return nil
		}
		d.guard.renewed()
		d.restored.Add(uint64(missing))
		d.log.Error().Int("entries", missing).Msg("entries put back that the database had lost: look at the disk")
	}
}

// stop waits for the users of the database and for its guard, who see that it ends.
func (d *database) stop() {
	d.end()
	d.users.Wait()
	d.endGuard()
	d.guarding.Wait()
}

// close ends a database and everything that uses it. The second copy of recent commits
// is not needed then, if complete. After an error it is closed, too: a file of it could
// not be synced or let go of, whose content was durable before. Called again it does
// nothing.
func (d *database) close() (complete bool, err error) {
	if d.IsClosed() {
		return false, nil
	}
	d.stop()
	if !d.incomplete.Load() {
		d.guard.catchUp(d.repair)
	}
	d.guard.close()
	err = d.Close()
	complete = d.guard.detach()
	if err != nil {
		return false, fmt.Errorf("close the database: %w", err)
	}
	return complete, nil
}

// discard is close where the second copy stays in any case.
func (d *database) discard() error {
	_, err := d.close()
	return err
}
