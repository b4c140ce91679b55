package journaltest

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"outcry/persistence"
)

func document(key, value string) persistence.Document {
	return persistence.Document{Key: key, Value: []byte(value)}
}

func (k *kit) mustPut(t failer, documents ...persistence.Document) {
	t.Helper()
	if err := k.put(t, documents...); err != nil {
		t.Fatalf("put: %v", err)
	}
}

func documentsAreReplacedAndDeleted(t *testing.T, k *kit) {
	k.mustPut(t, document("a", "1"), document("b", "1"))
	k.mustPut(t, document("b", "2"), document("c", "1"))
	equal(t, "replaced", k.scan(t, "", "z"), []string{"a=1", "b=2", "c=1"})
	k.mustPut(t, document("a", ""), document("nobody", ""))
	equal(t, "deleted", k.scan(t, "", "z"), []string{"b=2", "c=1"})
	if _, err := k.Get("a"); !errors.Is(err, persistence.ErrNotFound) {
		t.Errorf("a deleted document: %v, want ErrNotFound", err)
	}
	k.mustPut(t, document("b", ""), document("b", "last wins"), document("c", "x"), document("c", ""))
	k.mustPut(t)
	k.Put([]persistence.Document{document("d", "nobody waits")}, nil)
	k.mustPut(t, document("e", "1"))
	want := []string{"b=last wins", "d=nobody waits", "e=1"}
	equal(t, "several of a key", k.scan(t, "", "z"), want)
	if k.reopen(t) {
		equal(t, "after reopening", k.scan(t, "", "z"), want)
	}
}

func documentsArePutAllOrNone(t *testing.T, k *kit) {
	k.mustPut(t, document("a", "1"))
	err := k.put(t, document("a", "2"), document("b", "2"), document(strings.Repeat("x", persistence.MaxKeyBytes+1), "2"))
	if !errors.Is(err, persistence.ErrInvalid) {
		t.Errorf("a document with a long key: %v, want ErrInvalid", err)
	}
	equal(t, "documents", k.scan(t, "", "z"), []string{"a=1"})
}

func documentsExpire(t *testing.T, k *kit) {
	short := persistence.Document{Key: "short", Value: []byte("1"), Lifetime: time.Hour}
	long := persistence.Document{Key: "long", Value: []byte("1"), Lifetime: 48 * time.Hour}
	longest := persistence.Document{Key: "longest", Value: []byte("1"), Lifetime: math.MaxInt64}
	k.mustPut(t, short, long, longest, document("never", "1"))
	k.clock.advance(time.Hour - time.Second)
	equal(t, "a second before", k.scan(t, "", "z"), []string{"long=1", "longest=1", "never=1", "short=1"})
	for d, err := range k.Scan("short", "z") {
		if err != nil || d.Lifetime <= 0 || d.Lifetime > time.Second {
			t.Errorf("a second before, %s has %s left, %v", d.Key, d.Lifetime, err)
		}
	}
	k.clock.advance(time.Second)
	equal(t, "when its time is over", k.scan(t, "", "z"), []string{"long=1", "longest=1", "never=1"})
	if _, err := k.Get("short"); !errors.Is(err, persistence.ErrNotFound) {
		t.Errorf("an expired document: %v, want ErrNotFound", err)
	}
	k.mustPut(t, short, document("long", "for ever now"))
	k.clock.advance(time.Hour / 2)
	if k.reopen(t) {
		equal(t, "after reopening", k.scan(t, "", "z"), []string{"long=for ever now", "longest=1", "never=1", "short=1"})
	}
	k.clock.advance(72 * time.Hour)
	equal(t, "in the end", k.scan(t, "", "z"), []string{"long=for ever now", "longest=1", "never=1"})
}

func scanHasOrderAndBounds(t *testing.T, k *kit) {
	k.mustAppend(t, "between", 0, event("a", "events are no documents"))
	k.mustPut(t, document("b", "1"), document("a/2", "1"), document("\xff", "1"), document("a/1", "1"), document("a", "1"), document("a0", "1"))
	for _, c := range []struct {
		from, to string
		want     []string
	}{
		{"", "\xff\xff", []string{"a=1", "a/1=1", "a/2=1", "a0=1", "b=1", "\xff=1"}},
		{"a/", "a0", []string{"a/1=1", "a/2=1"}},
		{"a", "a/1", []string{"a=1"}},
		{"a/1", "a/1", nil},
		{"b", "a", nil},
		{"c", "d", nil},
		{"", "", nil},
	} {
		equal(t, "from "+c.from+" to "+c.to, k.scan(t, c.from, c.to), c.want)
	}
}
