package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestReferenceSaysWhatTheCommentsSay(t *testing.T) {
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	files, err := generate(root)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what the comments of settings say: run `make docs`", name)
		}
	}
}

func TestCommentsBecomeSentencesForPeopleWhoSeeKeys(t *testing.T) {
	keys := map[string]string{"Capacity": "mailbox.capacity", "PaceFloor": "mailbox.pace_floor", "Overflow": "mailbox.overflow"}
	for _, c := range []struct{ field, comment, want string }{
		{"Overflow", "Overflow is what happens to a message beyond Capacity: close\nor drop.\n", "What happens to a message beyond mailbox.capacity: close or drop."},
		{"Capacity", "Capacity bounds it. Overflow says what then.", "Bounds it. Overflow says what then."},
		{"Enabled", "Enabled says whether PaceFloor counts.", "Whether mailbox.pace_floor counts."},
		{"URLs", "URLs are those.", "Those."},
	} {
		if got := describe(c.field, c.comment, keys); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
