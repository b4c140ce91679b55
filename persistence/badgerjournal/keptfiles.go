package badgerjournal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/table"
)

// keptFiles keeps what opening a journal may destroy, in a directory inside the journal's:
// Badger cuts logs and its list of tables at the first byte that it cannot read, and
// removes tables that are not in the list, whose names it uses again. An opening that
// fails puts everything back that the journal was made of, and one that ends removes the
// directory.
type keptFiles struct {
	dir  string // the journal's
	kept string // where the files are kept
}

const (
	// keptName is the directory that is there while a journal is being opened.
	keptName = "opening"
	// openedName is its name once nothing is put back any more.
	openedName = "opened"
	// unlistedPattern matches the directories in it of tables that Badger does not use,
	// one for each opening that did not end.
	unlistedPattern = "unlisted-*"
	// leftOutName is Badger's list of tables if the journal is opened without it.
	leftOutName = badger.ManifestFilename + ".left-out"
	// renumberedName is there once a journal was opened without some of its files.
	renumberedName = "renumbered"
)

func newKeptFiles(dir string) *keptFiles {
	return &keptFiles{dir: dir, kept: filepath.Join(dir, keptName)}
}

// aside keeps copies of the logs and of the list of tables. Tables that are not in the
// list are moved away, and damaged ones: Badger would panic at some of them. All count
// as listed if the list cannot be read (nil).
func (s *keptFiles) aside(list map[uint64]bool, damaged map[uint64]error) error {
	if err := s.moveAside(list, damaged); err != nil {
		return fmt.Errorf("prepare to open the journal: %w", err)
	}
	return nil
}

func (s *keptFiles) moveAside(list map[uint64]bool, damaged map[uint64]error) error {
	if err := os.MkdirAll(s.kept, 0o750); err != nil {
		return err
	}
	for _, path := range append(memLogs(s.dir), filepath.Join(s.dir, badger.ManifestFilename)) {
		err := copyFile(path, filepath.Join(s.kept, filepath.Base(path)))
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // a new journal has no list
			return err
		}
	}
	unlisted, err := os.MkdirTemp(s.kept, unlistedPattern)
	if err != nil {
		return err
	}
	for _, id := range tablesIn(s.dir) {
		to := s.kept
		if list != nil && !list[id] {
			to = unlisted
		} else if damaged[id] == nil {
			continue
		}
		if err := os.Rename(table.NewFilename(id, s.dir), table.NewFilename(id, to)); err != nil {
			return err
		}
	}
	return nil
}

// leaveOut moves files away that match. Without the list of tables Badger removes them
// all, so they go with it.
func (s *keptFiles) leaveOut(patterns []string) (names []string, err error) {
	for _, pattern := range patterns {
		paths, _ := filepath.Glob(filepath.Join(s.dir, pattern)) // the patterns are right
		for _, path := range paths {
			name := filepath.Base(path)
			names = append(names, name)
			if name == badger.ManifestFilename {
				err = s.leaveOutList()
			} else {
				err = s.leaveOutFile(path)
			}
			if err != nil {
				return names, fmt.Errorf("leave %s out: %w", name, err)
			}
		}
	}
	return names, nil
}

func (s *keptFiles) leaveOutFile(path string) error {
	kept := filepath.Join(s.kept, filepath.Base(path))
	if _, err := os.Lstat(kept); err == nil {
		return os.Remove(path) // there is a copy, from before Badger could change it
	}
	return os.Rename(path, kept)
}

func (s *keptFiles) leaveOutList() error {
	for _, id := range tablesIn(s.dir) {
		if err := os.Rename(table.NewFilename(id, s.dir), table.NewFilename(id, s.kept)); err != nil {
			return err
		}
	}
	if err := os.Rename(filepath.Join(s.kept, badger.ManifestFilename), filepath.Join(s.kept, leftOutName)); err != nil {
		return err
	}
	return os.Remove(filepath.Join(s.dir, badger.ManifestFilename))
}

// tables returns the paths of the tables that are kept, but for empty ones: Badger
// empties a table before it removes it, and was killed between.
func (s *keptFiles) tables() []string {
	paths, _ := filepath.Glob(filepath.Join(s.kept, "*.sst")) // the patterns are right
	unlisted, _ := filepath.Glob(filepath.Join(s.kept, unlistedPattern, "*.sst"))
	return slices.DeleteFunc(append(paths, unlisted...), func(path string) bool {
		info, err := os.Stat(path)
		return err == nil && info.Size() == 0
	})
}

// putBack puts every file back where it was. Tables that are not in the list stay aside,
// for the next opening to look into.
func (s *keptFiles) putBack() error {
	entries, err := os.ReadDir(s.kept)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("put back the files of the journal: %w", err)
	}
	for _, e := range entries {
		from, to := filepath.Join(s.kept, e.Name()), filepath.Join(s.dir, e.Name())
		switch {
		case e.IsDir():
			err = removeEmptyDir(from)
		case e.Name() == leftOutName:
			err = os.Rename(from, filepath.Join(s.dir, badger.ManifestFilename))
		case e.Name() == badger.ManifestFilename && !isCut(to, from):
			err = os.Remove(from)
		default:
			err = os.Rename(from, to)
		}
		if err != nil {
			return fmt.Errorf("put back the files of the journal: %w", err)
		}
	}
	return removeEmptyDir(s.kept)
}

// isCut reports whether a file is the beginning of another, or not there: Badger did no
// more than cut it. One that Badger went on to write to tells which tables there are now.
func isCut(path, whole string) bool {
	is, err := os.ReadFile(path)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	was, err := os.ReadFile(whole)
	return err == nil && bytes.HasPrefix(was, is)
}

// removeEmptyDir removes a directory if it is empty.
func removeEmptyDir(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) > 0 {
		return err
	}
	return os.Remove(dir)
}

// finish ends an opening: from here on nothing is put back. Badger's versions may be
// others than before if it was renumbered.
func (s *keptFiles) finish(renumbered bool) error {
	if renumbered {
		if err := os.WriteFile(filepath.Join(s.kept, renumberedName), nil, 0o640); err != nil {
			return fmt.Errorf("end the opening of the journal: %w", err)
		}
	}
	if err := os.Rename(s.kept, filepath.Join(s.dir, openedName)); err != nil {
		return fmt.Errorf("end the opening of the journal: %w", err)
	}
	return s.cleanUp()
}

// cleanUp removes what an opening has kept that ended. The second copy of recent commits
// goes with it if its versions are of the database before.
func (s *keptFiles) cleanUp() error {
	opened := filepath.Join(s.dir, openedName)
	if _, err := os.Lstat(filepath.Join(opened, renumberedName)); err == nil {
		if err := emptyRecent(s.dir); err != nil {
			return err
		}
	}
	if err := os.RemoveAll(opened); err != nil {
		return fmt.Errorf("clean up after the opening of the journal: %w", err)
	}
	return nil
}

// readList returns the tables that Badger's list names, nil if it cannot be read, and
// whether it can be read to its end. A write to it that was cut off hides those that
// follow, and opening cuts the list there.
func readList(dir string) (list map[uint64]bool, whole bool) {
	file, err := os.Open(filepath.Join(dir, badger.ManifestFilename))
	if err != nil {
		return nil, false
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, false
	}
	manifest, end, err := badger.ReplayManifestFile(file, 0, badger.DefaultOptions(dir).WithLogger(nil))
	if err != nil {
		return nil, false
	}
	list = make(map[uint64]bool, len(manifest.Tables))
	for id := range maps.Keys(manifest.Tables) {
		list[id] = true
	}
	return list, end == info.Size()
}

// copyFile copies a file that is larger than what was written to it.
func copyFile(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o640)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	if _, err := io.Copy(out, io.NewSectionReader(in, 0, writtenBytes(in, info.Size()))); err != nil {
		return err
	}
	return out.Truncate(info.Size())
}

func tableName(id uint64) string { return table.IDToFilename(id) }
