package config

import (
	"fmt"
	"math"
	"reflect"
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
