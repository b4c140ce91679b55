package badgerjournal

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// diskState is what a file system says of itself.
type diskState struct {
	readOnly bool
	free     int64 // bytes that we may use

	inodes, freeInodes int64 // 0 where the file system has no such limit
}

func statDisk(dir string) (diskState, error) {
	name, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return diskState{}, err
	}
	var free uint64
	if err := windows.GetDiskFreeSpaceEx(name, &free, nil, nil); err != nil {
		return diskState{}, err
	}
	return diskState{free: int64(free)}, nil
}

// preallocate has nothing to do: Windows gives a file its space with its size.
func preallocate(*os.File, int64) (done bool) { return true }

// exchange cannot be done in one step.
func exchange(string, string) error { return errors.ErrUnsupported }
