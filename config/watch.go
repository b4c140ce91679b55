package config

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

// Watcher notices that a file has other content than before: written over, renamed
// into its place, or behind a link that was turned, as Kubernetes does with
// mounted settings. It watches directories, since a file that is replaced takes
// its watch with it.
type Watcher struct {
	// immutable after construction
	path   string
	notify *fsnotify.Watcher

	// owned by Run
	places  []string // what decides on the content: links on the way, and the file
	content string   // as last seen
}

// settleTime is how long nothing may have happened before a file is looked at, so
// that one that is being written is not read half.
const settleTime = 200 * time.Millisecond

// NewWatcher begins to watch a file. Run ends it.
func NewWatcher(path string) (*Watcher, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("watch the settings file: %w", err)
	}
	notify, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, fmt.Errorf("watch the settings file: %w", err)
	}
	w := &Watcher{path: path, notify: notify}
	if err := w.follow(); err != nil {
		return nil, errors.Join(err, notify.Close())
	}
	w.content = w.read()
	return w, nil
}

// Run calls changed whenever the content is other than before, and failed with
// what keeps it from noticing, until ctx ends.
func (w *Watcher) Run(ctx context.Context, changed func(), failed func(error)) {
	defer func() {
		if err := w.notify.Close(); err != nil {
			failed(err)
		}
	}()
	settled := time.NewTimer(0) // something may have happened since NewWatcher
	defer settled.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case event, open := <-w.notify.Events:
			if open && w.concerns(event) {
				settled.Reset(settleTime)
			}
		case err := <-w.notify.Errors:
			failed(fmt.Errorf("watch the settings file: %w", err))
			settled.Reset(settleTime) // events may have been lost
		case <-settled.C:
			if err := w.follow(); err != nil {
				failed(err)
			}
			if content := w.read(); content != w.content {
				w.content = content
				changed()
			}
		}
	}
}

// concerns reports whether what happened may have changed the content.
func (w *Watcher) concerns(e fsnotify.Event) bool {
	return e.Op != fsnotify.Chmod && slices.Contains(w.places, e.Name)
}

// read returns the content, or why there is none: that is other than any content
// that can be read, and the same as long as it lasts.
func (w *Watcher) read() string {
	content, err := os.ReadFile(w.path)
	if err != nil {
		return "\x00" + err.Error() // no YAML has this byte
	}
	return string(content)
}

// follow watches the directories of all places, which change where links do.
func (w *Watcher) follow() error {
	w.places = places(w.path)
	var dirs []string
	var errs []error
	for _, place := range w.places {
		dir := filepath.Dir(place)
		if slices.Contains(dirs, dir) {
			continue
		}
		dirs = append(dirs, dir)
		if err := w.notify.Add(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, fmt.Errorf("watch the settings file in %s: %w", dir, err))
		}
	}
	for _, dir := range w.notify.WatchList() {
		if !slices.Contains(dirs, dir) {
			_ = w.notify.Remove(dir) // it may have gone by itself
		}
	}
	return errors.Join(errs...)
}

// maxLinks bounds how many links are followed, as the kernel does.
const maxLinks = 40

// places returns the names that decide what an absolute path leads to: every link
// on the way, and at last what is no link.
func places(path string) (names []string) {
	root := filepath.VolumeName(path) + string(filepath.Separator)
	dir, rest := root, components(path)
	for len(rest) > 0 {
		name := filepath.Join(dir, rest[0])
		rest = rest[1:]
		target, err := os.Readlink(name)
		switch {
		case err != nil && len(rest) > 0: // a directory
			dir = name
		case err != nil:
			names = append(names, name)
		default:
			names = append(names, name)
			if len(names) > maxLinks {
				return names
			}
			if !filepath.IsAbs(target) {
				target = filepath.Join(dir, target)
			}
			dir, rest = root, append(components(target), rest...)
		}
	}
	return names
}

// components are the names in a path, from its root on.
func components(path string) []string {
	path = strings.TrimPrefix(filepath.Clean(path), filepath.VolumeName(path))
	return strings.FieldsFunc(path, func(r rune) bool { return r == filepath.Separator })
}
