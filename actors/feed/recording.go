package feed

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"outcry/actors/jsonline"
)

// MaxRowBytes bounds a row of a recording; a longer one is skipped as bad.
const MaxRowBytes = 4096

// Recording reads ticks that were recorded as CSV, plain or gzip, in a stream:
// a file of any size costs the same memory. Owned by its reader.
type Recording struct {
	// immutable after construction
	name   string
	size   int64
	file   io.Closer // nil where the caller closes
	layout layout

	// owned by the reader
	raw    *countingReader
	rows   *bufio.Reader
	line   int
	parser *Parser // of cells
	// unit of ts_ms, in spite of its name, once a row has it.
	unit    jsonline.Unit
	hasUnit bool
}

// RowError says what is wrong with one row. The rows behind it can be read.
type RowError struct {
	File string
	Line int // from 1, the header's
	Err  error
}

func (e *RowError) Error() string { return fmt.Sprintf("%s:%d: %v", e.File, e.Line, e.Err) }

func (e *RowError) Unwrap() error { return e.Err }

// OpenRecording opens a file. Close follows.
func OpenRecording(path string) (*Recording, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open the recording: %w", err)
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = fmt.Errorf("%s is a directory: must be a CSV file, plain or gzip", path)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the recording: %w", err), f.Close())
	}
	r, err := NewRecording(f, path)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	r.file, r.size = f, info.Size()
	return r, nil
}

// NewRecording reads from an open stream; name stands for it in errors. It reads
// the header row: ts_ms, symbol, price and size in any order, and perhaps bid, ask,
// bid_size, ask_size, sets, previous_close, open, high, low, day_volume, halted and
// reason, which are the fields of a tick line. Other columns are ignored.
func NewRecording(in io.Reader, name string) (*Recording, error) {
	raw := &countingReader{in: in}
	// A small buffer, so that Offset is close to what was returned by Next.
	buffered := bufio.NewReaderSize(raw, 4<<10)
	r := &Recording{name: name, raw: raw, rows: buffered, parser: NewParser()}
	if magic, _ := buffered.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		unzipped, err := gzip.NewReader(buffered)
		if err != nil {
			return nil, fmt.Errorf("%s: read as gzip: %w", name, err)
		}
		r.rows = bufio.NewReaderSize(unzipped, MaxRowBytes)
	}
	header, err := r.row()
	if errors.Is(err, io.EOF) {
		err = fmt.Errorf("%s: the file is empty", name)
	}
	if err != nil {
		return nil, fmt.Errorf("read the header row, which must be %s: %w", columns, err)
	}
	if r.layout, err = newLayout(header); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return r, nil
}

// Name returns how the recording is called in errors.
func (r *Recording) Name() string { return r.name }

// Line returns the number of the row that Next returned last.
func (r *Recording) Line() int { return r.line }

// Unit returns the unit of the recording's times, which the first row decides; false
// before it.
func (r *Recording) Unit() (jsonline.Unit, bool) { return r.unit, r.hasUnit }

// Offset returns how many bytes of the file were read, in its compressed form.
func (r *Recording) Offset() int64 { return r.raw.n }

// Size returns the size of the file in bytes, 0 where it is not known.
func (r *Recording) Size() int64 { return r.size }

// Close closes the file.
func (r *Recording) Close() error {
	if r.file == nil {
		return nil
	}
	if err := r.file.Close(); err != nil {
		return fmt.Errorf("close the recording: %w", err)
	}
	return nil
}

// row returns the next row that is not empty, without its line break. It is
// valid until the next call.
func (r *Recording) row() ([]byte, error) {
	for {
		r.line++
		row, err := r.rows.ReadSlice('\n')
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			return nil, r.skipRow()
		case errors.Is(err, io.EOF) && len(row) == 0:
			r.line--
			return nil, io.EOF
		case err != nil && !errors.Is(err, io.EOF):
			return nil, fmt.Errorf("%s:%d: %w", r.name, r.line, err)
		}
		if row = bytes.TrimSpace(row); len(row) > 0 {
			return row, nil
		}
	}
}

// skipRow reads to the end of a row that is too long.
func (r *Recording) skipRow() error {
	tooLong := r.rowError(fmt.Errorf("the row is longer than %d bytes", MaxRowBytes))
	for {
		_, err := r.rows.ReadSlice('\n')
		switch {
		case err == nil, errors.Is(err, io.EOF):
			return tooLong
		case !errors.Is(err, bufio.ErrBufferFull):
			return fmt.Errorf("%s:%d: %w", r.name, r.line, err)
		}
	}
}

func (r *Recording) rowError(err error) *RowError {
	return &RowError{File: r.name, Line: r.line, Err: err}
}

// columns are what a recording must have.
var columns = strings.Join(columnNames[:], ",")

// countingReader counts what is read through it.
type countingReader struct {
	in io.Reader
	n  int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	c.n += int64(n)
	return n, err
}
