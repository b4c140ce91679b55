package journaltest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"outcry/persistence"
)

// model is what a journal should hold.
type model struct {
	k           *kit
	streams     map[string][]persistence.Event
	open        map[string]bool
	checkpoints map[string]persistence.Checkpoint
	documents   map[string]modelDocument
}

type modelDocument struct {
	value   string
	expires time.Time
}

// anythingIsAsTheModel does anything in any order and compares.
func anythingIsAsTheModel(t *testing.T, k *kit) {
	rapid.Check(t, func(rt *rapid.T) {
		m := newModel(newKit(t, k.subject))
		defer m.k.close(t)
		actions := map[string]func(*rapid.T){
			"":           m.compare,
			"append":     m.append,
			"append 2":   m.append, // more often than the rest
			"pipeline":   m.pipeline,
			"checkpoint": m.checkpoint,
			"put":        m.put,
			"wait": func(rt *rapid.T) {
				m.k.clock.advance(time.Duration(rapid.IntRange(0, 90).Draw(rt, "minutes")) * time.Minute)
			},
		}
		if k.subject.Reopen != nil && rapid.IntRange(0, 3).Draw(rt, "reopens") == 0 {
			actions["reopen"] = func(*rapid.T) { m.k.reopen(t) }
		}
		rt.Repeat(actions)
	})
}

func newModel(k *kit) *model {
	return &model{
		k:           k,
		streams:     map[string][]persistence.Event{},
		open:        map[string]bool{},
		checkpoints: map[string]persistence.Checkpoint{},
		documents:   map[string]modelDocument{},
	}
}

var (
	names = rapid.SampledFrom([]string{"a", "ab", "b", "a\x00", "\xff", "long name of a portfolio"})
	// Half of the keys are new, the rest collide.
	keys   = rapid.OneOf(rapid.SampledFrom([]string{"", "a", "b"}), rapid.StringN(1, 12, persistence.MaxKeyBytes))
	values = rapid.OneOf(rapid.SliceOfN(rapid.Byte(), 0, 40), rapid.SampledFrom([][]byte{nil, make([]byte, 5000)}))
)

func drawAppend(rt *rapid.T, heads map[string]uint64) persistence.Append {
	a := persistence.Append{Stream: names.Draw(rt, "stream")}
	a.Expected = heads[a.Stream]
	if rapid.IntRange(0, 5).Draw(rt, "wrong") == 0 {
		a.Expected += rapid.Uint64Range(0, 3).Draw(rt, "off by")
	}
	a.Open = persistence.OpenChange(rapid.IntRange(0, 2).Draw(rt, "open"))
	for range rapid.IntRange(1, 5).Draw(rt, "events") {
		a.Events = append(a.Events, persistence.Event{Key: keys.Draw(rt, "key"), Data: values.Draw(rt, "data")})
	}
	return a
}

func (m *model) heads() map[string]uint64 {
	heads := map[string]uint64{}
	for name, all := range m.streams {
		heads[name] = uint64(len(all))
	}
	return heads
}

// apply appends to the model and returns what the journal should answer: nil,
// an error to be matched, or the known keys.
func (m *model) apply(a persistence.Append) (known map[int]uint64, err error) {
	seen := map[string]bool{}
	for _, e := range a.Events {
		if e.Key != "" && seen[e.Key] {
			return nil, persistence.ErrInvalid
		}
		seen[e.Key] = true
	}
	all := m.streams[a.Stream]
	if uint64(len(all)) != a.Expected {
		return nil, persistence.ErrConflict
	}
	known = map[int]uint64{}
	for i, e := range a.Events {
		at := slices.IndexFunc(all, func(old persistence.Event) bool { return e.Key != "" && old.Key == e.Key })
		if at >= 0 {
			known[i] = uint64(at) + 1
		}
	}
	if len(known) > 0 {
		return known, nil
	}
	m.streams[a.Stream] = append(all, a.Events...)
	switch a.Open {
	case persistence.Opened:
		m.open[a.Stream] = true
	case persistence.Closed:
		delete(m.open, a.Stream)
	}
	return nil, nil
}

func (m *model) check(rt *rapid.T, a persistence.Append, got error) {
	known, want := m.apply(a)
	switch {
	case len(known) > 0 && !isDuplicate(got, known):
		rt.Fatalf("append to %q after %d: %v, want a duplicate of %v", a.Stream, a.Expected, got, known)
	case len(known) == 0 && !errors.Is(got, want):
		rt.Fatalf("append to %q after %d: %v, want %v", a.Stream, a.Expected, got, want)
	}
}

func (m *model) append(rt *rapid.T) {
	a := drawAppend(rt, m.heads())
	m.check(rt, a, m.k.appendOpen(rt, a.Stream, a.Expected, a.Open, a.Events...))
}

// pipeline appends without waiting for answers in between.
func (m *model) pipeline(rt *rapid.T) {
	heads := m.heads()
	appends := make([]persistence.Append, rapid.IntRange(2, 12).Draw(rt, "appends"))
	answers := make([]chan error, len(appends))
	for i := range appends {
		appends[i] = drawAppend(rt, heads)
		heads[appends[i].Stream] = appends[i].Expected + uint64(len(appends[i].Events))
		answers[i] = make(chan error, 2)
		appends[i].Done = func(err error) { answers[i] <- err }
	}
	for _, a := range appends {
		m.k.Append(a)
	}
	for i, a := range appends {
		m.check(rt, a, <-answers[i])
	}
}

func (m *model) checkpoint(rt *rapid.T) {
	name := names.Draw(rt, "stream")
	c := persistence.Checkpoint{Version: uint64(len(m.streams[name])), Data: values.Draw(rt, "state")}
	if err := m.k.saveCheckpoint(rt, name, c); err != nil {
		rt.Fatalf("checkpoint: %v", err)
	}
	m.checkpoints[name] = c
}

func (m *model) put(rt *rapid.T) {
	documents := make([]persistence.Document, rapid.IntRange(1, 4).Draw(rt, "documents"))
	for i := range documents {
		d := &documents[i]
		d.Key, d.Value = names.Draw(rt, "key"), values.Draw(rt, "value")
		d.Lifetime = time.Duration(rapid.IntRange(0, 3).Draw(rt, "hours")) * time.Hour
		if len(d.Value) == 0 {
			delete(m.documents, d.Key)
			continue
		}
		kept := modelDocument{value: string(d.Value)}
		if d.Lifetime > 0 {
			// A journal may keep milliseconds alone; the clock moves by minutes.
			kept.expires = m.k.clock.now().Add(d.Lifetime)
		}
		m.documents[d.Key] = kept
	}
	m.k.mustPut(rt, documents...)
}

// compare looks at everything the journal shows.
func (m *model) compare(rt *rapid.T) {
	k := m.k
	equal(rt, "streams", k.streams(rt), slices.Sorted(maps.Keys(m.streams)))
	equal(rt, "open streams", k.openStreams(rt), slices.Sorted(maps.Keys(m.open)))
	for name, all := range m.streams {
		want := texts(0, all...)
		equal(rt, "events of "+name, k.read(rt, name, 0), want)
		middle := rapid.Uint64Range(0, uint64(len(all))+2).Draw(rt, "middle")
		from := min(middle, uint64(len(all)))
		equal(rt, fmt.Sprint("events of ", name, " after ", middle), k.read(rt, name, middle), want[from:])
		until := len(want)
		if middle > 0 {
			until = min(int(middle-1), until)
		}
		back := slices.Clone(want[:until])
		slices.Reverse(back)
		equal(rt, fmt.Sprint("events of ", name, " before ", middle), k.readBack(rt, name, middle), back)
	}
	for name, want := range m.checkpoints {
		if c, err := k.Checkpoint(name); err != nil || c.Version != want.Version || string(c.Data) != string(want.Data) {
			rt.Fatalf("checkpoint of %q: %d, %d bytes, %v; want %d, %d bytes", name, c.Version, len(c.Data), err, want.Version, len(want.Data))
		}
	}
	var want []string
	for _, key := range slices.Sorted(maps.Keys(m.documents)) {
		if d := m.documents[key]; d.expires.IsZero() || k.clock.now().Before(d.expires) {
			want = append(want, key+"="+d.value)
		}
	}
	equal(rt, "documents", k.scan(rt, "", "\xff\xff"), want)
}
