package jsonline

// Line walks over the fields of the one object that a text consists of.
//
//	for {
//		name, more, err := line.Next()
//		if err != nil || !more {
//			return err
//		}
//		value, err := line.Value()
//		...
//	}
type Line struct {
	scanner scanner
	begun   bool
}

// NewLine returns a walk that stands before the object.
func NewLine(text []byte) Line { return Line{scanner: scanner{text: text}} }

// Next returns the name of the next field, whose value Value must scan before
// the following call. more is false once the object and the text have ended.
func (l *Line) Next() (name []byte, more bool, err error) {
	s := &l.scanner
	switch {
	case !l.begun:
		if !s.take('{') {
			return nil, false, s.fail("a JSON object")
		}
		l.begun = true
		if s.take('}') {
			return nil, false, l.end()
		}
	case s.take('}'):
		return nil, false, l.end()
	case !s.take(','):
		return nil, false, s.fail("a comma or the end of the object")
	}
	key, err := s.key()
	if err != nil {
		return nil, false, err
	}
	name, err = key.plain()
	return name, err == nil, err
}

// Value scans the value of the field that Next returned.
func (l *Line) Value() (Value, error) { return l.scanner.value() }

// end checks that nothing follows the object.
func (l *Line) end() error {
	if l.scanner.peek(); l.scanner.pos < len(l.scanner.text) {
		return l.scanner.fail("the end of the line")
	}
	return nil
}
