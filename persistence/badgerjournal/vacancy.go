package badgerjournal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// checkVacant makes sure that there is no journal in dir, nor somebody about to
// make one, who is kept out while then does something there.
func checkVacant(dir string, then func() error) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("look whether there is a journal: %w", err)
	}
	held := &lock{}
	defer held.release()
	for _, entry := range entries {
		if entry.Name() != lockName {
			return errOccupied(dir)
		}
	}
	if err := held.acquire(dir); err != nil || then == nil {
		return err
	}
	return then()
}

func errOccupied(dir string) error {
	return fmt.Errorf("there is a journal in %s already, and a restore replaces none: move it away, or restore into another directory with --data", dir)
}

// moveIn puts a journal into its place, unless an engine has made one there since.
func moveIn(fresh, dir string) error {
	err := checkVacant(dir, func() error {
		// An engine that comes now makes a lock of its own, with which the directory
		// is not removed; one that was here before holds the lock.
		if err := os.Remove(filepath.Join(dir, lockName)); err != nil {
			return err
		}
		if err := os.Remove(dir); err != nil {
			return errors.Join(errOccupied(dir), err)
		}
		return nil
	})
	if err == nil {
		err = os.Rename(fresh, dir)
	}
	if err != nil {
		return fmt.Errorf("put the restored journal into its place: %w", err)
	}
	return syncDir(filepath.Dir(dir))
}
