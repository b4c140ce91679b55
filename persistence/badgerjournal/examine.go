package badgerjournal

import (
	"bytes"
	"errors"
	"fmt"
	"hash/maphash"
	"math"

	"github.com/dgraph-io/badger/v4"

	"outcry/persistence"
)

// examiner reads one moment of a journal and reports where it disagrees with itself.
//
// Absence is damage, too: a block that Badger cannot read, or a table that is gone,
// is to it as if those keys had never been written, and an iterator that meets such a
// block skips the rest of the table in silence. So it seeks anew for each stream, and
// compares what going forward shows with what going back and single reads show.
type examiner struct {
	// immutable after construction
	txn      *badger.Txn
	contents *persistence.Contents
	found    func(Finding)

	// owned by the goroutine that examines
	bytes         int64 // read so far
	forward, back *badger.Iterator
	value         []byte // a buffer
}

func newExaminer(txn *badger.Txn, contents *persistence.Contents, found func(Finding)) *examiner {
	o := badger.IteratorOptions{} // values are in the tables: fetching them ahead would only copy them
	return &examiner{txn: txn, contents: contents, found: found, forward: txn.NewIterator(o)}
}

func (x *examiner) close() {
	x.forward.Close()
	if x.back != nil {
		x.back.Close()
	}
}

// progress is how far a stream was examined. Each moment of the journal may be
// another: what is appended meanwhile is examined with the rest.
type progress struct {
	stream string
	known  uint64 // a version that was there once, by what is known otherwise

	part  part
	at    uint64 // version of the last event
	leads leads  // from the idempotency keys of the events up to at to their events, by the events
	shown leads  // the same, by the keys
	from  []byte // key at which the part continues

	lost     []span          // versions whose loss an operator accepted
	looked   bool            // for lost
	reported map[string]bool // idempotency keys, with their event
	found    int             // problems
	hopeless int             // of these, those without a remedy

	generation uint64 // of its quarantine when the examination began
}

// leads is a sum of pairs of an idempotency key and its version in which their order
// makes no difference: events are in the order of versions, keys in that of names.
type leads struct{ count, sum uint64 }

// leadsSeed is another in each process, so that no two sets of pairs are made to agree.
var leadsSeed = maphash.MakeSeed()

func (l *leads) add(idempotency []byte, version uint64) {
	const mix = 0x9e3779b97f4a7c15 // odd: a multiple of it is another for each version
	h := maphash.Bytes(leadsSeed, idempotency) ^ version*mix
	h = (h ^ h>>32) * mix // else the versions of two keys could change places
	l.count, l.sum = l.count+1, l.sum+(h^h>>29)
}

// part is what of a stream is examined next.
type part uint8

const (
	partEvents part = iota
	partKeys        // do they lead to the events up to at, and nowhere else
	partLeads       // if not: which events have keys that do not
	partAstray      // and which keys lead elsewhere
	partDone
)

// add reports a problem of a stream.
func (x *examiner) add(p *progress, f Finding) {
	f.Stream = p.stream
	p.found++
	if f.remedy == noRemedy {
		p.hopeless++
	}
	x.found(f)
}

// examine goes on with a stream until it is done, or the examiner has read until bytes.
func (x *examiner) examine(p *progress, until int64) (done bool, err error) {
	for p.part != partDone {
		var ended bool
		switch p.part {
		case partEvents:
			if ended, err = x.events(p, until, x.event); err == nil && ended {
				err = x.end(p) // in the moment in which its events ended
			}
		case partKeys:
			ended, err = x.keys(p, until, x.key)
			if ended && err == nil && p.leads == p.shown {
				p.part = partAstray // whose end this is
			}
		case partLeads:
			ended, err = x.events(p, until, x.lead)
		case partAstray:
			ended, err = x.keys(p, until, x.astray)
		}
		if err != nil || !ended {
			return false, err
		}
		p.part++
		p.from = nil
	}
	return true, nil
}

// events goes over the events of a stream.
func (x *examiner) events(p *progress, until int64, look func(p *progress, version uint64, key, value []byte) error) (ended bool, err error) {
	return x.each(p, streamPrefix(nil, kindEvent, p.stream), until, func(p *progress, rest, key, value []byte) error {
		version, err := versionOf(rest)
		if err != nil {
			if p.part == partEvents {
				x.add(p, Finding{Problem: fmt.Sprintf("event of %s: %v", p.stream, err)})
			}
			return nil
		}
		return look(p, version, key, value)
	})
}

// keys goes over the idempotency keys of a stream.
func (x *examiner) keys(p *progress, until int64, look func(p *progress, idempotency, key, value []byte) error) (ended bool, err error) {
	return x.each(p, streamPrefix(nil, kindKey, p.stream), until, look)
}

// each goes over what begins with a prefix, from where the part continues.
func (x *examiner) each(p *progress, prefix []byte, until int64, look func(p *progress, rest, key, value []byte) error) (ended bool, err error) {
	if p.from == nil {
		p.from = prefix
	}
	for x.forward.Seek(p.from); x.forward.ValidForPrefix(prefix); x.forward.Next() {
		item := x.forward.Item()
		key := item.Key()
		if x.bytes > until {
			p.from = bytes.Clone(key)
			return false, nil
		}
		if x.value, err = item.ValueCopy(x.value[:0]); err == nil {
			x.bytes += int64(len(key) + len(x.value))
			err = look(p, key[len(prefix):], key, x.value)
		}
		if err != nil {
			return false, fmt.Errorf("%s: %w", describe(key), err)
		}
	}
	return true, nil
}

// event examines that an event follows the one before and is what was written.
func (x *examiner) event(p *progress, version uint64, key, value []byte) error {
	if version != p.at+1 {
		x.gap(p, span{p.at + 1, version - 1})
	}
	p.at = version
	x.contents.Events++
	idempotency, _, err := splitEvent(key, value)
	switch {
	case err != nil:
		x.add(p, Finding{Version: version, Problem: fmt.Sprintf("event %d of %s: %v", version, p.stream, err)})
	case len(idempotency) > 0:
		p.leads.add(idempotency, version)
	}
	return nil
}

// gap reports versions that are missing, unless it is known and accepted.
func (x *examiner) gap(p *progress, s span) {
	if !x.accepted(p, s) {
		x.add(p, Finding{Version: s.from, Problem: fmt.Sprintf("%s: %s are missing", p.stream, s)})
	}
}

// lead examines that the key of an event leads to it.
func (x *examiner) lead(p *progress, at uint64, key, value []byte) error {
	idempotency, _, err := splitEvent(key, value)
	if err != nil || len(idempotency) == 0 || at > p.at {
		return nil
	}
	wrong := func(r remedy, format string, args ...any) error {
		if p.reported == nil {
			p.reported = make(map[string]bool)
		}
		p.reported[string(idempotency)] = true
		problem := fmt.Sprintf("event %d of %s: its idempotency key %q %s", at, p.stream, idempotency, fmt.Sprintf(format, args...))
		x.add(p, Finding{Version: at, Key: string(idempotency), Problem: problem, remedy: r})
		return nil
	}
	version, there, err := x.versionUnder(append(streamPrefix(nil, kindKey, p.stream), idempotency...))
	switch {
	case err != nil && there:
		return wrong(setKey, "is damaged: %v", err)
	case err != nil || version == at:
		return err
	case !there:
		return wrong(setKey, "is not known, so it could be appended again")
	}
	r, err := x.remedyAstray(p.stream, idempotency, version)
	if err != nil {
		return err
	}
	return wrong(r, "leads to event %d", version)
}

// remedyAstray says whether a key may be led away from the event to which it leads:
// only if that is there and has another. Else it may be that one's.
func (x *examiner) remedyAstray(stream string, idempotency []byte, version uint64) (remedy, error) {
	r := noRemedy
	_, err := x.get(eventKey(nil, stream, version), func(key, value []byte) error {
		if other, _, err := splitEvent(key, value); err == nil && !bytes.Equal(other, idempotency) {
			r = setKey
		}
		return nil
	})
	return r, err
}

// get reads one entry.
func (x *examiner) get(key []byte, read func(key, value []byte) error) (there bool, err error) {
	item, err := x.txn.Get(key)
	if errors.Is(err, badger.ErrKeyNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, item.Value(func(value []byte) error {
		x.bytes += int64(len(key) + len(value))
		return read(key, value)
	})
}

func ignore(_, _ []byte) error { return nil }

// versionUnder reads an idempotency key. The error of one that is there is damage.
func (x *examiner) versionUnder(key []byte) (version uint64, there bool, err error) {
	var damage error
	there, err = x.get(key, func(key, value []byte) error {
		version, damage = parseVersion(key, value)
		return nil
	})
	if err == nil {
		err = damage
	}
	return version, there, err
}

// end examines what must agree with the last event.
func (x *examiner) end(p *progress) error {
	if last := x.last(p.stream); last > p.at {
		x.gap(p, span{p.at + 1, max(p.at+1, last-1)}) // going forward ended at a block that Badger cannot read
		p.at = last
	}
	if p.known > p.at {
		x.add(p, Finding{Version: p.at + 1, Problem: lostTail(p.stream, p.at, p.known)})
	}
	if err := x.mark(p); err != nil {
		return err
	}
	return x.checkpoint(p)
}

// lostTail is the problem of a stream that ends before what was saved.
func lostTail(stream string, end, head uint64) string {
	return fmt.Sprintf("%s ends at event %d, and its events up to %d were saved", stream, end, head)
}

// last returns the version of the last event, by going back from the end.
func (x *examiner) last(stream string) uint64 {
	if x.back == nil {
		x.back = x.txn.NewIterator(badger.IteratorOptions{Reverse: true})
	}
	prefix := streamPrefix(nil, kindEvent, stream)
	x.back.Seek(eventKey(nil, stream, math.MaxUint64))
	if !x.back.ValidForPrefix(prefix) {
		return 0
	}
	version, _ := versionOf(x.back.Item().Key()[len(prefix):]) // of no length but its own: reported going forward
	return version
}

// mark examines whether the stream is listed.
func (x *examiner) mark(p *progress) error {
	var damage error
	there, err := x.get(plainKey(nil, kindStream, p.stream), func(key, value []byte) error {
		_, damage = unseal(key, value)
		return nil
	})
	if err != nil {
		return err
	}
	if there {
		x.contents.Streams++
	}
	switch {
	case there && p.at == 0:
		x.add(p, Finding{Version: 1, Problem: fmt.Sprintf("%s: its events are missing", p.stream)})
	case p.at == 0: // there are keys or a checkpoint, each of which is reported
	case !there:
		x.add(p, Finding{Version: p.at, Problem: p.stream + " has events and is not listed", remedy: setMark})
	case damage != nil:
		x.add(p, Finding{Version: p.at, Problem: fmt.Sprintf("stream %q: %v", p.stream, damage), remedy: setMark})
	}
	return nil
}

// checkpoint examines the checkpoint, of which only one that cannot be read may go:
// one that is ahead proves that events are lost.
func (x *examiner) checkpoint(p *progress) error {
	var version uint64
	var damage error
	there, err := x.get(plainKey(nil, kindCheckpoint, p.stream), func(key, value []byte) error {
		c, err := parseCheckpoint(key, value)
		version, damage = c.Version, err
		return nil
	})
	if err != nil {
		return err
	}
	if there {
		x.contents.Checkpoints++
	}
	standsFor := p.lastLost()
	switch {
	case damage != nil && p.hopeless == 0 && standsFor == 0:
		x.add(p, Finding{Problem: fmt.Sprintf("checkpoint of %s: %v", p.stream, damage), remedy: dropCheckpoint})
	case damage != nil:
		x.add(p, Finding{Problem: fmt.Sprintf("checkpoint of %s: %v", p.stream, damage)})
	case version > p.at:
		x.add(p, Finding{Version: p.at + 1, Problem: fmt.Sprintf("checkpoint of %s is at version %d, and its events end at %d", p.stream, version, p.at)})
	case version < standsFor:
		x.add(p, Finding{Problem: fmt.Sprintf("%s: its checkpoint is missing or at version %d, and %d is the last of the events that it stands for", p.stream, version, standsFor)})
	}
	return nil
}

// key examines one of the keys of the events that were examined. One that leads to a
// later event must have been appended since.
func (x *examiner) key(p *progress, idempotency, key, value []byte) error {
	x.contents.Keys++
	version, err := parseVersion(key, value)
	switch {
	case err != nil:
		p.shown.count++ // which makes a difference
	case version > p.at:
		return x.astray(p, idempotency, key, value)
	default:
		p.shown.add(idempotency, version)
	}
	return nil
}

// astray reports a key that leads to no event of its own.
func (x *examiner) astray(p *progress, idempotency, key, value []byte) error {
	version, damage := parseVersion(key, value)
	switch {
	case p.reported[string(idempotency)], damage == nil && version > p.at && p.part == partAstray:
		return nil // reported by now
	case damage != nil:
		x.add(p, Finding{Key: string(idempotency), Problem: fmt.Sprintf("idempotency key %q of %s: %v", idempotency, p.stream, damage)})
		return nil
	}
	there, err := x.get(eventKey(nil, p.stream, version), func(key, value []byte) error {
		other, _, err := splitEvent(key, value)
		if err == nil && !bytes.Equal(other, idempotency) {
			x.add(p, Finding{Version: version, Key: string(idempotency),
				Problem: fmt.Sprintf("idempotency key %q of %s leads to event %d, which has the key %q", idempotency, p.stream, version, other)})
		}
		return nil // a damaged event is reported where it is examined
	})
	if err == nil && !there && !x.accepted(p, span{version, version}) {
		x.add(p, Finding{Version: version, Key: string(idempotency),
			Problem: fmt.Sprintf("idempotency key %q of %s leads to event %d, which is missing", idempotency, p.stream, version)})
	}
	return err
}
