package config

import (
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"unicode"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/providers/rawbytes"
	"github.com/knadh/koanf/v2"

	"outcry/actors/spelling"
)

// environmentPrefix begins the variable of every setting.
const environmentPrefix = "OUTCRY_"

// platformNames are variables that hosting platforms and existing deployments set.
var platformNames = map[string]string{
	"PORT":                      "server.listen",
	"JWT_SECRET":                "auth.secrets",
	"SESSION_SECRET":            "auth.session_secret",
	"DISCORD_CLIENT_ID":         "discord.client_id",
	"DISCORD_CLIENT_SECRET":     "discord.client_secret",
	"DISCORD_REDIRECT_URL":      "discord.redirect_url",
	"DASHBOARD_URL":             "server.dashboard_url",
	"FRONTEND_URL":              "server.frontend_url",
	"MAX_WEBSOCKET_CONNECTIONS": "engineio.max_connections",
}

// Source says where to read settings from.
type Source struct {
	// File is the path of a YAML file, "" for none.
	File string
	// Environ is the environment as os.Environ gives it.
	Environ []string
	// Flags are settings of the command line by key.
	Flags map[string]string
	// Dev is development mode: no secret is needed, and the simulated feed runs
	// unless it is switched off.
	Dev bool
}

// Loaded are valid settings and where each came from.
type Loaded struct {
	Settings Settings
	// Dev is development mode.
	Dev bool
	// MadeUpSecret says that development mode invented the secret.
	MadeUpSecret bool

	source  Source
	schema  schema
	koanf   *koanf.Koanf
	origins map[string]string
}

// File is the settings file, "" for none.
func (l *Loaded) File() string { return l.source.File }

// clone is a copy whose settings and origins may be changed.
func (l *Loaded) clone() *Loaded {
	copied := *l
	copied.origins = maps.Clone(l.origins)
	return &copied
}

// keepSecret takes over the secret that development mode invented before, so that
// reading the sources again does not make up another.
func (l *Loaded) keepSecret(before *Loaded) {
	if l.MadeUpSecret && before.MadeUpSecret {
		l.Settings.Auth.Secrets = before.Settings.Auth.Secrets
	}
}

// KeepSecret takes over the secret that development mode invented in the process
// before this one, so that its tokens stay valid; "" is none.
func (l *Loaded) KeepSecret(secret string) {
	if l.MadeUpSecret && secret != "" {
		l.Settings.Auth.Secrets = []string{secret}
	}
}

// loader gathers layers, the weakest first.
type loader struct {
	*Loaded
	problems []error
}

// Load reads and checks the settings of a source.
func Load(s Source) (*Loaded, error) {
	l := &loader{Loaded: &Loaded{
		Dev:     s.Dev,
		source:  s,
		schema:  newSchema(Settings{}),
		koanf:   koanf.New("."),
		origins: map[string]string{},
	}}
	if s.Dev {
		l.layer("--dev", map[string]any{"simulator.enabled": true, "server.drain_time": "0s"})
	}
	if s.File != "" {
		l.file(s.File)
	}
	l.environment(s.Environ)
	for key, value := range s.Flags {
		_, flag, _ := strings.Cut(key, ".")
		l.set("flag --"+flag, key, value)
	}
	l.Settings = Defaults()
	if err := l.koanf.Unmarshal("", &l.Settings); err != nil {
		l.problems = append(l.problems, err)
	}
	l.secret(s.Dev)
	l.problems = append(l.problems, l.explain(l.Settings.Validate())...)
	if len(l.problems) > 0 {
		return nil, errors.Join(l.problems...)
	}
	return l.Loaded, nil
}

// file adds the layer of a YAML file.
func (l *loader) file(path string) {
	content, err := os.ReadFile(path)
	if err != nil {
		l.problems = append(l.problems, fmt.Errorf("settings file: %w", err))
		return
	}
	k := koanf.New(".")
	if err := k.Load(rawbytes.Provider(content), yaml.Parser()); err != nil {
		l.problems = append(l.problems, fmt.Errorf("settings file %s: %w", path, err))
		return
	}
	l.layer("file "+path, k.All())
}

// CommandVariables begin like settings, and are read by commands: a shell that makes
// backups may also start an engine.
var CommandVariables = []string{"OUTCRY_TOKEN"}

// environment adds the layer of the environment. Our own names are stronger
// than the platform's.
func (l *loader) environment(environ []string) {
	byName := map[string]string{}
	for _, key := range l.schema.keys() {
		byName[environmentName(key)] = key
	}
	own := map[string]string{}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if slices.Contains(CommandVariables, name) {
			continue
		}
		if strings.HasPrefix(name, environmentPrefix) {
			own[name] = value
			continue
		}
		key, known := platformNames[name]
		if !known || value == "" {
			continue
		}
		if name == "PORT" {
			value = ":" + value
		}
		l.set("environment "+name, key, value)
	}
	for name, value := range own {
		key, known := byName[name]
		if !known {
			names := make([]string, 0, len(byName))
			for n := range byName {
				names = append(names, n)
			}
			slices.Sort(names)
			l.problems = append(l.problems, fmt.Errorf("environment %s: no such setting: did you mean %s?", name, spelling.Nearest(name, names)))
			continue
		}
		l.set("environment "+name, key, value)
	}
}

// layer adds settings that override those so far.
func (l *loader) layer(origin string, values map[string]any) {
	for key, value := range values {
		l.set(origin, key, value)
	}
}

// set adds one setting, or a problem.
func (l *loader) set(origin, key string, value any) {
	f, known := l.schema[key]
	if !known {
		l.problems = append(l.problems, fmt.Errorf("%s: %s: no such setting: did you mean %s?", origin, key, spelling.Nearest(key, l.schema.keys())))
		return
	}
	converted, err := f.convert(value)
	if err != nil {
		l.problems = append(l.problems, fmt.Errorf("%s: %q is not allowed: %w (from %s)", key, fmt.Sprint(value), err, origin))
		return
	}
	if err := l.koanf.Load(confmap.Provider(map[string]any{key: converted}, "."), nil); err != nil {
		l.problems = append(l.problems, fmt.Errorf("%s: %w", key, err))
		return
	}
	l.origins[key] = origin
}

// secret makes sure that tokens can be verified.
func (l *loader) secret(dev bool) {
	if len(l.Settings.Auth.Secrets) > 0 {
		return
	}
	if !dev && l.Settings.Auth.JWKSURL != "" {
		return
	}
	if !dev {
		l.problems = append(l.problems, errors.New("auth.secrets: no secret is set, so no token could be verified: set JWT_SECRET to the secret that your sign-in signs tokens with (16 characters or more) or auth.jwks_url to where it publishes its keys, or start with --dev to try things out"))
		return
	}
	l.Settings.Auth.Secrets = []string{rand.Text()}
	l.MadeUpSecret = true
	l.origins["auth.secrets"] = "--dev (made up)"
}

// explain adds to each problem where the value came from. What nobody set is wrong beside
// another setting, which the problem names: then that one's origin stands there, too.
func (l *Loaded) explain(err error) []error {
	problems := flatten(err)
	for i, problem := range problems {
		key, message, _ := strings.Cut(problem.Error(), ":")
		if _, known := l.schema[key]; known {
			problems[i] = fmt.Errorf("%w (%s)", problem, l.whence(key, message))
		}
	}
	return problems
}

// whence says in words where the value of a key came from.
func (l *Loaded) whence(key, message string) string {
	if origin, ok := l.origins[key]; ok {
		return "from " + origin
	}
	words := "by default"
	section := key[:strings.LastIndex(key, ".")+1]
	for _, other := range l.schema.keys() {
		name, beside := strings.CutPrefix(other, section)
		origin, set := l.origins[other]
		if beside && set && other != key && containsWord(message, name) {
			words += fmt.Sprintf("; %s is from %s", name, origin)
		}
	}
	return words
}

// containsWord reports whether a word stands in a text by itself.
func containsWord(text, word string) bool {
	isPart := func(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }
	return slices.Contains(strings.FieldsFunc(text, func(r rune) bool { return !isPart(r) }), word)
}
