package config

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds the wait for a change that must be noticed.
const patience = 20 * time.Second

// watch tells of each change of a file, until the test ends.
func watch(t *testing.T, path string) (noticed chan struct{}) {
	t.Helper()
	w, err := NewWatcher(path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	noticed = make(chan struct{}, 100)
	go func() {
		defer close(done)
		w.Run(ctx, func() { noticed <- struct{}{} }, func(err error) { t.Error(err) })
	}()
	t.Cleanup(func() {
		stop()
		<-done
	})
	return noticed
}

func notices(t *testing.T, noticed chan struct{}, what string) {
	t.Helper()
	select {
	case <-noticed:
	case <-time.After(patience):
		t.Fatalf("not noticed: %s", what)
	}
}

// must is for what a test does to files.
func must(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func put(path, content string) error { return os.WriteFile(path, []byte(content), 0o600) }

func TestAFileThatChangesIsNoticedWhicheverWay(t *testing.T) {
	path := writeFile(t, "a: 0")
	noticed := watch(t, path)
	must(t, put(path, "a: 1"))
	notices(t, noticed, "written over")
	must(t, put(path+".new", "a: 2"), os.Rename(path+".new", path))
	notices(t, noticed, "renamed into its place")
	must(t, put(path, "a: 3"))
	notices(t, noticed, "written over behind that")
	must(t, os.Remove(path))
	notices(t, noticed, "removed")
	must(t, put(path, "a: 4"))
	notices(t, noticed, "made anew")
}

func TestLinksAreFollowedWhereverTheyTurn(t *testing.T) {
	// As Kubernetes mounts settings: file -> ..data/file, ..data -> ..1.
	dir := t.TempDir()
	at := func(names ...string) string { return filepath.Join(append([]string{dir}, names...)...) }
	for i := range 3 {
		must(t, os.Mkdir(at(fmt.Sprintf("..%d", i)), 0o700), put(at(fmt.Sprintf("..%d", i), "outcry.yaml"), fmt.Sprintf("a: %d", i)))
	}
	turn := func(link, to string) {
		t.Helper()
		must(t, os.Symlink(to, at(link+"_tmp")), os.Rename(at(link+"_tmp"), at(link)))
	}
	turn("..data", "..0")
	turn("outcry.yaml", filepath.Join("..data", "outcry.yaml"))
	noticed := watch(t, at("outcry.yaml"))
	turn("..data", "..1")
	notices(t, noticed, "a link on the way was turned")
	must(t, os.RemoveAll(at("..0"))) // as Kubernetes does with what is old
	turn("..data", "..2")
	notices(t, noticed, "and turned again")
	must(t, put(at("..2", "outcry.yaml"), "a: 3"))
	notices(t, noticed, "what the links lead to was written over")

	elsewhere := filepath.Join(t.TempDir(), "other.yaml")
	must(t, put(elsewhere, "a: 4"))
	turn("outcry.yaml", elsewhere)
	notices(t, noticed, "the link leads elsewhere")
	must(t, put(elsewhere, "a: 5"))
	notices(t, noticed, "the file there was written over")
}

func TestOnlyWhatDecidesOnTheContentConcernsTheWatcher(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	must(t, err)
	real, link := filepath.Join(dir, "real.yaml"), filepath.Join(dir, "link.yaml")
	must(t, put(real, "a: 0"), os.Symlink("real.yaml", link))
	w, err := NewWatcher(link)
	must(t, err)
	defer w.notify.Close()
	if want := []string{link, real}; !slices.Equal(w.places, want) {
		t.Errorf("places %q, want %q", w.places, want)
	}
	for event, want := range map[fsnotify.Event]bool{
		{Name: link, Op: fsnotify.Create}:                          true,
		{Name: real, Op: fsnotify.Write}:                           true,
		{Name: real, Op: fsnotify.Chmod}:                           false,
		{Name: filepath.Join(dir, "log"), Op: fsnotify.Write}:      false,
		{Name: filepath.Join(dir, "real.yam"), Op: fsnotify.Write}: false,
	} {
		if got := w.concerns(event); got != want {
			t.Errorf("%s: %v", event, got)
		}
	}
}

func TestLinksThatLeadNowhereEnd(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	must(t, os.Symlink(b, a), os.Symlink(a, b))
	if got := places(a); len(got) != maxLinks+1 {
		t.Errorf("%d places", len(got))
	}
}
