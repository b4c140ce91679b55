package backup

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
)

// Reader reads one backup and checks it on the way. What it yields is only known to
// be all of a backup once Next has returned io.EOF.
type Reader struct {
	// immutable after construction
	header Header

	// owned by who reads
	in      *bufio.Reader
	hash    hash.Hash
	at      uint64 // bytes that were read
	block   []byte // of which rest is still to be read
	rest    []byte
	last    []byte // the key of the last entry
	entries uint64
	summary Summary
	err     error // that ended the reading
}

// NewReader reads the header.
func NewReader(in io.Reader) (*Reader, error) {
	r := &Reader{in: bufio.NewReaderSize(in, 64<<10), hash: sha256.New()}
	head := make([]byte, headerBytes)
	if n, err := io.ReadFull(r.in, head); err != nil {
		if !isEnd(err) {
			return nil, fmt.Errorf("read the backup: %w", err)
		}
		if begun := min(n, len(magic)); n == 0 || string(head[:begun]) != magic[:begun] {
			return nil, fmt.Errorf("%w: it has %d bytes, and a header %d", ErrNotBackup, n, headerBytes)
		}
		return nil, fmt.Errorf("%w in its header, after %d bytes: take another", ErrCut, n)
	}
	_, _ = r.hash.Write(head) // never fails
	r.at = uint64(headerBytes)
	var err error
	r.header, err = parseHeader(head)
	return r, err
}

func isEnd(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }

// Header returns the header.
func (r *Reader) Header() Header { return r.header }

// Summary returns the trailer, once Next has returned io.EOF.
func (r *Reader) Summary() Summary { return r.summary }

// Next returns the next entry, which is valid until the one after it, or io.EOF
// behind the trailer. It also ends with ErrCut or ErrDamaged, which say where, or
// with the error of reading.
func (r *Reader) Next() (Entry, error) {
	if r.err != nil {
		return Entry{}, r.err
	}
	e, err := r.next()
	r.err = err
	return e, err
}

func (r *Reader) next() (Entry, error) {
	if len(r.rest) == 0 {
		if err := r.readPart(); err != nil {
			return Entry{}, err
		}
	}
	e, rest, ok := parseEntry(r.rest)
	if !ok {
		return Entry{}, r.damaged("an entry does not fit into its block")
	}
	if err := checkEntry(r.last, &e); err != nil {
		return Entry{}, r.damaged(err.Error())
	}
	r.last = append(r.last[:0], e.Key...)
	r.rest = rest
	r.entries++
	return e, nil
}

// readPart reads a block, or the trailer and then io.EOF.
func (r *Reader) readPart() error {
	kind, err := r.in.ReadByte()
	if err != nil {
		return r.failed(0, err)
	}
	if err := r.in.UnreadByte(); err != nil {
		return fmt.Errorf("read the backup: %w", err)
	}
	switch kind {
	case kindBlock:
		return r.readBlock()
	case kindTrailer:
		return r.readTrailer()
	}
	return r.damaged(fmt.Sprintf("neither a block nor its end begins with %q", kind))
}

func (r *Reader) readBlock() error {
	r.block = sized(r.block, blockHead)
	if n, err := io.ReadFull(r.in, r.block); err != nil {
		return r.failed(n, err)
	}
	length := binary.BigEndian.Uint32(r.block[1:])
	if length == 0 || length > maxBlockBytes {
		return r.damaged(fmt.Sprintf("a block of %d bytes: must be 1 to %d", length, maxBlockBytes))
	}
	r.block = sized(r.block, blockHead+int(length))
	if n, err := io.ReadFull(r.in, r.block[blockHead:]); err != nil {
		return r.failed(blockHead+n, err)
	}
	if binary.BigEndian.Uint32(r.block[blockHead-checksumBytes:]) != blockSum(r.block) {
		return r.damaged("the checksum of a block differs")
	}
	_, _ = r.hash.Write(r.block) // never fails
	r.at += uint64(len(r.block))
	r.rest = r.block[blockHead:]
	return nil
}

// readTrailer returns io.EOF if the backup is whole and nothing follows it.
func (r *Reader) readTrailer() error {
	trailer := make([]byte, trailerBytes)
	if n, err := io.ReadFull(r.in, trailer); err != nil {
		return r.failed(n, err)
	}
	told := trailerBytes - hashBytes
	_, _ = r.hash.Write(trailer[:told]) // never fails
	r.summary.Entries = binary.BigEndian.Uint64(trailer[1:])
	r.summary.Bytes = binary.BigEndian.Uint64(trailer[9:])
	r.hash.Sum(r.summary.SHA256[:0])
	switch {
	case !bytes.Equal(r.summary.SHA256[:], trailer[told:]):
		return r.damaged("the checksum of the whole differs")
	case r.summary.Entries != r.entries || r.summary.Bytes != r.at+trailerBytes:
		return r.damaged(fmt.Sprintf("%d entries in %d bytes, and its end tells of %d in %d", r.entries, r.at+trailerBytes, r.summary.Entries, r.summary.Bytes))
	}
	r.at += trailerBytes
	switch _, err := r.in.ReadByte(); {
	case errors.Is(err, io.EOF):
		return io.EOF
	case err != nil:
		return r.failed(0, err)
	}
	return r.damaged("something follows its end")
}

// failed is the error of reading that ended n bytes into a part.
func (r *Reader) failed(n int, err error) error {
	if isEnd(err) {
		return fmt.Errorf("%w after %d bytes: its end is missing; take another", ErrCut, r.at+uint64(n))
	}
	return fmt.Errorf("read the backup: %w", err)
}

func (r *Reader) damaged(what string) error {
	return fmt.Errorf("%w: %s, in the part that begins at byte %d; take another backup", ErrDamaged, what, r.at)
}

// sized returns a slice of n bytes that keeps what b holds.
func sized(b []byte, n int) []byte {
	if cap(b) >= n {
		return b[:n]
	}
	larger := make([]byte, n)
	copy(larger, b)
	return larger
}

// parseEntry takes an entry from the front of a block.
func parseEntry(b []byte) (e Entry, rest []byte, ok bool) {
	if e.Key, b, ok = parseBytes(b); !ok {
		return e, nil, false
	}
	if e.Value, b, ok = parseBytes(b); !ok {
		return e, nil, false
	}
	expires, width := binary.Uvarint(b)
	if width <= 0 {
		return e, nil, false
	}
	e.Expires = expires
	return e, b[width:], true
}

// parseBytes takes a length and so many bytes from the front of a block.
func parseBytes(b []byte) (field, rest []byte, ok bool) {
	n, width := binary.Uvarint(b)
	if width <= 0 || n > uint64(len(b)-width) {
		return nil, nil, false
	}
	b = b[width:]
	return b[:n:n], b[n:], true
}
