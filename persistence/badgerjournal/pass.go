package badgerjournal

import (
	"bytes"
	"fmt"
	"math"
	"strconv"

	"github.com/dgraph-io/badger/v4"

	"outcry/persistence"
)

// pass goes over all of a journal in pieces, each of which may read another moment
// of it: first the streams that are listed, one by one, then those that have entries
// without being listed, documents, and what is of no kind that is known.
//
// owned by the goroutine that makes it
type pass struct {
	// immutable after construction
	known func(stream string) (version, generation uint64) // what a quarantine knows of a stream; nil for none
	ended func(p *progress)                                // is called after each stream; nil for none

	step    int      // index of passSteps
	from    []byte   // key at which the step continues, nil for its beginning
	names   []string // streams to be examined next
	current *progress
	seen    map[string]bool // streams that are not listed, and were examined
}

// passSteps are done in this order. Each returns whether it is done.
var passSteps = []func(w *pass, x *examiner, until int64) (ended bool, err error){
	(*pass).listed,
	unlisted(kindEvent, streamOfKey),
	unlisted(kindKey, streamOfKey),
	unlisted(kindCheckpoint, streamOfName),
	(*pass).openMarks,
	(*pass).documents,
	(*pass).rest,
}

// piece examines until the examiner has read about that many bytes.
func (w *pass) piece(x *examiner, bytes int64) (more bool, err error) {
	until := bytes
	if bytes < math.MaxInt64-x.bytes {
		until += x.bytes
	}
	for w.step < len(passSteps) {
		ended, err := passSteps[w.step](w, x, until)
		if err != nil || !ended {
			return true, err
		}
		w.step, w.from = w.step+1, nil
	}
	return false, nil
}

const (
	// namesAtOnce is how many streams are looked up in the list at once.
	namesAtOnce = 256
	// seekBytes is what finding a stream counts: it reads blocks, however little of
	// them is the stream's.
	seekBytes = 512
)

// listed examines the streams that are listed.
func (w *pass) listed(x *examiner, until int64) (ended bool, err error) {
	for x.bytes <= until {
		if w.current == nil && len(w.names) == 0 {
			if w.listSome(x); len(w.names) == 0 {
				return true, nil
			}
		}
		if w.current == nil {
			w.begin(x, w.names[0])
			w.names = w.names[1:]
		}
		if err := w.continueStream(x, until); err != nil {
			return false, err
		}
	}
	return false, nil
}

// listSome reads the names of the next streams.
func (w *pass) listSome(x *examiner) {
	if w.from == nil {
		w.from = []byte{kindStream}
	}
	prefix := []byte{kindStream}
	for x.forward.Seek(w.from); x.forward.ValidForPrefix(prefix) && len(w.names) < namesAtOnce; x.forward.Next() {
		w.names = append(w.names, string(x.forward.Item().Key()[1:]))
	}
	if n := len(w.names); n > 0 {
		w.from = append(plainKey(nil, kindStream, w.names[n-1]), 0)
	}
}

func (w *pass) begin(x *examiner, stream string) {
	x.bytes += seekBytes
	w.current = &progress{stream: stream}
	if w.known != nil {
		w.current.known, w.current.generation = w.known(stream)
	}
}

// continueStream goes on with the current stream, which there is not after its end.
func (w *pass) continueStream(x *examiner, until int64) error {
	done, err := x.examine(w.current, until)
	if err != nil || !done {
		return err
	}
	if w.ended != nil {
		w.ended(w.current)
	}
	w.current = nil
	return nil
}

// streamOfKey and streamOfName return the stream of a key, and the first key after
// all that the stream has of that kind.

func streamOfKey(key []byte) (stream string, next []byte, err error) {
	stream, rest, err := splitKey(key)
	if err != nil {
		return "", append(key, 0), err
	}
	next = bytes.Clone(key[:len(key)-len(rest)])
	for i := len(next) - 1; ; i-- { // the kind, its first byte, is not the largest
		if next[i]++; next[i] != 0 {
			return stream, next[:i+1], nil
		}
	}
}

func streamOfName(key []byte) (stream string, next []byte, err error) {
	return string(key[1:]), append(bytes.Clone(key), 0), nil
}

// unlisted examines the streams that have entries of a kind and are not listed. It
// seeks from stream to stream.
func unlisted(kind byte, streamOf func(key []byte) (string, []byte, error)) func(w *pass, x *examiner, until int64) (bool, error) {
	return func(w *pass, x *examiner, until int64) (ended bool, err error) {
		if w.from == nil {
			w.from = []byte{kind}
		}
		for x.bytes <= until {
			if w.current != nil {
				if err := w.continueStream(x, until); err != nil {
					return false, err
				}
				continue
			}
			x.forward.Seek(w.from)
			if !x.forward.ValidForPrefix([]byte{kind}) {
				return true, nil
			}
			x.bytes += seekBytes
			key := x.forward.Item().KeyCopy(nil)
			stream, next, err := streamOf(key)
			if w.from = next; err != nil {
				x.found(Finding{Problem: err.Error()})
				continue
			}
			there, err := x.get(plainKey(nil, kindStream, stream), ignore)
			if err != nil {
				return false, fmt.Errorf("look for %s in the list: %w", stream, err)
			}
			if !there && !w.seen[stream] {
				w.begin(x, stream)
				if w.seen == nil {
					w.seen = make(map[string]bool)
				}
				w.seen[stream] = true
			}
		}
		return false, nil
	}
}

// openMarks examines the marks of streams that have open orders.
func (w *pass) openMarks(x *examiner, until int64) (ended bool, err error) {
	if w.from == nil {
		w.from = []byte{kindOpen}
	}
	for x.forward.Seek(w.from); x.forward.ValidForPrefix([]byte{kindOpen}); x.forward.Next() {
		key := x.forward.Item().KeyCopy(nil)
		if x.bytes > until {
			w.from = key
			return false, nil
		}
		x.contents.Open++
		stream := string(key[1:])
		err := x.forward.Item().Value(func(value []byte) error {
			x.bytes += int64(len(key) + len(value))
			if _, err := unseal(key, value); err != nil {
				x.found(Finding{Key: stream, Problem: fmt.Sprintf("%s: %v", describe(key), err)})
			}
			return nil
		})
		if err != nil {
			return false, fmt.Errorf("%s: %w", describe(key), err)
		}
		there, err := x.get(plainKey(nil, kindStream, stream), ignore)
		if err != nil {
			return false, fmt.Errorf("look for %s in the list: %w", stream, err)
		}
		if !there {
			x.found(Finding{Key: stream, Problem: describe(key) + " has no stream"})
		}
	}
	return true, nil
}

// documents examines the documents.
func (w *pass) documents(x *examiner, until int64) (ended bool, err error) {
	if w.from == nil {
		w.from = []byte{kindDocument}
	}
	for x.forward.Seek(w.from); x.forward.ValidForPrefix([]byte{kindDocument}); x.forward.Next() {
		item := x.forward.Item()
		if x.bytes > until {
			w.from = item.KeyCopy(nil)
			return false, nil
		}
		x.contents.Documents++
		err := item.Value(func(value []byte) error {
			x.bytes += int64(len(item.Key()) + len(value))
			if _, _, err := parseDocument(item.Key(), value); err != nil {
				name := string(item.Key()[1:])
				x.found(Finding{Key: name, Problem: fmt.Sprintf("document %q: %v", name, err)})
			}
			return nil
		})
		if err != nil {
			return false, fmt.Errorf("%s: %w", describe(item.Key()), err)
		}
	}
	return true, nil
}

// rest examines the format, and that there is nothing that is of no kind.
func (w *pass) rest(x *examiner, _ int64) (ended bool, err error) {
	key := plainKey(nil, kindMeta, "format")
	_, err = x.get(key, func(key, value []byte) error {
		body, err := unseal(key, value)
		if err == nil && string(body) != strconv.Itoa(FormatVersion) {
			err = errFormat
		}
		if err != nil {
			x.found(Finding{Problem: fmt.Sprintf("%s: %v", describe(key), err)})
		}
		return nil
	})
	if err != nil {
		return false, err
	}
	const most = 100 // of entries that should not be: one is as bad
	x.forward.Rewind()
	for range most {
		if !x.forward.Valid() {
			break
		}
		key := x.forward.Item().KeyCopy(nil)
		if kindKnown(key[0]) {
			x.forward.Seek([]byte{key[0] + 1})
			continue
		}
		x.found(Finding{Problem: fmt.Sprintf("an entry of an unknown kind: %q", key)})
		x.forward.Next()
	}
	return true, nil
}

func kindKnown(kind byte) bool {
	return count(new(persistence.Contents), []byte{kind})
}

// examineAll goes over one moment of a journal.
func examineAll(txn *badger.Txn, contents *persistence.Contents, found func(Finding)) error {
	x := newExaminer(txn, contents, found)
	defer x.close()
	w := &pass{}
	_, err := w.piece(x, math.MaxInt64)
	return err
}
