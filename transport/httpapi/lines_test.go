package httpapi

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

const tooLong = "(too long)"

// readLines returns the lines of a stream, and the error that ended it.
func readLines(r io.Reader, maxLineBytes int) (lines []string, err error) {
	l := newLineReader(r, maxLineBytes)
	for {
		line, err := l.next()
		switch {
		case err == nil:
			lines = append(lines, string(line))
		case errors.Is(err, errLineTooLong):
			lines = append(lines, tooLong)
		default:
			return lines, err
		}
	}
}

// FuzzLines holds the reader against cutting a text that is there at once.
func FuzzLines(f *testing.F) {
	f.Add([]byte("a\n\nbc\r\nd"), uint8(0))
	f.Add([]byte(strings.Repeat("x", 100)+"\na\n"), uint8(3))
	f.Add([]byte("\n"), uint8(200))
	f.Add([]byte("\ufeffa\n\ufeff\ufeff\n\ufeff"), uint8(200))
	f.Fuzz(func(t *testing.T, text []byte, extra uint8) {
		maxLineBytes := 16 + int(extra)
		var want []string
		for rest := text; len(rest) > 0; {
			var line []byte
			line, rest, _ = bytes.Cut(rest, []byte("\n"))
			if len(line) > maxLineBytes {
				line = []byte(tooLong)
			}
			want = append(want, strings.TrimPrefix(string(line), "\ufeff"))
		}
		for name, r := range map[string]io.Reader{"at once": bytes.NewReader(text), "byte by byte": iotest.OneByteReader(bytes.NewReader(text))} {
			if got, err := readLines(r, maxLineBytes); !errors.Is(err, io.EOF) || !slices.Equal(got, want) {
				t.Fatalf("%s: %q, %v, want %q", name, got, err, want)
			}
		}
	})
}

func TestLineCutOffByAFailureIsNoLine(t *testing.T) {
	for _, cut := range []string{"half", strings.Repeat("x", 100)} {
		r := io.MultiReader(strings.NewReader("whole\n"+cut), iotest.ErrReader(io.ErrUnexpectedEOF))
		lines, err := readLines(r, 16)
		if !errors.Is(err, io.ErrUnexpectedEOF) || !slices.Equal(lines, []string{"whole"}) {
			t.Fatalf("%q, %v", lines, err)
		}
	}
}
