package badgerjournal

import (
	"errors"
	"fmt"

	"outcry/persistence"
)

// fail takes a database away after a commit that failed: only opening it again
// shows what of the commit is on disk. The housekeeper does that.
func (j *Journal) fail(db *database, reason error) {
	j.log.Error().Err(reason).Msg("commit failed: opening the journal again to see what of it is on disk")
	j.mu.Lock()
	j.database, j.broken, j.failure = nil, db, reason
	j.mu.Unlock()
	select {
	case j.failed <- struct{}{}:
	default:
	}
}

// reopen opens the database if it is not open. Only Begin and then the
// housekeeper call it.
func (j *Journal) reopen() error {
	j.mu.RLock()
	opened, broken := j.database != nil, j.broken
	j.mu.RUnlock()
	if opened {
		return nil
	}
	db, err := j.tryOpen(broken)
	j.mu.Lock()
	defer j.mu.Unlock()
	if err == nil {
		if j.failure != nil && !errors.Is(j.failure, errNotBegun) {
			j.log.Info().Msg("journal available again")
		}
		j.database, j.broken, j.failure = db, nil, nil
		return nil
	}
	if !errors.Is(err, persistence.ErrUnavailable) {
		j.log.Error().Err(err).Msg("journal not opened")
		if j.stop != nil { // after a start: appends are refused until somebody looks
			err = fmt.Errorf("%w: %w", persistence.ErrUnavailable, err)
		}
	} else if j.failure == nil || j.failure.Error() != err.Error() {
		j.log.Warn().Err(err).Msg("journal unavailable; it opens by itself once it can")
	}
	j.failure = err
	return err
}

// tryOpen opens the database, after it closed a broken one.
func (j *Journal) tryOpen(broken *database) (*database, error) {
	if broken == nil {
		return j.open()
	}
	if err := j.closeDatabase(broken); err != nil {
		return nil, unavailable(err)
	}
	// What the failed commit left may be in the kernel's memory alone, which believes it
	// written. Opening copies it into a table first, so that nothing is built on what a
	// power cut would take.
	return j.open()
}

func (j *Journal) open() (*database, error) {
	op := &opener{
		dir: j.dir, options: j.options, disk: j.disk, lock: j.lock, examined: j.examined, log: j.log, restored: &j.restored,
	}
	db, err := op.open()
	if err != nil {
		return nil, err
	}
	j.logs.forget()
	if err := j.recent.begin(); err != nil {
		return nil, unavailableOr(errors.Join(err, db.discard()))
	}
	return db, nil
}

func unavailable(err error) error {
	if errors.Is(err, persistence.ErrUnavailable) {
		return err
	}
	return fmt.Errorf("%w: %w", persistence.ErrUnavailable, err)
}
