package config

import (
	"reflect"
	"slices"
	"strings"
)

// schema knows every key and the type of its value.
type schema map[string]field

// field is one setting, as the tags of its struct describe it:
//
//	koanf:"budget"     its key within the section
//	live:"true"        a change takes effect in a running engine
//	secret:"true"      its value is never shown
//	choices:"a,b"      the texts that are allowed
type field struct {
	kind    reflect.Type
	live    bool
	secret  bool
	choices []string
}

// newSchema reads the tags of a struct of sections.
func newSchema(settings any) schema {
	s := schema{}
	s.addStruct("", reflect.TypeOf(settings))
	return s
}

func (s schema) addStruct(prefix string, t reflect.Type) {
	for i := range t.NumField() {
		f := t.Field(i)
		key := prefix + f.Tag.Get("koanf")
		if f.Type.Kind() == reflect.Struct {
			s.addStruct(key+".", f.Type)
			continue
		}
		added := field{kind: f.Type, live: f.Tag.Get("live") == "true", secret: f.Tag.Get("secret") == "true"}
		if choices := f.Tag.Get("choices"); choices != "" {
			added.choices = strings.Split(choices, ",")
		}
		s[key] = added
	}
}

// Declaration is where a setting is declared.
type Declaration struct {
	Key    string
	Struct reflect.Type
	Field  string
}

// Declarations are those of all settings.
func Declarations() []Declaration { return declarations("", reflect.TypeFor[Settings](), nil) }

func declarations(prefix string, t reflect.Type, dst []Declaration) []Declaration {
	for i := range t.NumField() {
		f := t.Field(i)
		key := prefix + f.Tag.Get("koanf")
		if f.Type.Kind() == reflect.Struct {
			dst = declarations(key+".", f.Type, dst)
			continue
		}
		dst = append(dst, Declaration{Key: key, Struct: t, Field: f.Name})
	}
	return dst
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
