package badgerjournal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"outcry/persistence"
)

// Damage is a place in a log that Badger would read no further than, and cut
// the file there, although commits stood behind it.
type Damage struct {
	File   string // its name
	Offset int64  // of the first entry that cannot be read
	Kept   int64  // bytes before the first commit that would be lost
	Lost   int    // commits that would be lost, at least
	Reason string
}

// Error is the damage in a sentence.
func (d *Damage) Error() string {
	return fmt.Sprintf("%s at byte %d: %s; opening it would lose %d commits, everything behind byte %d",
		d.File, d.Offset, d.Reason, d.Lost, d.Kept)
}

func (d *Damage) Unwrap() error { return persistence.ErrCorrupt }

// sectorBytes is what a disk writes as a whole at least.
const sectorBytes = 512

// judge says whether a walk ended as a crash leaves a log: nil if so, and
// whether a commit that nobody was told of is unfinished.
//
// A kill stops in the middle of copying an entry, with nothing but zeros from
// there on, and for its first bytes. A power cut leaves zeros for any of the
// sectors of the commit under way, its end may be there or not. What else there
// is, was damaged later: the commits before the one under way were on disk
// before it began.
func (w *walk) judge(name string, data []byte) (unfinished bool, damage *Damage) {
	rest := data[min(w.stop, len(data)):]
	used := lastNonZero(rest) + 1
	if used == 0 && (w.open == 0 || len(rest) > 0) {
		return w.open != 0, nil
	}
	ends := commitEnds(rest[:used])
	holes := w.stopsInHole(data)
	if len(ends) == 0 && (holes || w.isCutShort(data, used) || w.lacksHead(data)) {
		return true, nil
	}
	if len(ends) == 1 && holes && w.isNext(ends) {
		return true, nil
	}
	if w.open != 0 {
		ends[w.open] = true
	}
	return false, &Damage{File: name, Offset: int64(w.stop), Kept: int64(w.end), Lost: max(1, len(ends)), Reason: w.reason()}
}

func (w *walk) reason() string {
	if w.err == nil {
		return "the file ends in the middle of a commit"
	}
	return w.err.Error()
}

// isCutShort reports whether the entry where the walk ended was never written to
// its end: all is zero from somewhere in it on, and before that nothing is wrong.
func (w *walk) isCutShort(data []byte, used int) bool {
	if !errors.Is(w.err, errChecksum) {
		return false
	}
	check := w.stopEnd - crcBytes
	begun := w.stop + used - check // bytes of the checksum that were written
	if begun <= 0 {
		return true
	}
	sum := binary.BigEndian.AppendUint32(nil, crc32.Checksum(data[w.stop:check], castagnoli))
	return begun < crcBytes && bytes.Equal(data[check:check+begun], sum[:begun])
}

// copyAlign is what Go aligns the body of a copy of more than 256 bytes to. The
// bytes in front of it are put in place last (memmove_amd64.s).
const copyAlign = 32

// lacksHead reports whether the copying of the entry where the walk ended never
// came to its first bytes.
func (w *walk) lacksHead(data []byte) bool {
	body := min(w.stop-w.stop%copyAlign+copyAlign, len(data))
	return lastNonZero(data[w.stop:body]) < 0
}

// stopsInHole reports whether a sector of the entry where the walk ended is
// zero, as far as it is not before that.
func (w *walk) stopsInHole(data []byte) bool {
	if w.err == nil || errors.Is(w.err, errForeign) {
		return false
	}
	end := w.stopEnd
	if end == 0 {
		end = w.stop + maxEntryHead
	}
	for from := w.stop; from < min(end, len(data)); {
		to := min(from-from%sectorBytes+sectorBytes, len(data))
		if lastNonZero(data[from:to]) < 0 {
			return true
		}
		from = to
	}
	return false
}

// isNext reports whether the only commit behind is the one under way.
func (w *walk) isNext(ends map[uint64]bool) bool {
	switch {
	case w.open != 0:
		return ends[w.open]
	case w.last != 0:
		return ends[w.last+1]
	}
	return true
}

// zeros is compared with: bytes.Equal takes many at a time.
var zeros [4096]byte

// lastNonZero returns the index of the last byte that is not zero, or -1.
func lastNonZero(data []byte) int {
	for len(data) >= len(zeros) && bytes.Equal(data[len(data)-len(zeros):], zeros[:]) {
		data = data[:len(data)-len(zeros)]
	}
	for i := len(data) - 1; i >= 0; i-- {
		if data[i] != 0 {
			return i
		}
	}
	return -1
}
