package symbols

import (
	"regexp"
	"testing"

	"pgregory.net/rapid"
)

func TestEveryNameIsFoundAgain(t *testing.T) {
	for _, count := range []int{1, 200, 10_000, 10_001} {
		names := New("BX7Q2", count)
		for i := range count {
			if got, ok := names.Index([]byte(names.Name(i))); !ok || got != i {
				t.Fatalf("Index(%q) of %d symbols = %d, %v, want %d", names.Name(i), count, got, ok, i)
			}
		}
	}
}

func TestForeignNamesAreNotFound(t *testing.T) {
	names := New("BX7Q2", 200)
	for _, name := range []string{"", "AAPL", "BX7Q2.", "BX7Q2.0200", "BX7Q2.00001", "BX7Q2.001", "BX7Q3.0001", "BX7Q2.00a1", "BX7Q2.-001"} {
		if i, ok := names.Index([]byte(name)); ok {
			t.Errorf("Index(%q) = %d, want it not found", name, i)
		}
	}
}

func TestIndexAgreesWithNameForAnyInput(t *testing.T) {
	names := New("B2345", 300)
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`B234[56]\.[0-9]{3,5}`).Draw(t, "name")
		i, ok := names.Index([]byte(name))
		if ok && names.Name(i) != name {
			t.Fatalf("Index(%q) = %d, but that symbol is called %q", name, i, names.Name(i))
		}
	})
}

func TestTagsOfRunsDiffer(t *testing.T) {
	form := regexp.MustCompile(`^B[A-Z0-9]{4}$`)
	seen := map[string]int{}
	for range 1000 {
		tag := RandomTag()
		if !form.MatchString(tag) {
			t.Fatalf("tag %q does not look like a symbol", tag)
		}
		seen[tag]++
	}
	if len(seen) < 980 {
		t.Errorf("1000 runs got only %d different tags", len(seen))
	}
}
