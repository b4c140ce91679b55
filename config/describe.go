package config

import (
	"fmt"
	"reflect"
	"strings"
)

// Setting is one setting as an operator sees it.
type Setting struct {
	Key    string `json:"key"`
	Value  string `json:"value"` // "(set)" for a secret
	Origin string `json:"origin"`
}

// Describe lists all settings in the order of their keys.
func (l *Loaded) Describe() []Setting {
	values := map[string]reflect.Value{}
	collect("", reflect.ValueOf(l.Settings), values)
	settings := make([]Setting, 0, len(l.schema))
	for _, key := range l.schema.keys() {
		s := Setting{Key: key, Value: fmt.Sprint(values[key].Interface()), Origin: "default"}
		if l.schema[key].secret {
			s.Value = redact(values[key])
		}
		if origin, ok := l.origins[key]; ok {
			s.Origin = origin
		}
		settings = append(settings, s)
	}
	return settings
}

func redact(v reflect.Value) string {
	if v.Len() == 0 {
		return "(not set)"
	}
	return "(set)"
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
