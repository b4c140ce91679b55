package badgerjournal

import (
	"fmt"
	"time"

	"github.com/dgraph-io/badger/v4"

	"outcry/persistence"
)

// commitLoop is the committer: it takes what is queued, commits it and answers.
// With one request at a time each has its own commit; with many they share.
func (j *Journal) commitLoop() {
	c := &committer{journal: j, heads: make(map[string]uint64), commitTxn: (*badger.Txn).Commit}
	if j.commitTxn != nil {
		c.commitTxn = j.commitTxn
	}
	var group []*request
	for {
		group = j.queue.next(group[:0])
		if len(group) == 0 {
			return
		}
		c.commit(group)
		clear(group)
	}
}

// committer writes groups of requests. Each transaction holds as many as fit;
// its requests are answered after it is durable, also those that were refused:
// a duplicate of an event in the same transaction is known only if that is.
//
// owned by the committing goroutine
type committer struct {
	journal   *Journal
	commitTxn func(*badger.Txn) error
	heads     map[string]uint64 // the last version of each stream that was looked at

	txn     *badger.Txn
	losses  uint64     // of the database when txn began
	pending []*request // that txn answers
	asked   int        // requests among pending, without the scrub's
	count   int64      // entries in txn
	bytes   int64      // and their size, about
	buffer  []byte     // for keys that are only read
}

// maxHeads bounds what the committer remembers of streams.
const maxHeads = 1 << 20

// commit makes a group durable and answers every request of it.
func (c *committer) commit(group []*request) {
	db, err := c.journal.writable()
	if err != nil {
		answer(group, err)
		return
	}
	defer db.release()
	db.committing.Lock()
	defer db.committing.Unlock()
	if db.incomplete.Load() { // since it was looked whether it is writable
		answer(group, errIncomplete)
		return
	}
	c.write(db, group)
}

// answer ends requests with the error of their commit, or else with their own.
func answer(requests []*request, err error) {
	for _, r := range requests {
		if err != nil {
			r.done(err)
		} else {
			r.done(r.verdict)
		}
	}
}

// write puts the group into as few transactions as hold it. After a commit that
// failed nothing more is written.
func (c *committer) write(db *database, group []*request) {
	defer c.reset()
	c.begin(db)
	for i, r := range group {
		if !c.fits(db, r) && len(c.pending) > 0 {
			if err := c.finish(db); err != nil {
				answer(group[i:], err)
				return
			}
			c.begin(db)
		}
		c.take(r)
	}
	_ = c.finish(db) // its requests have the error
}

// begin makes a new transaction.
func (c *committer) begin(db *database) {
	c.losses = db.losses.Load()
	c.txn = db.NewTransaction(true)
}

// ownEntries is how many entries a transaction has before ours, or at its end:
// Badger counts its mark of the end from the beginning on.
const ownEntries = 1

// fits reports whether the transaction has room for r.
func (c *committer) fits(db *database, r *request) bool {
	count, bytes := r.size()
	return c.count+count+ownEntries < db.MaxBatchCount() && c.bytes+bytes < db.MaxBatchSize()
}

// take puts r into the transaction if it may be, and has it answered with it.
func (c *committer) take(r *request) {
	if r.verdict == nil {
		r.verdict = c.add(r)
	}
	if r.verdict == nil {
		count, bytes := r.size()
		c.count += count
		c.bytes += bytes
	}
	if r.amendment == nil {
		c.asked++
	}
	c.pending = append(c.pending, r)
}

func (c *committer) reset() {
	c.txn.Discard()
	c.txn = nil
	c.journal.recent.drop()
	if len(c.heads) > maxHeads {
		clear(c.heads)
	}
}

// finish commits the transaction and answers its requests. The error is for
// requests that were in no transaction.
func (c *committer) finish(db *database) error {
	start := time.Now()
	err := db.confirm(c.losses)
	if err != nil { // nothing was written, and what was looked up may not be so
		clear(c.heads)
		answer(c.pending, err)
	} else if err = c.sync(db); err != nil {
		err = c.failed(db, err)
	} else {
		if c.count > 0 {
			c.journal.commits.Add(time.Since(start), c.asked, c.count)
		}
		answer(c.pending, nil)
	}
	clear(c.pending)
	c.pending, c.asked, c.count, c.bytes = c.pending[:0], 0, 0, 0
	return err
}

// failed answers the requests of a commit that failed. The database is taken away
// first: it shows what it has in memory, and those who then read must be shown
// what is on disk, once that is known. A request that was refused wrote nothing,
// but why it was may have been true in this transaction alone.
func (c *committer) failed(db *database, err error) error {
	unknown := fmt.Errorf("%w: %w", persistence.ErrUnknown, err)
	err = fmt.Errorf("%w: %w", persistence.ErrUnavailable, err)
	clear(c.heads)
	c.journal.fail(db, err)
	for _, r := range c.pending {
		if r.verdict != nil {
			r.done(err)
		} else {
			r.done(unknown)
		}
	}
	return err
}

// sync makes the transaction durable, and the names of the files that it is in, and
// keeps a second copy of it.
func (c *committer) sync(db *database) error {
	if c.count == 0 {
		return nil
	}
	if err := c.commitTxn(c.txn); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	if err := c.journal.logs.settle(); err != nil {
		return err
	}
	if err := c.journal.recent.save(db.guard.committed(), db.guard.flushedVersion()); err != nil {
		c.journal.log.Warn().Err(err).Msg("no second copy of commits is kept until the next file of it")
	}
	return nil
}

// set puts an entry into the transaction.
func (c *committer) set(entry *badger.Entry) error {
	if err := c.txn.SetEntry(entry); err != nil {
		return err
	}
	c.journal.recent.add(entry.Key, entry.Value, entry.ExpiresAt, false)
	return nil
}

// remove has the transaction delete a key.
func (c *committer) remove(key []byte) error {
	if err := c.txn.Delete(key); err != nil {
		return err
	}
	c.journal.recent.add(key, nil, 0, true)
	return nil
}
