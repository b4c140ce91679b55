package config

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// schema knows every key and the type of its value.
type schema map[string]field

type field struct {
	kind   reflect.Type
	secret bool
}

// newSchema reads the koanf tags of a struct of sections.
func newSchema(settings any) schema {
	s := schema{}
	s.add("", reflect.TypeOf(settings), false)
	return s
}

func (s schema) add(key string, t reflect.Type, secret bool) {
	if t.Kind() != reflect.Struct {
		s[key] = field{t, secret}
		return
	}
	for i := range t.NumField() {
		f := t.Field(i)
		name := f.Tag.Get("koanf")
		if key != "" {
			name = key + "." + name
		}
		s.add(name, f.Type, f.Tag.Get("secret") == "true")
	}
}

// keys returns all keys in order.
func (s schema) keys() []string {
	keys := make([]string, 0, len(s))
	for key := range s {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// environmentName is the variable of a key: OUTCRY_MAILBOX_PACE_FLOOR.
func environmentName(key string) string {
	return environmentPrefix + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
}

var durationType = reflect.TypeFor[time.Duration]()

// convert turns a value as it came from a file, the environment or a flag into
// the type of its key. The error says what is allowed.
func (f field) convert(value any) (any, error) {
	text, isText := value.(string)
	text = strings.TrimSpace(text)
	switch {
	case f.kind == durationType:
		if isText {
			if d, err := time.ParseDuration(text); err == nil {
				return d, nil
			}
		}
		if value == 0 {
			return time.Duration(0), nil
		}
		return nil, f.wrong("a duration such as 200ms or 10s")
	case f.kind.Kind() == reflect.Bool:
		if b, ok := value.(bool); ok {
			return b, nil
		}
		if b, err := strconv.ParseBool(text); isText && err == nil {
			return b, nil
		}
		return nil, f.wrong("true or false")
	case f.kind.Kind() == reflect.String:
		switch v := value.(type) {
		case string:
			return v, nil
		case int, float64:
			return fmt.Sprint(v), nil
		}
		return nil, f.wrong("text")
	case f.kind.Kind() == reflect.Slice:
		return f.convertList(value)
	}
	return f.convertNumber(value, text)
}

func (f field) convertList(value any) (any, error) {
	var list []string
	switch v := value.(type) {
	case string:
		for item := range strings.SplitSeq(v, ",") {
			if item = strings.TrimSpace(item); item != "" {
				list = append(list, item)
			}
		}
		return list, nil
	case []any:
		for _, item := range v {
			text, ok := item.(string)
			if !ok {
				return nil, f.wrong("a list of texts")
			}
			list = append(list, text)
		}
		return list, nil
	}
	return nil, f.wrong("a list of texts")
}

func (f field) convertNumber(value any, text string) (any, error) {
	var number float64
	switch v := value.(type) {
	case int:
		number = float64(v)
	case int64:
		number = float64(v)
	case uint64:
		number = float64(v)
	case float64:
		number = v
	case string:
		parsed, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, f.wrong("a number")
		}
		number = parsed
	default:
		return nil, f.wrong("a number")
	}
	if f.kind.Kind() == reflect.Float64 {
		return number, nil
	}
	const largestExact = 1 << 53
	if number != math.Trunc(number) || math.Abs(number) > largestExact || (f.kind.Kind() == reflect.Uint64 && number < 0) {
		return nil, f.wrong("a whole number")
	}
	return int64(number), nil
}

func (f field) wrong(want string) error { return fmt.Errorf("must be %s", want) }

// nearest returns the known name that is most like name, for an error message.
func nearest(name string, known []string) string {
	best, bestDistance := "", math.MaxInt
	for _, candidate := range known {
		if d := distance(name, candidate); d < bestDistance {
			best, bestDistance = candidate, d
		}
	}
	return best
}

// distance is Levenshtein's: how many letters must change.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
