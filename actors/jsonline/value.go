package jsonline

import (
	"encoding/json"
	"fmt"

	"github.com/govalues/decimal"
)

// Kind is the type of a JSON value.
type Kind uint8

// The kinds of values.
const (
	String Kind = iota
	Number
	True
	False
	Null
	Object
	Array
)

var kindNames = [...]string{"a string", "a number", "true", "false", "null", "an object", "an array"}

func (k Kind) String() string { return kindNames[k] }

// Value is one JSON value as it stands in the line, valid as long as the line.
// The errors of its methods go on where the name of the field begins a sentence.
type Value struct {
	Kind    Kind
	escaped bool // a string with escapes in it; beside Kind, since apart they cost a tick line 200 ns
	// Raw is the value as written; of a string, what is between the quotes.
	Raw []byte
}

// plain returns the bytes that a string stands for. They are the line's own
// unless there are escapes in it.
func (v Value) plain() ([]byte, error) {
	if !v.escaped {
		return v.Raw, nil
	}
	quoted := append(append([]byte{'"'}, v.Raw...), '"')
	var s string
	if err := json.Unmarshal(quoted, &s); err != nil {
		return nil, fmt.Errorf("%q is not allowed: must be a string", Excerpt(v.Raw))
	}
	return []byte(s), nil
}

// Text reads a string.
func (v Value) Text() ([]byte, error) {
	if v.Kind != String {
		return nil, fmt.Errorf("is %s: must be a string", v.Kind)
	}
	return v.plain()
}

// Decimal reads a number, or a string that holds one.
func (v Value) Decimal() (decimal.Decimal, error) {
	switch {
	case v.Kind == Number:
	case v.Kind != String:
		return decimal.Zero, fmt.Errorf("is %s: must be a number", v.Kind)
	case !IsNumber(v.Raw):
		return decimal.Zero, fmt.Errorf("%q is not allowed: must be a number", Excerpt(v.Raw))
	}
	d, ok := ParseDecimal(v.Raw)
	if !ok {
		return decimal.Zero, fmt.Errorf("%s is not allowed: must have at most %d digits, so that it is exact", Excerpt(v.Raw), decimal.MaxPrec)
	}
	return d, nil
}

// Bool reads true or false.
func (v Value) Bool() (bool, error) {
	if v.Kind != True && v.Kind != False {
		return false, fmt.Errorf("is %s: must be true or false", v.Kind)
	}
	return v.Kind == True, nil
}

// maxExcerptBytes of a client's bytes stand in a sentence about them.
const maxExcerptBytes = 40

// Excerpt returns the beginning of text, for a sentence about it.
func Excerpt(text []byte) string {
	if len(text) > maxExcerptBytes {
		return string(text[:maxExcerptBytes]) + "..."
	}
	return string(text)
}
