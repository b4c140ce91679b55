package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"outcry/actors/spelling"
)

// Running are the settings of a running process. Operators change them, and so
// does the settings file; one change at a time, all of it or nothing.
//
// What an operator set holds until the process ends or the sources (file,
// environment, flags) say something else about the same key than before.
type Running struct {
	// immutable after construction
	started *Loaded // what needs a restart stays as it is here
	hooks   Hooks

	// atomic: written with mu held, read by anybody
	inForce atomic.Pointer[Loaded]

	mu       sync.Mutex // guards the next block, and is held while the rooms are told
	sources  *Loaded    // what file, environment and flags say
	operator map[string]bool
}

// Hooks are whom Running tells. Both are called one at a time and must not call back.
type Hooks struct {
	// Apply makes valid settings those of the rooms. After an error nothing has changed.
	Apply func(was, is Settings) error
	// Changed is told of changes that were made, in their order. It must not block.
	Changed func([]Change)
}

// Change is one setting that was changed. Secrets never are.
type Change struct {
	Key  string `json:"key"`
	From string `json:"from"`
	To   string `json:"to"`
	// By is the operator's id, or "file PATH" where the settings file did it.
	By string `json:"-"`
}

// Problem is why one setting cannot be changed.
type Problem struct {
	Key     string `json:"key"`
	Message string `json:"message"`
}

// Refusal is that a change was refused as a whole, and why.
type Refusal struct{ Problems []Problem }

func (r *Refusal) Error() string {
	lines := make([]string, 0, len(r.Problems))
	for _, p := range r.Problems {
		lines = append(lines, p.Key+": "+p.Message)
	}
	return strings.Join(lines, "\n")
}

// NewRunning returns the settings of a process that started with those loaded.
func NewRunning(loaded *Loaded, hooks Hooks) *Running {
	r := &Running{started: loaded, sources: loaded, hooks: hooks, operator: map[string]bool{}}
	r.inForce.Store(loaded)
	return r
}

// Settings are those in force.
func (r *Running) Settings() Settings { return r.inForce.Load().Settings }

// Describe lists all settings as they are in force, in the order of their keys.
func (r *Running) Describe() []Setting { return r.inForce.Load().Describe() }

// Change changes settings for an operator, to values as the environment would
// have them. It returns those that are other than before. The error is a *Refusal
// unless a room failed.
func (r *Running) Change(user string, changes map[string]string) ([]Change, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	next := r.inForce.Load().clone()
	fields := values(reflect.ValueOf(&next.Settings))
	refusal := &Refusal{}
	var changed []string
	for key, text := range changes {
		value, problem := next.schema.live(key, text)
		if problem != "" {
			refusal.Problems = append(refusal.Problems, Problem{key, problem})
			continue
		}
		before := format(fields[key])
		fields[key].Set(value)
		if format(fields[key]) != before {
			next.origins[key] = operatorOrigin + user
			changed = append(changed, key)
		}
	}
	if len(refusal.Problems) > 0 {
		return nil, refusal.sorted()
	}
	made, err := r.take(next, user)
	if err == nil {
		for _, key := range changed {
			r.operator[key] = true
		}
	}
	return made, err
}

// live converts a value for a key that can be changed in a running process, or
// says why not.
func (s schema) live(key, text string) (value reflect.Value, problem string) {
	f, known := s[key]
	if !known {
		return value, fmt.Sprintf("no such setting: did you mean %s?", spelling.Nearest(key, s.keys()))
	}
	if !f.live {
		return value, fmt.Sprintf("takes effect at a restart only: set it in the settings file or as %s, and restart", environmentName(key))
	}
	converted, err := f.convert(text)
	if err != nil {
		return value, fmt.Sprintf("%q is not allowed: %v", text, err)
	}
	return reflect.ValueOf(converted).Convert(f.kind), ""
}

// Reload reads the sources again and changes what they say differently than
// before. restart names the settings that differ and need a restart.
func (r *Running) Reload() (made []Change, restart []string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fresh, err := Load(r.started.source)
	if err != nil {
		return nil, nil, err
	}
	fresh.keepSecret(r.started)
	next := r.inForce.Load().clone()
	fields := values(reflect.ValueOf(&next.Settings))
	said, says := values(reflect.ValueOf(&r.sources.Settings)), values(reflect.ValueOf(&fresh.Settings))
	equal := func(a, b reflect.Value) bool { return reflect.DeepEqual(a.Interface(), b.Interface()) }
	operator := map[string]bool{}
	for _, key := range fresh.schema.keys() {
		switch {
		case !fresh.schema[key].live:
			if !equal(fields[key], says[key]) {
				restart = append(restart, key)
			}
		case r.operator[key] && equal(said[key], says[key]) && r.sources.origin(key) == fresh.origin(key):
			operator[key] = true
		default:
			fields[key].Set(says[key])
			next.origins[key] = fresh.origin(key)
		}
	}
	if made, err = r.take(next, "file "+fresh.source.File); err != nil {
		return nil, nil, err
	}
	r.sources, r.operator = fresh, operator
	return made, restart, nil
}

// take makes next the settings in force, which somebody asks for. Needs mu.
func (r *Running) take(next *Loaded, by string) ([]Change, error) {
	was := r.inForce.Load()
	if err := next.Settings.Validate(); err != nil {
		return nil, next.refuse(err)
	}
	made := next.since(was, by)
	if len(made) > 0 {
		if err := r.hooks.Apply(was.Settings, next.Settings); err != nil {
			return nil, fmt.Errorf("nothing was changed: %w", err)
		}
	}
	r.inForce.Store(next)
	if len(made) > 0 {
		r.hooks.Changed(made)
	}
	return made, nil
}

// since lists what is other than it was, in the order of the keys.
func (l *Loaded) since(was *Loaded, by string) []Change {
	before, after := values(reflect.ValueOf(&was.Settings)), values(reflect.ValueOf(&l.Settings))
	var changes []Change
	for _, key := range l.schema.keys() {
		f := l.schema[key]
		if from, to := format(before[key]), format(after[key]); from != to {
			changes = append(changes, Change{Key: key, From: f.show(before[key]), To: f.show(after[key]), By: by})
		}
	}
	return changes
}

// refuse says which rule the settings break, where the values came from, and by which key.
func (l *Loaded) refuse(err error) error {
	refusal := &Refusal{}
	for _, problem := range l.explain(err) {
		key, message, found := strings.Cut(problem.Error(), ": ")
		if !found {
			key, message = "", problem.Error()
		}
		refusal.Problems = append(refusal.Problems, Problem{key, message})
	}
	return refusal.sorted()
}

// sorted has the problems in the order of their keys.
func (r *Refusal) sorted() *Refusal {
	slices.SortFunc(r.Problems, func(a, b Problem) int { return strings.Compare(a.Key, b.Key) })
	return r
}
