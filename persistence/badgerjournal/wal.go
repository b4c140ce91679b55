package badgerjournal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"iter"
	"math"
	"strconv"
)

// Badger's log files: a head, then entries, one behind the other, then zeros.
// Sources: encodeEntry and iterate in memtable.go, header in structs.go and the
// bits in value.go of github.com/dgraph-io/badger/v4.
const (
	logHeadBytes    = 20 // key id and IV
	maxEntryHead    = 22
	crcBytes        = 4
	maxLogKeyBytes  = 1 << 16
	bitTransaction  = 1 << 6 // an entry of a transaction
	bitEnd          = 1 << 7 // the end of one; its value is the timestamp
	timestampBytes  = 8      // at the end of each key, inverted
	transactionsEnd = "!badger!txn"
)

var (
	errHead = errors.New("an entry has no readable head")
	errCut  = errors.New("an entry is longer than the file")
)

// logEntry is one entry: head, key, value, CRC-32C of the three.
type logEntry struct {
	meta       byte
	key, value []byte
	expires    uint64 // Unix seconds, 0 for never
	end        int    // behind it, also if the checksum is wrong
}

// decodeEntry reads the entry at an offset. With errCut, and with errHead, end
// is not known.
func decodeEntry(data []byte, at int) (e logEntry, err error) {
	head := data[at:min(len(data), at+maxEntryHead)]
	if len(head) < 2 {
		return e, errCut
	}
	e.meta = head[0]
	n := 2
	var fields [3]uint64 // lengths of key and value, time of expiry
	for i := range fields {
		v, width := binary.Uvarint(head[n:])
		if width <= 0 {
			if len(head) < maxEntryHead && width == 0 {
				return e, errCut
			}
			return e, errHead
		}
		fields[i], n = v, n+width
	}
	if fields[0] > maxLogKeyBytes || fields[1] > math.MaxUint32 {
		return e, errHead
	}
	key := at + n
	value := key + int(fields[0])
	check := value + int(fields[1])
	if check+crcBytes > len(data) {
		return e, errCut
	}
	e.key, e.value, e.expires, e.end = data[key:value], data[value:check], fields[2], check+crcBytes
	if crc32.Checksum(data[at:check], castagnoli) != binary.BigEndian.Uint32(data[check:]) {
		return e, errChecksum
	}
	return e, nil
}

// timestamp returns the transaction that an entry belongs to.
func (e *logEntry) timestamp() uint64 {
	if len(e.key) < timestampBytes {
		return 0
	}
	return math.MaxUint64 - binary.BigEndian.Uint64(e.key[len(e.key)-timestampBytes:])
}

// walk is how far Badger reads a log.
type walk struct {
	commits int    // that are complete
	end     int    // behind the last of them: here Badger cuts the file
	last    uint64 // its timestamp

	stop    int    // where reading ends
	stopEnd int    // behind the entry there, if that can be told
	open    uint64 // the transaction under way there, 0 for none
	err     error  // what is wrong there; nil at the end of the data
}

// errForeign is an entry, whole by itself, of another transaction than the one
// under way.
var errForeign = errors.New("an entry of another commit stands inside of one")

// walkLog reads a log as Badger does.
func walkLog(data []byte) walk {
	w := walk{end: logHeadBytes, stop: logHeadBytes}
	for w.stop < len(data) {
		e, err := decodeEntry(data, w.stop)
		w.stopEnd = e.end
		if err == nil {
			err = w.add(&e)
		}
		if err != nil {
			w.err = err
			return w
		}
	}
	w.stopEnd = w.stop
	return w
}

func (w *walk) add(e *logEntry) error {
	switch {
	case e.meta&bitTransaction > 0:
		timestamp := e.timestamp()
		if w.open == 0 {
			w.open = timestamp
		}
		if w.open != timestamp {
			return errForeign
		}
		w.stop = e.end
		return nil
	case e.meta&bitEnd > 0:
		timestamp, err := strconv.ParseUint(string(e.value), 10, 64)
		if err != nil || timestamp != w.open {
			return errForeign
		}
		w.last = timestamp
	case w.open != 0:
		return errForeign
	}
	w.commits++
	w.open, w.stop, w.end = 0, e.end, e.end
	return nil
}

// commitEnds returns the transactions whose ends stand in the data.
func commitEnds(data []byte) map[uint64]bool {
	found := make(map[uint64]bool)
	for e := range endsBehind(data, 0) {
		found[e.timestamp()] = true
	}
	return found
}

// endsBehind yields the ends of transactions from an offset on, whatever else
// stands between them.
func endsBehind(data []byte, from int) iter.Seq[logEntry] {
	const head = 5 // meta, user meta, two lengths below 128 and no expiry
	return func(yield func(logEntry) bool) {
		for {
			i := bytes.Index(data[from:], []byte(transactionsEnd))
			if i < 0 {
				return
			}
			at := from + i - head
			from += i + 1
			if at < 0 {
				continue
			}
			if e, err := decodeEntry(data, at); err == nil && e.meta&bitEnd > 0 && !yield(e) {
				return
			}
		}
	}
}
