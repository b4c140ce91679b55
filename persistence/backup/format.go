package backup

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"time"
)

// Format is that of the files that Writer writes, and the newest that Reader reads.
const Format = 1

// magic begins every backup, in every format.
const magic = "OUTCRYBK"

const (
	headerBytes  = len(magic) + 2 + 2 + 8 + checksumBytes // formats of file and journal, time
	blockHead    = 1 + 4 + checksumBytes                  // kind, length, checksum
	trailerBytes = 1 + 8 + 8 + hashBytes                  // kind, entries, bytes, hash

	checksumBytes = 4
	hashBytes     = 32 // SHA-256
)

// The first byte of what follows the header.
const (
	kindBlock   = 'B'
	kindTrailer = 'E'
)

// Limits of what a file may hold, which a reader goes by before it makes room.
const (
	MaxKeyBytes   = 1 << 10
	MaxValueBytes = 1 << 20
	// blockBytes is from where on a block is written out.
	blockBytes = 256 << 10
	// maxEntryBytes is an entry with its two lengths and its time.
	maxEntryBytes = MaxKeyBytes + MaxValueBytes + 3*binary.MaxVarintLen64
	maxBlockBytes = blockBytes + maxEntryBytes
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Errors that callers decide on.
var (
	// ErrNotBackup: the file is something else.
	ErrNotBackup = errors.New("this is not a backup of a journal")
	// ErrCut: the file ends before its trailer.
	ErrCut = errors.New("the backup is cut off")
	// ErrDamaged: what is there is not what was written.
	ErrDamaged = errors.New("the backup is damaged")
	// ErrNewer: a newer program wrote it.
	ErrNewer = errors.New("the backup was made by a newer program")
	// ErrLimit: an entry is larger than a file may hold, or out of order.
	ErrLimit = errors.New("not allowed in a backup")
)

// Header is how a backup begins.
type Header struct {
	// Journal is the format of the journal that its entries are of.
	Journal uint16
	// Made is when the backup was begun, to the millisecond.
	Made time.Time
}

// Entry is one value under its key.
type Entry struct {
	Key, Value []byte
	// Expires is when the journal forgets it, in Unix seconds, 0 for never.
	Expires uint64
}

// Summary is what a backup holds, by its trailer.
type Summary struct {
	Entries uint64
	Bytes   uint64 // of the whole file
	SHA256  [hashBytes]byte
}

// append encodes a header.
func (h Header) append(dst []byte) []byte {
	start := len(dst)
	dst = append(dst, magic...)
	dst = binary.BigEndian.AppendUint16(dst, Format)
	dst = binary.BigEndian.AppendUint16(dst, h.Journal)
	dst = binary.BigEndian.AppendUint64(dst, uint64(h.Made.UnixMilli()))
	return binary.BigEndian.AppendUint32(dst, crc32.Checksum(dst[start:], castagnoli))
}

// parseHeader reads a header of headerBytes. The format stands where it does in
// every format, so that a newer one is not taken for damage.
func parseHeader(b []byte) (Header, error) {
	if string(b[:len(magic)]) != magic {
		return Header{}, ErrNotBackup
	}
	if format := binary.BigEndian.Uint16(b[len(magic):]); format > Format {
		return Header{}, fmt.Errorf("%w: its format is %d and this program reads up to %d: use the program that made it, or a newer one", ErrNewer, format, Format)
	} else if format == 0 {
		return Header{}, fmt.Errorf("%w: no backup has the format 0", ErrDamaged)
	}
	sum := headerBytes - checksumBytes
	if binary.BigEndian.Uint32(b[sum:]) != crc32.Checksum(b[:sum], castagnoli) {
		return Header{}, fmt.Errorf("%w: the checksum of its header differs", ErrDamaged)
	}
	b = b[len(magic)+2:]
	return Header{Journal: binary.BigEndian.Uint16(b), Made: time.UnixMilli(int64(binary.BigEndian.Uint64(b[2:])))}, nil
}

// checkEntry reports which limit an entry breaks, given the key before it.
func checkEntry(last []byte, e *Entry) error {
	switch {
	case len(e.Key) == 0 || len(e.Key) > MaxKeyBytes:
		return fmt.Errorf("%w: a key of %d bytes: must be 1 to %d", ErrLimit, len(e.Key), MaxKeyBytes)
	case len(e.Value) > MaxValueBytes:
		return fmt.Errorf("%w: a value of %d bytes under %q: at most %d", ErrLimit, len(e.Value), e.Key, MaxValueBytes)
	case string(e.Key) <= string(last):
		return fmt.Errorf("%w: the key %q behind %q", ErrLimit, e.Key, last)
	}
	return nil
}
