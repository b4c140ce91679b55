package feed

import (
	"encoding/json"
	"fmt"

	"outcry/actors/market"
)

// maxNesting bounds how deep the values of unknown fields may nest.
const maxNesting = 64

// kind is the type of a JSON value.
type kind uint8

const (
	kindString kind = iota
	kindNumber
	kindTrue
	kindFalse
	kindNull
	kindObject
	kindArray
)

var kindNames = [...]string{"a string", "a number", "true", "false", "null", "an object", "an array"}

func (k kind) String() string { return kindNames[k] }

// value is one JSON value as it stands in the line.
type value struct {
	kind    kind
	escaped bool   // a string with escapes in it
	text    []byte // of a string: what is between the quotes
}

// unescape returns the string that v stands for.
func (v value) unescape() (string, error) {
	if !v.escaped {
		return string(v.text), nil
	}
	quoted := append(append([]byte{'"'}, v.text...), '"')
	var s string
	if err := json.Unmarshal(quoted, &s); err != nil {
		return "", fmt.Errorf("unescape a string: %w", err)
	}
	return s, nil
}

// scanner walks over one JSON text (RFC 8259) without allocating. encoding/json
// accepts the same texts, but needs 2.2 us and 6 allocations for a tick line,
// would let a field be given twice, and this path carries every tick.
type scanner struct {
	text  []byte
	pos   int
	depth int // of the value being scanned
}

// fail describes what is wrong where the scanner stands.
func (s *scanner) fail(want string) error {
	if s.pos >= len(s.text) {
		return market.Refuse(market.ReasonSyntax, "the line ends where %s should follow", want)
	}
	return market.Refuse(market.ReasonSyntax, "%q at position %d where %s should follow", s.text[s.pos], s.pos+1, want)
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
func (s *scanner) value() (value, error) {
	switch c := s.peek(); c {
	case '"':
		return s.string()
	case '{':
		return s.composite(kindObject, '}')
	case '[':
		return s.composite(kindArray, ']')
	case 't':
		return s.literal(kindTrue)
	case 'f':
		return s.literal(kindFalse)
	case 'n':
		return s.literal(kindNull)
	}
	start := s.pos
	if s.pos += numberPrefix(s.text[s.pos:]); s.pos == start {
		return value{}, s.fail("a value")
	}
	return value{kind: kindNumber, text: s.text[start:s.pos]}, nil
}

func (s *scanner) literal(k kind) (value, error) {
	start, name := s.pos, k.String()
	for i := range len(name) {
		if s.pos >= len(s.text) || s.text[s.pos] != name[i] {
			return value{}, s.fail(name)
		}
		s.pos++
	}
	return value{kind: k, text: s.text[start:s.pos]}, nil
}

// string scans a string. Escapes are checked here and resolved by unescape.
func (s *scanner) string() (value, error) {
	if !s.take('"') {
		return value{}, s.fail("a string")
	}
	v := value{kind: kindString}
	for start := s.pos; s.pos < len(s.text); s.pos++ {
		switch c := s.text[s.pos]; {
		case c == '"':
			v.text = s.text[start:s.pos]
			s.pos++
			return v, nil
		case c < ' ':
			return value{}, s.fail("the rest of a string")
		case c == '\\':
			v.escaped = true
			s.pos++
			if err := s.escape(); err != nil {
				return value{}, err
			}
		}
	}
	return value{}, s.fail("the end of a string")
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
func (s *scanner) composite(k kind, end byte) (value, error) {
	start := s.pos
	if s.depth++; s.depth > maxNesting {
		return value{}, market.Refuse(market.ReasonSyntax, "values nest deeper than %d levels at position %d", maxNesting, s.pos+1)
	}
	s.pos++
	for first := true; !s.take(end); first = false {
		if !first && !s.take(',') {
			return value{}, s.fail("a comma or the end of a value")
		}
		if k == kindObject {
			if _, err := s.key(); err != nil {
				return value{}, err
			}
		}
		if _, err := s.value(); err != nil {
			return value{}, err
		}
	}
	s.depth--
	return value{kind: k, text: s.text[start:s.pos]}, nil
}

// key scans a field's name and the colon.
func (s *scanner) key() (value, error) {
	if s.peek() != '"' {
		return value{}, s.fail("the name of a field")
	}
	v, err := s.string()
	if err != nil {
		return value{}, err
	}
	if !s.take(':') {
		return value{}, s.fail("a colon")
	}
	return v, nil
}
