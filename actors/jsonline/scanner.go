package jsonline

import (
	"bytes"
	"errors"
	"fmt"
)

// maxNesting bounds how deep the values of unknown fields may nest.
const maxNesting = 64

// scanner walks over one JSON text without allocating. encoding/json accepts
// the same texts, but needs 2.2 us and 6 allocations for a tick line, would let
// a field be given twice, and this path carries every tick and trade.
type scanner struct {
	text  []byte
	pos   int
	depth int // of the value being scanned
}

// fail describes what is wrong where the scanner stands.
func (s *scanner) fail(want string) error {
	if s.pos >= len(s.text) {
		return fmt.Errorf("the line ends where %s should follow", want)
	}
	return fmt.Errorf("%q at position %d where %s should follow", s.text[s.pos], s.pos+1, want)
}

// peek skips white space and returns the next byte, 0 at the end.
func (s *scanner) peek() byte {
	for ; s.pos < len(s.text); s.pos++ {
		switch c := s.text[s.pos]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

// take skips white space and c, if c is what follows.
func (s *scanner) take(c byte) bool {
	if s.peek() != c || s.pos >= len(s.text) {
		return false
	}
	s.pos++
	return true
}

// value scans the next value, of whichever kind.
func (s *scanner) value() (Value, error) {
	switch c := s.peek(); c {
	case '"':
		return s.string()
	case '{':
		return s.composite(Object, '}')
	case '[':
		return s.composite(Array, ']')
	case 't':
		return s.literal(True)
	case 'f':
		return s.literal(False)
	case 'n':
		return s.literal(Null)
	}
	return s.number()
}

// ErrNotFinite refuses a number as JavaScript and Python print it and JSON
// forbids it.
var ErrNotFinite = errors.New("is not allowed: must be a finite number")

var notFinite = [][]byte{[]byte("NaN"), []byte("Infinity"), []byte("-Infinity")}

func (s *scanner) number() (Value, error) {
	start := s.pos
	if s.pos += numberPrefix(s.text[s.pos:]); s.pos > start {
		return Value{Kind: Number, Raw: s.text[start:s.pos]}, nil
	}
	for _, word := range notFinite {
		if bytes.HasPrefix(s.text[s.pos:], word) {
			return Value{}, fmt.Errorf("%s %w", word, ErrNotFinite)
		}
	}
	return Value{}, s.fail("a value")
}

func (s *scanner) literal(k Kind) (Value, error) {
	start, name := s.pos, k.String()
	for i := range len(name) {
		if s.pos >= len(s.text) || s.text[s.pos] != name[i] {
			return Value{}, s.fail(name)
		}
		s.pos++
	}
	return Value{Kind: k, Raw: s.text[start:s.pos]}, nil
}

// string scans a string. Escapes are checked here and resolved by Value.plain.
func (s *scanner) string() (Value, error) {
	if !s.take('"') {
		return Value{}, s.fail("a string")
	}
	v := Value{Kind: String}
	for start := s.pos; s.pos < len(s.text); s.pos++ {
		switch c := s.text[s.pos]; {
		case c == '"':
			v.Raw = s.text[start:s.pos]
			s.pos++
			return v, nil
		case c < ' ':
			return Value{}, s.fail("the rest of a string")
		case c == '\\':
			v.escaped = true
			s.pos++
			if err := s.escape(); err != nil {
				return Value{}, err
			}
		}
	}
	return Value{}, s.fail("the end of a string")
}

// escape checks what follows a backslash and stands on its last byte after.
func (s *scanner) escape() error {
	if s.pos >= len(s.text) {
		return s.fail("an escape")
	}
	switch s.text[s.pos] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return nil
	case 'u':
		for range 4 {
			s.pos++
			if s.pos >= len(s.text) || !isHex(s.text[s.pos]) {
				return s.fail("four hexadecimal digits")
			}
		}
		return nil
	}
	return s.fail("an escape")
}

func isHex(c byte) bool {
	return isDigit(c) || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// composite scans an object or array that nobody looks into.
func (s *scanner) composite(k Kind, end byte) (Value, error) {
	start := s.pos
	if s.depth++; s.depth > maxNesting {
		return Value{}, fmt.Errorf("values nest deeper than %d levels at position %d", maxNesting, s.pos+1)
	}
	s.pos++
	for first := true; !s.take(end); first = false {
		if !first && !s.take(',') {
			return Value{}, s.fail("a comma or the end of a value")
		}
		if k == Object {
			if _, err := s.key(); err != nil {
				return Value{}, err
			}
		}
		if _, err := s.value(); err != nil {
			return Value{}, err
		}
	}
	s.depth--
	return Value{Kind: k, Raw: s.text[start:s.pos]}, nil
}

// key scans a field's name and the colon.
func (s *scanner) key() (Value, error) {
	if s.peek() != '"' {
		return Value{}, s.fail("the name of a field")
	}
	v, err := s.string()
	if err != nil {
		return Value{}, err
	}
	if !s.take(':') {
		return Value{}, s.fail("a colon")
	}
	return v, nil
}
