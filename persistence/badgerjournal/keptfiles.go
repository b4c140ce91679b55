package badgerjournal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/table"
)

// keptFiles keeps what opening a journal may destroy, in a directory inside the journal's:
// Badger cuts logs and its list of tables at the first byte that it cannot read, and
// removes tables that are not in the list. An opening that fails puts everything back, and one that ends
// removes the directory.
type keptFiles struct {
	dir  string // the journal's
	kept string // where the files are kept
}

// keptName is the directory that is there while a journal is being opened.
const keptName = "opening"

func newKeptFiles(dir string) *keptFiles {
	return &keptFiles{dir: dir, kept: filepath.Join(dir, keptName)}
}

// aside keeps copies of the logs and the list, and links to the tables. Damaged tables are moved
// away: Badger would panic at some of them.
func (s *keptFiles) aside(damaged map[uint64]error) error {
	if err := os.Mkdir(s.kept, 0o750); err != nil {
		return fmt.Errorf("prepare to open the journal: %w", err)
	}
	paths, _ := filepath.Glob(filepath.Join(s.dir, "*.mem")) // the pattern is right
	paths = append(paths, filepath.Join(s.dir, badger.ManifestFilename))
	for _, path := range paths {
		err := copyFile(path, filepath.Join(s.kept, filepath.Base(path)))
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // a new journal has no list
			return fmt.Errorf("prepare to open the journal: %w", err)
		}
	}
	for _, id := range tablesIn(s.dir) {
		from, to := table.NewFilename(id, s.dir), table.NewFilename(id, s.kept)
		keep := os.Link
		if damaged[id] != nil {
			keep = os.Rename
		}
		if err := keep(from, to); err != nil {
			return fmt.Errorf("prepare to open the journal: %w", err)
		}
	}
	return nil
}

// leaveOut moves files away that match, unless they are kept already.
func (s *keptFiles) leaveOut(patterns []string) (names []string, err error) {
	for _, pattern := range patterns {
		paths, _ := filepath.Glob(filepath.Join(s.dir, pattern)) // the patterns are right
		for _, path := range paths {
			name := filepath.Base(path)
			kept := filepath.Join(s.kept, name)
			_, err := os.Lstat(kept)
			if err == nil {
				err = os.Remove(path) // there is a copy, from before Badger could change it
			} else {
				err = os.Rename(path, kept)
			}
			if err != nil {
				return names, fmt.Errorf("leave %s out: %w", name, err)
			}
			names = append(names, name)
		}
	}
	return names, nil
}

// tables returns the ids of the tables that are kept.
func (s *keptFiles) tables() []uint64 { return tablesIn(s.kept) }

// without returns the paths of the tables that are kept and not in use.
func (s *keptFiles) without(used []badger.TableInfo) (paths []string) {
	known := make(map[uint64]bool, len(used))
	for i := range used {
		known[used[i].ID] = true
	}
	for _, id := range s.tables() {
		if !known[id] {
			paths = append(paths, table.NewFilename(id, s.kept))
		}
	}
	return paths
}

// putBack puts every file back where it was. Tables that are there, or that Badger has
// emptied because it replaced them, stay as they are.
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
		if filepath.Ext(e.Name()) == ".sst" && !isLost(from, to) {
			continue
		}
		if err := os.Rename(from, to); err != nil {
			return fmt.Errorf("put back the files of the journal: %w", err)
		}
	}
	return s.remove()
}

// isLost reports whether a table is kept and not in its place.
func isLost(kept, place string) bool {
	info, err := os.Stat(kept)
	if err != nil || info.Size() == 0 {
		return false
	}
	_, err = os.Lstat(place)
	return errors.Is(err, fs.ErrNotExist)
}

func (s *keptFiles) remove() error {
	if err := os.RemoveAll(s.kept); err != nil {
		return fmt.Errorf("clean up after the opening of the journal: %w", err)
	}
	return nil
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
