package feed

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// maxNameBytes bounds a source's name, which may be a user's id from a token.
const maxNameBytes = 64

// Registry lists the open sources of an engine. What closed ones did is kept as
// totals only, so feeds may come and go for ever.
type Registry struct {
	now func() time.Time // immutable after construction

	mu     sync.Mutex // guards the next block
	open   map[string]*Source
	closed Totals
}

// NewRegistry returns a registry without sources.
func NewRegistry(now func() time.Time) *Registry {
	return &Registry{now: now, open: make(map[string]*Source)}
}

// Open returns a new source, heard just now. Its name is name, or name#2,
// name#3 and so on while others of that name are open. Source.Close removes it.
func (r *Registry) Open(name string) *Source {
	name = strings.ToValidUTF8(name[:min(len(name), maxNameBytes)], "")
	r.mu.Lock()
	defer r.mu.Unlock()
	unique := name
	for n := 2; r.open[unique] != nil; n++ {
		unique = name + "#" + strconv.Itoa(n)
	}
	s := NewSource(unique, r.now())
	s.registry = r
	r.open[unique] = s
	return s
}

// forget turns a closed source into a part of the totals.
func (r *Registry) forget(s *Source) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.open, s.name)
	r.closed.Sources++
	r.closed.add(s.counts.read())
}

// Totals are what a number of sources did together.
type Totals struct {
	Sources int
	Counts
}

// Snapshot is a registry at one instant.
type Snapshot struct {
	// Open sources, by name.
	Open []Status
	// Closed sources since the engine started, together.
	Closed Totals
}

// All returns what open and closed sources did together.
func (s Snapshot) All() Totals {
	all := Totals{Sources: len(s.Open) + s.Closed.Sources}
	all.add(s.Closed.Counts)
	for _, open := range s.Open {
		all.add(open.Counts)
	}
	return all
}

// LastHeard returns the newest sign of life of any open source, zero without one.
func (s Snapshot) LastHeard() time.Time {
	var last time.Time
	for _, open := range s.Open {
		if open.Heard.After(last) {
			last = open.Heard
		}
	}
	return last
}

// Snapshot returns the sources as they are now.
func (r *Registry) Snapshot() Snapshot {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := Snapshot{Open: make([]Status, 0, len(r.open)), Closed: r.closed}
	s.Closed.Refused = maps.Clone(r.closed.Refused)
	for _, src := range r.open {
		s.Open = append(s.Open, src.Status())
	}
	slices.SortFunc(s.Open, func(a, b Status) int { return cmp.Compare(a.Name, b.Name) })
	return s
}
