package config

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

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
			text, ok := itemText(item)
			if !ok {
				return nil, f.wrong("a list of texts")
			}
			list = append(list, text)
		}
		return list, nil
	}
	return nil, f.wrong("a list of texts")
}

// itemText is an item of a list as the environment would have it. An object, which only
// a file can hold, is written in one line as name=value; name=value, and a list in it with
// bars between its items. YAML reads what looks like a date as a time.
func itemText(item any) (text string, ok bool) {
	switch v := item.(type) {
	case string:
		return v, true
	case int, float64, bool:
		return fmt.Sprint(v), true
	case time.Time:
		return v.Format(time.DateOnly), true
	case []any:
		return joinItems(v)
	case map[string]any:
		fields := make([]string, 0, len(v))
		for _, name := range slices.Sorted(maps.Keys(v)) {
			value, ok := itemText(v[name])
			if !ok {
				return "", false
			}
			fields = append(fields, name+"="+value)
		}
		return strings.Join(fields, "; "), true
	}
	return "", false
}

func joinItems(list []any) (text string, ok bool) {
	texts := make([]string, 0, len(list))
	for _, item := range list {
		text, ok := itemText(item)
		if !ok {
			return "", false
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, "|"), true
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
