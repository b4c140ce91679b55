package backup

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
)

// Writer writes one backup. It keeps one block in memory, and hands each over in
// a single Write.
type Writer struct {
	// immutable after construction
	out  io.Writer
	hash hash.Hash

	// owned by who writes
	block   []byte // head and entries of the block that is filled
	last    []byte // the key of the last entry
	summary Summary
}

// NewWriter writes the header.
func NewWriter(out io.Writer, h Header) (*Writer, error) {
	w := &Writer{out: out, hash: sha256.New(), block: make([]byte, blockHead, blockHead+blockBytes)}
	return w, w.write(h.append(nil))
}

// Add writes an entry, whose key follows that of the one before.
func (w *Writer) Add(e Entry) error {
	if err := checkEntry(w.last, &e); err != nil {
		return err
	}
	w.last = append(w.last[:0], e.Key...)
	w.block = appendEntry(w.block, &e)
	w.summary.Entries++
	if len(w.block) < blockHead+blockBytes {
		return nil
	}
	return w.flush()
}

func appendEntry(dst []byte, e *Entry) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(e.Key)))
	dst = append(dst, e.Key...)
	dst = binary.AppendUvarint(dst, uint64(len(e.Value)))
	dst = append(dst, e.Value...)
	return binary.AppendUvarint(dst, e.Expires)
}

// Close writes what is left and the trailer, without which a file is no backup.
func (w *Writer) Close() (Summary, error) {
	if len(w.block) > blockHead {
		if err := w.flush(); err != nil {
			return Summary{}, err
		}
	}
	trailer := append(make([]byte, 0, trailerBytes), kindTrailer)
	trailer = binary.BigEndian.AppendUint64(trailer, w.summary.Entries)
	trailer = binary.BigEndian.AppendUint64(trailer, w.summary.Bytes+trailerBytes)
	_, _ = w.hash.Write(trailer) // never fails
	w.hash.Sum(w.summary.SHA256[:0])
	trailer = append(trailer, w.summary.SHA256[:]...)
	if err := w.write(trailer); err != nil {
		return Summary{}, err
	}
	return w.summary, nil
}

func (w *Writer) flush() error {
	w.block[0] = kindBlock
	binary.BigEndian.PutUint32(w.block[1:], uint32(len(w.block)-blockHead))
	binary.BigEndian.PutUint32(w.block[blockHead-checksumBytes:], blockSum(w.block))
	err := w.write(w.block)
	w.block = w.block[:blockHead]
	return err
}

// blockSum is the checksum of a block: of all but itself.
func blockSum(block []byte) uint32 {
	return crc32.Update(crc32.Checksum(block[:blockHead-checksumBytes], castagnoli), castagnoli, block[blockHead:])
}

func (w *Writer) write(b []byte) error {
	_, _ = w.hash.Write(b) // never fails
	w.summary.Bytes += uint64(len(b))
	if _, err := w.out.Write(b); err != nil {
		return fmt.Errorf("write the backup: %w", err)
	}
	return nil
}
