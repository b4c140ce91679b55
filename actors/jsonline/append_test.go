package jsonline

import (
	"encoding/json"
	"testing"
)

// FuzzText holds the encoding of text against encoding/json.
func FuzzText(f *testing.F) {
	for _, seed := range []string{"", "plain", `"`, `\`, "\x00", "é", "\xff", "\u2028", "😀", "a\"b\\c\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		encoded, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var want, got string
		if err := json.Unmarshal(encoded, &want); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(AppendText(nil, s), &got); err != nil || got != want {
			t.Fatalf("%q became %q (%v), want %q", s, got, err, want)
		}
	})
}
