package badgerjournal

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dgraph-io/badger/v4"
)

// mender makes a journal agree with itself: it takes away what follows a gap,
// and what leads to it.
type mender struct {
	result *Salvaged
	txn    *badger.Txn        // what there was at the beginning
	batch  *badger.WriteBatch // what is changed

	checkpoints map[string]uint64 // versions
	known       map[string]uint64 // the last version that anything tells of
	ends        map[string]uint64 // the last version that is kept
	rewritten   map[string]bool   // idempotency keys
}

func mend(db *badger.DB, result *Salvaged) error {
	m := &mender{
		result: result, txn: db.NewTransaction(false), batch: db.NewWriteBatch(),
		checkpoints: make(map[string]uint64), known: make(map[string]uint64), ends: make(map[string]uint64), rewritten: make(map[string]bool),
	}
	defer m.txn.Discard()
	defer m.batch.Cancel()
	for _, step := range []func() error{
		m.readCheckpoints, m.readKeys, m.mendDocuments, m.mendEvents, m.mendKeys,
		m.mendStreams, m.mendOpenMarks, m.mendCheckpoints,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return m.batch.Flush()
}

// each goes over the entries of a kind.
func (m *mender) each(kind byte, f func(key, value []byte) error) error {
	o := badger.DefaultIteratorOptions
	o.Prefix = []byte{kind}
	it := m.txn.NewIterator(o)
	defer it.Close()
	for it.Rewind(); it.Valid(); it.Next() {
		key := it.Item().KeyCopy(nil)
		if err := it.Item().Value(func(value []byte) error { return f(key, value) }); err != nil {
			return fmt.Errorf("%s: %w", describe(key), err)
		}
	}
	return nil
}

// drop takes an entry away that is damaged.
func (m *mender) drop(key []byte, reason error) error {
	m.result.lose("%s is %v", describe(key), reason)
	return m.batch.Delete(key)
}

func (m *mender) tells(stream string, version uint64) {
	m.known[stream] = max(m.known[stream], version)
}

func (m *mender) readCheckpoints() error {
	return m.each(kindCheckpoint, func(key, value []byte) error {
		c, err := parseCheckpoint(key, value)
		if err != nil {
			return m.drop(key, err)
		}
		stream := string(key[1:])
		m.checkpoints[stream] = c.Version
		m.tells(stream, c.Version)
		return nil
	})
}

func (m *mender) readKeys() error {
	return m.each(kindKey, func(key, value []byte) error {
		stream, _, err := splitKey(key)
		version, damaged := parseVersion(key, value)
		if err == nil && damaged == nil {
			m.tells(stream, version)
		}
		return nil
	})
}

func (m *mender) mendDocuments() error {
	return m.each(kindDocument, func(key, value []byte) error {
		if _, _, err := parseDocument(key, value); err != nil {
			return m.drop(key, err)
		}
		return nil
	})
}

// mendEvents collects the events of each stream that can be read, and then
// decides what is kept of it.
func (m *mender) mendEvents() error {
	var stream string
	var versions []uint64
	err := m.each(kindEvent, func(key, value []byte) error {
		name, rest, err := splitKey(key)
		version := uint64(0)
		if err == nil {
			version, err = versionOf(rest)
		}
		if err != nil {
			return m.drop(key, err)
		}
		if name != stream {
			if err := m.mendStream(stream, versions); err != nil {
				return err
			}
			stream, versions = name, versions[:0]
		}
		m.tells(name, version)
		if _, _, err := parseEvent(key, value); err != nil {
			return m.drop(key, err)
		}
		versions = append(versions, version)
		return nil
	})
	return errors.Join(err, m.mendStream(stream, versions))
}

// mendStream keeps of a stream what can be used, given the versions that can be
// read, in order.
func (m *mender) mendStream(stream string, versions []uint64) error {
	if len(versions) == 0 {
		return nil // mendStreams reports it
	}
	end := lastUsable(versions, m.checkpoints[stream])
	for _, version := range versions {
		if version > end {
			if err := m.batch.Delete(eventKey(nil, stream, version)); err != nil {
				return err
			}
			continue
		}
		if err := m.mendKeyOf(stream, version); err != nil {
			return err
		}
	}
	if end == 0 {
		return nil
	}
	m.ends[stream] = end
	if lost := missingVersions(versions, end, m.known[stream]); len(lost) > 0 {
		m.result.lose("%s: %s; it ends at %d now", stream, strings.Join(lost, ", "), end)
	}
	if err := m.giveUp(stream, versions, end); err != nil {
		return err
	}
	key := plainKey(nil, kindStream, stream)
	return m.batch.Set(key, seal(key, nil))
}

// lastUsable returns up to which version a stream can be used: without gaps from
// its first event on or, if that goes further, from its checkpoint on.
func lastUsable(versions []uint64, checkpoint uint64) uint64 {
	if end := lastBehind(versions, checkpoint); end > checkpoint || slices.Contains(versions, checkpoint) {
		return max(end, lastBehind(versions, 0))
	}
	return lastBehind(versions, 0)
}

// lastBehind returns the last version that follows another without a gap.
func lastBehind(versions []uint64, from uint64) uint64 {
	for _, version := range versions {
		if version == from+1 {
			from = version
		}
	}
	return from
}

// missingVersions says in words which versions up to known are not kept.
func missingVersions(versions []uint64, end, known uint64) (words []string) {
	const most = 5
	gap := func(from, to uint64) {
		switch {
		case from > to || len(words) > most:
		case len(words) == most:
			words = append(words, "and more")
		default:
			words = append(words, fmt.Sprintf("events %d to %d are lost", from, to))
		}
	}
	next := uint64(1)
	for _, version := range versions {
		if version > end {
			break
		}
		gap(next, version-1)
		next = version + 1
	}
	gap(next, known)
	return words
}

// mendKeyOf makes sure that the idempotency key of an event leads to it.
func (m *mender) mendKeyOf(stream string, version uint64) error {
	item, err := m.txn.Get(eventKey(nil, stream, version))
	if err != nil {
		return err
	}
	return item.Value(func(value []byte) error {
		idempotency, _, err := parseEvent(item.Key(), value)
		if err != nil || idempotency == "" {
			return err
		}
		key := idempotencyKey(nil, stream, idempotency)
		if known, err := lookup(m.txn, key); err == nil && known == version {
			return nil
		}
		m.rewritten[string(key)] = true
		return m.batch.Set(key, sealVersion(key, version))
	})
}

// mendKeys takes idempotency keys away that lead behind the end of their stream:
// those trades can be sent again. Keys of events that a checkpoint stands for
// stay.
func (m *mender) mendKeys() error {
	return m.each(kindKey, func(key, value []byte) error {
		stream, _, err := splitKey(key)
		if err != nil {
			return m.drop(key, err)
		}
		version, err := parseVersion(key, value)
		if m.rewritten[string(key)] || err == nil && version <= m.ends[stream] {
			return nil
		}
		return m.batch.Delete(key)
	})
}

// mendStreams reports the streams of which nothing is left.
func (m *mender) mendStreams() error {
	err := m.each(kindStream, func(key, _ []byte) error {
		stream := string(key[1:])
		m.tells(stream, 1)
		if m.ends[stream] == 0 {
			return errors.Join(m.giveUp(stream, nil, 0), m.batch.Delete(key))
		}
		return nil
	})
	for _, stream := range slices.Sorted(maps.Keys(m.known)) {
		if m.ends[stream] == 0 {
			m.result.lose("%s: all its events are lost, %d at least", stream, m.known[stream])
		}
	}
	return err
}

// mendCheckpoints takes checkpoints away that are ahead of their events.
func (m *mender) mendCheckpoints() error {
	for stream, version := range m.checkpoints {
		if version > m.ends[stream] {
			if err := m.batch.Delete(plainKey(nil, kindCheckpoint, stream)); err != nil {
				return err
			}
		}
	}
	return nil
}
