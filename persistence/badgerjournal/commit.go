package badgerjournal

import (
	"errors"
	"fmt"
	"time"

	"github.com/dgraph-io/badger/v4"

	"outcry/persistence"
)

var errQueueFull = fmt.Errorf("%w: too much waits to be written; try again in a moment", persistence.ErrUnavailable)

// Append queues a. persistence.Journal.
func (j *Journal) Append(a persistence.Append) {
	const overhead = 128 // of an event in memory, about
	r := &request{append: &a, done: a.Done}
	for i := range a.Events {
		r.bytes += int64(len(a.Events[i].Key)+len(a.Events[i].Data)) + overhead
	}
	j.queue.push(r)
}

// SaveCheckpoint queues a checkpoint. persistence.Journal.
func (j *Journal) SaveCheckpoint(stream string, c persistence.Checkpoint, done func(error)) {
	j.queue.push(&request{checkpoint: &checkpointRequest{stream, c}, done: orNothing(done), bytes: int64(len(c.Data))})
}

// Put queues documents. persistence.Store.
func (j *Journal) Put(documents []persistence.Document, done func(error)) {
	r := &request{documents: documents, done: orNothing(done)}
	for i := range documents {
		r.bytes += int64(len(documents[i].Key) + len(documents[i].Value))
	}
	j.queue.push(r)
}

func orNothing(done func(error)) func(error) {
	if done == nil {
		return func(error) {}
	}
	return done
}

// commitLoop is the committer: it takes what is queued, commits it and answers.
// With one request at a time each has its own commit; with many they share.
func (j *Journal) commitLoop() {
	c := &committer{journal: j, heads: make(map[string]uint64)}
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

// committer writes groups of requests.
//
// owned by the committing goroutine
type committer struct {
	journal *Journal
	heads   map[string]uint64 // the last version of each stream that was looked at
	txn     *badger.Txn
	pending []*request // in txn
	count   int64      // entries in txn
	bytes   int64      // and their size, about
	buffer  []byte     // for keys that are only read
}

// maxHeads bounds what the committer remembers of streams.
const maxHeads = 1 << 20

// commit makes a group durable and answers every request of it.
func (c *committer) commit(group []*request) {
	err := c.ready()
	if err != nil {
		for _, r := range group {
			if r.refused != nil {
				err = r.refused
			}
			r.done(err)
		}
		return
	}
	db, err := c.journal.acquire()
	if err != nil {
		for _, r := range group {
			r.done(err)
		}
		return
	}
	failed := c.write(db, group)
	db.release()
	if failed != nil {
		clear(c.heads)
		c.journal.log.Error().Err(failed).Msg("commit failed: opening the journal again to see what of it is on disk")
		c.journal.drop(failed)
	}
}

// ready opens the journal if need be and looks at the disk.
func (c *committer) ready() error {
	if err := c.journal.reopen(); err != nil {
		if !errors.Is(err, persistence.ErrUnavailable) {
			err = fmt.Errorf("%w: %w", persistence.ErrUnavailable, err)
		}
		return err
	}
	return c.journal.disk.check()
}

// write puts the group into as few transactions as hold it. The error is that
// of a commit, after which nothing more is written.
func (c *committer) write(db *database, group []*request) error {
	defer c.reset()
	c.txn = db.NewTransaction(true)
	for i, r := range group {
		if r.refused != nil {
			r.done(r.refused)
			continue
		}
		count, bytes := r.size()
		if c.count+count > db.MaxBatchCount()-1 || c.bytes+bytes > db.MaxBatchSize()-1 {
			if len(c.pending) > 0 {
				if err := c.finish(); err != nil {
					c.refuse(group[i:], err)
					return err
				}
				c.txn = db.NewTransaction(true)
			}
			if count > db.MaxBatchCount()-1 || bytes > db.MaxBatchSize()-1 {
				r.done(fmt.Errorf("%w: %d bytes in one append are too many: at most %d", persistence.ErrInvalid, bytes, db.MaxBatchSize()))
				continue
			}
		}
		if err := c.add(r); err != nil {
			r.done(err)
			continue
		}
		c.pending = append(c.pending, r)
		c.count += count
		c.bytes += bytes
	}
	return c.finish()
}

func (c *committer) reset() {
	c.txn.Discard()
	c.txn = nil
	clear(c.pending)
	c.pending, c.count, c.bytes = c.pending[:0], 0, 0
	if len(c.heads) > maxHeads {
		clear(c.heads)
	}
}

// finish commits the transaction and answers what is in it.
func (c *committer) finish() error {
	if len(c.pending) == 0 {
		return nil
	}
	start := time.Now()
	err := c.txn.Commit()
	if err != nil {
		err = fmt.Errorf("%w: %w", persistence.ErrUnavailable, err)
	} else {
		c.journal.stats.committed(time.Since(start), len(c.pending), c.count)
	}
	c.refuse(c.pending, err)
	clear(c.pending)
	c.pending, c.count, c.bytes = c.pending[:0], 0, 0
	return err
}

// refuse answers requests with one error, nil for success.
func (c *committer) refuse(requests []*request, err error) {
	for _, r := range requests {
		r.done(err)
	}
}

// size is how many entries a request makes, and about how large they are.
func (r *request) size() (count, bytes int64) {
	const overhead = 64 // of an entry, above its key and value
	switch {
	case r.append != nil:
		stream := int64(len(r.append.Stream))
		for i := range r.append.Events {
			e := &r.append.Events[i]
			count += 2
			bytes += int64(2*len(e.Key)+len(e.Data)) + 2*(stream+overhead)
		}
		return count + 1, bytes + stream + overhead
	case r.checkpoint != nil:
		return 1, int64(len(r.checkpoint.checkpoint.Data)+len(r.checkpoint.stream)) + overhead
	}
	for i := range r.documents {
		bytes += int64(len(r.documents[i].Key)+len(r.documents[i].Value)) + overhead
	}
	return int64(len(r.documents)), bytes
}

// add puts a request into the transaction, all of it or nothing.
func (c *committer) add(r *request) error {
	switch {
	case r.append != nil:
		return c.addAppend(r.append)
	case r.checkpoint != nil:
		return c.addCheckpoint(r.checkpoint)
	}
	return c.addDocuments(r.documents)
}

func (c *committer) addAppend(a *persistence.Append) error {
	if err := persistence.CheckAppend(a); err != nil {
		return err
	}
	head, err := c.head(a.Stream)
	if err != nil {
		return err
	}
	if head != a.Expected {
		return fmt.Errorf("append to %s: %w: it is at %d, not at %d", a.Stream, persistence.ErrConflict, head, a.Expected)
	}
	if err := c.checkKeys(a); err != nil {
		return err
	}
	if head == 0 {
		key := plainKey(nil, kindStream, a.Stream)
		if err := c.txn.Set(key, seal(key, nil)); err != nil {
			return c.broken(err)
		}
	}
	if err := c.setEvents(a); err != nil {
		return c.broken(err)
	}
	c.heads[a.Stream] = head + uint64(len(a.Events))
	return nil
}

// broken is an error in the middle of a request: the transaction has a part of
// it. size has made sure that there is room, so this is a mistake of ours.
func (c *committer) broken(err error) error {
	panic(fmt.Sprintf("badgerjournal: an entry did not fit into a transaction of %d entries and %d bytes: %v", c.count, c.bytes, err))
}

func (c *committer) setEvents(a *persistence.Append) error {
	const margin = 32 // around the data and the keys
	size := 0
	for i := range a.Events {
		size += 2*(len(a.Stream)+len(a.Events[i].Key)) + len(a.Events[i].Data) + 4*margin
	}
	// One block for all of the append: Badger keeps its slices until the commit.
	block := make([]byte, 0, size)
	cut := func(from int) []byte { return block[from:len(block):len(block)] }
	for i := range a.Events {
		e, version := &a.Events[i], a.Expected+uint64(i)+1
		from := len(block)
		block = eventKey(block, a.Stream, version)
		key := cut(from)
		from = len(block)
		block = appendEvent(block, key, e)
		if err := c.txn.Set(key, cut(from)); err != nil {
			return err
		}
		if e.Key == "" {
			continue
		}
		from = len(block)
		block = idempotencyKey(block, a.Stream, e.Key)
		key = cut(from)
		if err := c.txn.Set(key, sealVersion(key, version)); err != nil {
			return err
		}
	}
	return nil
}

// head returns the last version of a stream.
func (c *committer) head(stream string) (uint64, error) {
	if head, known := c.heads[stream]; known {
		return head, nil
	}
	head, err := lastVersion(c.txn, stream)
	if err != nil {
		return 0, err
	}
	c.heads[stream] = head
	return head, nil
}

// checkKeys reports the keys that the stream knows.
func (c *committer) checkKeys(a *persistence.Append) error {
	if a.Expected == 0 {
		return nil
	}
	var known map[int]uint64
	for i := range a.Events {
		if a.Events[i].Key == "" {
			continue
		}
		c.buffer = idempotencyKey(c.buffer[:0], a.Stream, a.Events[i].Key)
		version, err := lookup(c.txn, c.buffer)
		if errors.Is(err, persistence.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if known == nil {
			known = make(map[int]uint64)
		}
		known[i] = version
	}
	if known == nil {
		return nil
	}
	return fmt.Errorf("append to %s: %w", a.Stream, &persistence.DuplicateError{Known: known})
}

func (c *committer) addCheckpoint(r *checkpointRequest) error {
	if err := persistence.CheckCheckpoint(r.stream, &r.checkpoint); err != nil {
		return err
	}
	key := plainKey(nil, kindCheckpoint, r.stream)
	if err := c.txn.Set(key, sealCheckpoint(key, r.checkpoint)); err != nil {
		return c.broken(err)
	}
	return nil
}

func (c *committer) addDocuments(documents []persistence.Document) error {
	for i := range documents {
		if err := persistence.CheckDocument(&documents[i]); err != nil {
			return err
		}
	}
	for i := range documents {
		if err := c.setDocument(&documents[i]); err != nil {
			return c.broken(err)
		}
	}
	return nil
}

func (c *committer) setDocument(d *persistence.Document) error {
	key := plainKey(nil, kindDocument, d.Key)
	if len(d.Value) == 0 {
		return c.txn.Delete(key)
	}
	var expires time.Time
	if d.Lifetime > 0 {
		expires = c.journal.now().Add(d.Lifetime)
	}
	entry := badger.NewEntry(key, sealDocument(key, d.Value, expires))
	if d.Lifetime > 0 {
		// Badger forgets by the second, and by the system's clock; parseDocument
		// decides, this only takes the space back.
		entry = entry.WithTTL(d.Lifetime + 2*time.Second)
	}
	return c.txn.SetEntry(entry)
}
