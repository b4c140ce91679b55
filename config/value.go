package config

import (
	"reflect"
	"strconv"
	"strings"
	"time"
)

// values returns the fields of settings by their keys. They can be set if
// settings is a pointer.
func values(settings reflect.Value) map[string]reflect.Value {
	all := map[string]reflect.Value{}
	collect("", reflect.Indirect(settings), all)
	return all
}

func collect(key string, v reflect.Value, into map[string]reflect.Value) {
	if v.Kind() != reflect.Struct {
		into[key] = v
		return
	}
	for i := range v.NumField() {
		name := strings.TrimPrefix(key+"."+v.Type().Field(i).Tag.Get("koanf"), ".")
		collect(name, v.Field(i), into)
	}
}

// format writes a value as the environment would have it.
func format(v reflect.Value) string {
	switch value := v.Interface().(type) {
	case time.Duration:
		return formatDuration(value)
	case []string:
		return strings.Join(value, ",")
	case float64:
		return strconv.FormatFloat(value, 'f', -1, 64)
	case string:
		return value
	case bool:
		return strconv.FormatBool(value)
	}
	if v.CanUint() {
		return strconv.FormatUint(v.Uint(), 10)
	}
	return strconv.FormatInt(v.Int(), 10)
}

// formatDuration is d without the units that are zero: 2m, not 2m0s.
func formatDuration(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
