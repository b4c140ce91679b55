package badgerjournal

import (
	"errors"

	"github.com/dgraph-io/badger/v4"
)

// amendment is what the scrub asks of the committer: to look once more, and to
// repair, in the transaction that appends go into.
type amendment struct {
	count, bytes int64 // of entries that it may write
	// apply runs in the committer. An error is that nothing was to be written.
	apply func(c *committer) error
}

// amendmentsAtOnce is how many repairs share one transaction.
const amendmentsAtOnce = 128

// errUnchanged is that nothing needed to be repaired any more.
var errUnchanged = errors.New("nothing is to be repaired")

// amend has an amendment committed and waits for it.
func (j *Journal) amend(a *amendment) error {
	answer := make(chan error, 1)
	j.queue.push(&request{amendment: a, done: func(err error) { answer <- err }}, nil)
	return <-answer // the committer answers each request, also those after Close
}

// repairs is the amendment that repairs findings, each only if it is still so. done
// are those that were, once it is durable.
func repairs(findings []Finding, done *[]Finding) *amendment {
	const entryBytes = 2 * 512 // key and value
	n := int64(len(findings))
	return &amendment{count: n, bytes: n * entryBytes, apply: func(c *committer) error {
		*done = (*done)[:0]
		var changes []func() error
		for i := range findings {
			change, err := c.repair(&findings[i])
			if err != nil {
				return err // nothing was written yet
			}
			if change != nil {
				changes, *done = append(changes, change), append(*done, findings[i])
			}
		}
		for _, change := range changes {
			if err := change(); err != nil {
				return c.broken(err)
			}
		}
		if len(changes) == 0 {
			return errUnchanged
		}
		return nil
	}}
}

// repair returns what to write for a finding; nil if the transaction shows it no more.
func (c *committer) repair(f *Finding) (change func() error, err error) {
	x := &examiner{txn: c.txn}
	switch f.remedy {
	case setMark:
		return c.repairMark(x, f)
	case setKey:
		return c.repairKey(x, f)
	case dropCheckpoint:
		return c.repairCheckpoint(x, f)
	}
	return nil, nil
}

func (c *committer) repairMark(x *examiner, f *Finding) (change func() error, err error) {
	key := plainKey(nil, kindStream, f.Stream)
	var damage error
	there, err := x.get(key, func(key, value []byte) error {
		_, damage = unseal(key, value)
		return nil
	})
	if err != nil || there && damage == nil {
		return nil, err
	}
	if is, err := x.get(eventKey(nil, f.Stream, f.Version), ignore); err != nil || !is {
		return nil, err
	}
	return func() error {
		delete(c.heads, f.Stream) // that of a stream which was not listed is 0
		return c.set(badger.NewEntry(key, seal(key, nil)))
	}, nil
}

func (c *committer) repairKey(x *examiner, f *Finding) (change func() error, err error) {
	is := false
	_, err = x.get(eventKey(nil, f.Stream, f.Version), func(key, value []byte) error {
		idempotency, _, damage := splitEvent(key, value)
		is = damage == nil && string(idempotency) == f.Key
		return nil
	})
	if err != nil || !is {
		return nil, err
	}
	key := idempotencyKey(nil, f.Stream, f.Key)
	version, there, err := x.versionUnder(key)
	switch {
	case err != nil && !there:
		return nil, err
	case err == nil && there && version == f.Version:
		return nil, nil
	case err == nil && there:
		if r, err := x.remedyAstray(f.Stream, []byte(f.Key), version); err != nil || r != setKey {
			return nil, err
		}
	}
	return func() error { return c.set(badger.NewEntry(key, sealVersion(key, f.Version))) }, nil
}

func (c *committer) repairCheckpoint(x *examiner, f *Finding) (change func() error, err error) {
	key := plainKey(nil, kindCheckpoint, f.Stream)
	var damage error
	_, err = x.get(key, func(key, value []byte) error {
		_, damage = parseCheckpoint(key, value)
		return nil
	})
	if err != nil || damage == nil {
		return nil, err
	}
	return func() error { return c.remove(key) }, nil
}

// headsOf is the amendment that compares the last events of streams with what the
// committer knows of them, and calls lost for each of which events are gone that
// were saved. It writes nothing.
func headsOf(ends map[string]uint64, lost func(stream string, head uint64)) *amendment {
	return &amendment{apply: func(c *committer) error {
		for stream, end := range ends {
			head, known := c.heads[stream]
			if !known || head == end {
				continue
			}
			if last, err := lastVersion(c.txn, stream); err != nil || last != head { // else it was appended to since
				lost(stream, head)
			}
		}
		return nil
	}}
}
