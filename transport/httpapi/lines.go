package httpapi

import (
	"bufio"
	"errors"
	"io"

	"outcry/actors/jsonline"
)

// lineReader yields the lines of a stream one at a time, as they arrive. A line
// that is too long is skipped to its end, so that it does not end the stream.
type lineReader struct {
	r   *bufio.Reader // its buffer is the longest line
	max int
}

func newLineReader(r io.Reader, maxLineBytes int) *lineReader {
	return &lineReader{r: bufio.NewReaderSize(r, maxLineBytes+1), max: maxLineBytes}
}

// reset makes it read another stream.
func (l *lineReader) reset(r io.Reader) { l.r.Reset(r) }

// errLineTooLong is the error of one line; the next one may be fine.
var errLineTooLong = errors.New("line too long")

// next returns the next line without its end and without a byte-order mark, which each
// of several files has that are sent one after another. It is valid until the following
// call. The last line needs no end. io.EOF comes after it.
func (l *lineReader) next() ([]byte, error) {
	line, err := l.r.ReadSlice('\n')
	switch {
	case err == nil:
		return jsonline.TrimMark(line[:len(line)-1]), nil
	case errors.Is(err, bufio.ErrBufferFull):
		return nil, l.skip()
	case errors.Is(err, io.EOF) && len(line) > 0:
		return jsonline.TrimMark(line), nil
	}
	return nil, err
}

// skip reads to the end of a line that is too long.
func (l *lineReader) skip() error {
	for {
		_, err := l.r.ReadSlice('\n')
		if err == nil || errors.Is(err, io.EOF) {
			return errLineTooLong
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
	}
}
