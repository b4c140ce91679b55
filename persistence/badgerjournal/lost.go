package badgerjournal

import (
	"encoding/binary"
	"slices"
	"time"

	"github.com/dgraph-io/badger/v4"
)

// Which events of a stream an operator gave up is kept as a document of the store.
// Without it a journal that was salvaged would be damaged for ever: its checkpoints
// stand for those events, and only its history has a gap.

const lostPrefix = "lost/"

func lostKey(stream string) []byte { return plainKey(nil, kindDocument, lostPrefix+stream) }

// sealLost is the document that names the versions that were given up.
func sealLost(key []byte, lost []span) []byte {
	var content []byte
	for _, s := range lost {
		content = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(content, s.from), s.to)
	}
	return sealDocument(key, content, time.Time{})
}

// parseLost reads it; of one that cannot be read nothing counts as given up.
func parseLost(key, value []byte) (lost []span) {
	content, _, err := parseDocument(key, value)
	if err != nil {
		return nil
	}
	const width = 2 * versionBytes
	for ; len(content) >= width; content = content[width:] {
		lost = append(lost, span{binary.BigEndian.Uint64(content), binary.BigEndian.Uint64(content[versionBytes:])})
	}
	return lost
}

// gapsIn returns the versions that are missing among some, which are in order, up to
// an end.
func gapsIn(versions []uint64, end uint64) (gaps []span) {
	next := uint64(1)
	for _, version := range versions {
		if version > end {
			break
		}
		if version > next {
			gaps = append(gaps, span{next, version - 1})
		}
		next = version + 1
	}
	return gaps
}

// giveUp keeps with a stream which versions up to its end are lost, if any are.
func (m *mender) giveUp(stream string, versions []uint64, end uint64) error {
	key, lost := lostKey(stream), gapsIn(versions, end)
	if len(lost) > 0 {
		return m.batch.Set(key, sealLost(key, lost))
	}
	if _, err := m.txn.Get(key); err == nil {
		return m.batch.Delete(key) // of a stream that is another now
	}
	return nil
}

// lostSpans returns the versions of a stream that were given up.
func (x *examiner) lostSpans(p *progress) []span {
	if !p.looked {
		p.looked = true
		_, _ = x.get(lostKey(p.stream), func(key, value []byte) error { // none if it cannot be read
			p.lost = parseLost(key, value)
			return nil
		})
	}
	return p.lost
}

// accepted reports whether all of some missing versions were given up.
func (x *examiner) accepted(p *progress, missing span) bool {
	return slices.ContainsFunc(x.lostSpans(p), func(s span) bool { return s.from <= missing.from && missing.to <= s.to })
}

// lastLost is the last version that was given up, 0 if none was. It is known once
// the events were examined, which met the gap.
func (p *progress) lastLost() (last uint64) {
	for _, s := range p.lost {
		last = max(last, s.to)
	}
	return last
}

// hasLost reports whether versions of a stream were given up.
func hasLost(txn *badger.Txn, stream string) bool {
	_, err := txn.Get(lostKey(stream))
	return err == nil
}
