package config

import "reflect"

// Setting is one setting as an operator sees it. Values are written as the
// environment would have them.
type Setting struct {
	Key     string `json:"key"`
	Value   string `json:"value"` // "(set)" for a secret
	Default string `json:"default"`
	// Origin is where the value came from: default, file PATH, environment NAME,
	// flag --NAME or operator USER.
	Origin      string `json:"origin"`
	Description string `json:"description"`
	// Kind is duration, int, float, bool, string, choice or list.
	Kind    string   `json:"kind"`
	Choices []string `json:"choices,omitempty"`
	// Live settings take effect in a running engine, the others at a restart.
	Live   bool `json:"live"`
	Secret bool `json:"secret"`
}

// Reference lists all settings with their defaults.
func Reference() []Setting {
	return (&Loaded{Settings: Defaults(), schema: newSchema(Settings{})}).Describe()
}

// Describe lists all settings in the order of their keys.
func (l *Loaded) Describe() []Setting {
	defaults := Defaults()
	is, byDefault := values(reflect.ValueOf(&l.Settings)), values(reflect.ValueOf(&defaults))
	settings := make([]Setting, 0, len(l.schema))
	for _, key := range l.schema.keys() {
		f := l.schema[key]
		settings = append(settings, Setting{
			Key: key, Value: f.show(is[key]), Default: f.show(byDefault[key]), Origin: l.origin(key),
			Description: descriptions[key], Kind: f.kindName(), Choices: f.choices, Live: f.live, Secret: f.secret,
		})
	}
	return settings
}

// origin is where the value of a key came from.
func (l *Loaded) origin(key string) string {
	if origin, ok := l.origins[key]; ok {
		return origin
	}
	return "default"
}

// show writes a value for people to see.
func (f field) show(v reflect.Value) string {
	switch {
	case !f.secret:
		return format(v)
	case v.Len() == 0:
		return "(not set)"
	}
	return "(set)"
}

// kindName is what kind of value a setting has.
func (f field) kindName() string {
	switch {
	case f.kind == durationType:
		return "duration"
	case len(f.choices) > 0:
		return "choice"
	}
	switch f.kind.Kind() {
	case reflect.Bool:
		return "bool"
	case reflect.Float64:
		return "float"
	case reflect.Slice:
		return "list"
	case reflect.String:
		return "string"
	}
	return "int"
}
