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
	heard  time.Time         // newest sign of life of a closed source
	names  map[string]Counts // of closed sources, by the name that they count under
	// statuses by the same names, but for OtherNames: feeds of further names keep
	// theirs for as long as they are connected.
	statuses map[string]*statusHolder
}

// NewRegistry returns a registry without sources.
func NewRegistry(now func() time.Time) *Registry {
	return &Registry{now: now, open: make(map[string]*Source), names: make(map[string]Counts), statuses: make(map[string]*statusHolder)}
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
	s.registry, s.countsAs = r, r.countsAs(name)
	if known := r.statuses[name]; known != nil {
		s.status = known
	} else if s.countsAs == name {
		r.statuses[name] = s.status
	}
	r.open[unique] = s
	return s
}

// forget turns a closed source into a part of the totals.
func (r *Registry) forget(s *Source) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.open, s.name)
	r.closed.Sources++
	counts := s.counts.read()
	r.closed.add(counts)
	r.count(r.names, s.countsAs, counts)
	if heard := time.Unix(0, s.heard.Load()); heard.After(r.heard) {
		r.heard = heard
	}
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
	// Closed sources since the engine started, together, and the newest sign of life
	// of any of them.
	Closed      Totals
	ClosedHeard time.Time
	// Names are what open and closed sources did, by the name that they were opened
	// with; of names beyond the first maxNames together, as OtherNames.
	Names map[string]Counts
}

// State is whether prices come in.
type State string

// The states of a feed, or of all together, as their names appear on the wire.
const (
	Live  State = "live"
	Stale State = "stale" // connected and silent
	Down  State = "down"
)

// State is live while any source is. Without one it stays so for grace: a feed may
// come back, or post a tick at a time.
func (s Snapshot) State(now time.Time, silence, grace time.Duration) State {
	switch {
	case len(s.Open) > 0 && now.Sub(s.LastHeard()) <= silence:
		return Live
	case now.Sub(s.ClosedHeard) <= grace:
		return Live
	case len(s.Open) > 0:
		return Stale
	}
	return Down
}

// State of an open source.
func (s Status) State(now time.Time, silence time.Duration) State {
	if now.Sub(s.Heard) > silence {
		return Stale
	}
	return Live
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

// Heard returns the newest sign of life of any source, zero if there never was one.
func (s Snapshot) Heard() time.Time {
	if last := s.LastHeard(); last.After(s.ClosedHeard) {
		return last
	}
	return s.ClosedHeard
}

// Snapshot returns the sources as they are now.
func (r *Registry) Snapshot() Snapshot {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := Snapshot{Open: make([]Status, 0, len(r.open)), Closed: r.closed, ClosedHeard: r.heard}
	s.Closed.Refused = maps.Clone(r.closed.Refused)
	s.Names = make(map[string]Counts, len(r.names))
	for name, counts := range r.names {
		r.count(s.Names, name, counts)
	}
	for _, src := range r.open {
		status := src.Status()
		s.Open = append(s.Open, status)
		r.count(s.Names, src.countsAs, status.Counts)
	}
	slices.SortFunc(s.Open, func(a, b Status) int { return cmp.Compare(a.Name, b.Name) })
	return s
}
