package badgerjournal

import (
	"errors"
	"fmt"
	"time"

	"github.com/dgraph-io/badger/v4"

	"outcry/persistence"
)

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
		if r.append.Open != persistence.Unchanged {
			count++
			bytes += stream + overhead
		}
		return count + 1, bytes + stream + overhead
	case r.checkpoint != nil:
		return 1, int64(len(r.checkpoint.checkpoint.Data)+len(r.checkpoint.stream)) + overhead
	case r.amendment != nil:
		return r.amendment.count, r.amendment.bytes
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
		if err := c.journal.scrub.quarantine.refuse(r.append.Stream); err != nil {
			return fmt.Errorf("append to %s: %w", r.append.Stream, err)
		}
		return c.journal.scrub.met(r.append.Stream, c.addAppend(r.append))
	case r.checkpoint != nil:
		return c.addCheckpoint(r.checkpoint)
	case r.amendment != nil:
		return r.amendment.apply(c)
	}
	return c.addDocuments(r.documents)
}

func (c *committer) addAppend(a *persistence.Append) error {
	head, err := c.head(a.Stream)
	if err != nil {
		return err
	}
	if head != a.Expected {
		if head < a.Expected {
			c.journal.scrub.suspect(a.Stream) // its sender saw events that are not there
		}
		return fmt.Errorf("append to %s: %w: it is at %d, not at %d", a.Stream, persistence.ErrConflict, head, a.Expected)
	}
	if err := c.checkKeys(a); err != nil {
		return err
	}
	if head == 0 {
		key := plainKey(nil, kindStream, a.Stream)
		if err := c.set(badger.NewEntry(key, seal(key, nil))); err != nil {
			return c.broken(err)
		}
	}
	if err := c.setEvents(a); err != nil {
		return c.broken(err)
	}
	if err := c.setOpenMark(a); err != nil {
		return c.broken(err)
	}
	c.heads[a.Stream] = head + uint64(len(a.Events))
	return nil
}

// broken is an error in the middle of a request: the transaction has a part of
// it. size and the contract's limits make sure that there is room, so this is a
// mistake of ours.
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
		if err := c.set(badger.NewEntry(key, cut(from))); err != nil {
			return err
		}
		if e.Key == "" {
			continue
		}
		from = len(block)
		block = idempotencyKey(block, a.Stream, e.Key)
		key = cut(from)
		if err := c.set(badger.NewEntry(key, sealVersion(key, version))); err != nil {
			return err
		}
	}
	return nil
}

// setOpenMark sets or clears the mark of the stream. Clearing one that is not set
// costs an entry, too: looking first would cost a read in every append.
func (c *committer) setOpenMark(a *persistence.Append) error {
	key := plainKey(nil, kindOpen, a.Stream)
	switch a.Open {
	case persistence.Opened:
		return c.set(badger.NewEntry(key, seal(key, nil)))
	case persistence.Closed:
		return c.remove(key)
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
	key := plainKey(nil, kindCheckpoint, r.stream)
	if c.journal.scrub.quarantine.holds(r.stream) {
		// It may stand for events that are lost, unless the one that is there stands for more.
		if err := c.checkNewer(key, r); err != nil {
			return err
		}
	}
	if err := c.set(badger.NewEntry(key, sealCheckpoint(key, r.checkpoint))); err != nil {
		return c.broken(err)
	}
	return nil
}

// checkNewer refuses a checkpoint that is older than the one under key.
func (c *committer) checkNewer(key []byte, r *checkpointRequest) error {
	older := false
	x := &examiner{txn: c.txn}
	_, err := x.get(key, func(key, value []byte) error {
		old, damage := parseCheckpoint(key, value)
		older = damage == nil && r.checkpoint.Version < old.Version
		return nil
	})
	if err == nil && older {
		err = c.journal.scrub.quarantine.refuse(r.stream)
	}
	if err != nil {
		return fmt.Errorf("checkpoint of %s: %w", r.stream, err)
	}
	return nil
}

func (c *committer) addDocuments(documents []persistence.Document) error {
	for i := range documents {
		if err := c.setDocument(&documents[i]); err != nil {
			return c.broken(err)
		}
	}
	return nil
}

// longLifetime is from where on Badger need not take space back by itself: its
// times would overflow.
const longLifetime = 100 * 365 * 24 * time.Hour

func (c *committer) setDocument(d *persistence.Document) error {
	key := plainKey(nil, kindDocument, d.Key)
	if len(d.Value) == 0 {
		return c.remove(key)
	}
	var expires time.Time
	if d.Lifetime > 0 {
		expires = c.journal.now().Add(d.Lifetime)
	}
	entry := badger.NewEntry(key, sealDocument(key, d.Value, expires))
	if d.Lifetime > 0 && d.Lifetime < longLifetime {
		// Badger forgets by the second, and by the system's clock; parseDocument
		// decides, this only takes the space back.
		entry = entry.WithTTL(d.Lifetime + 2*time.Second)
	}
	return c.set(entry)
}
