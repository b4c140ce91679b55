package badgerjournal

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// diskState is what a file system says of itself.
type diskState struct {
	readOnly bool
	free     int64 // bytes that we may use

	inodes, freeInodes int64 // 0 where the file system has no such limit
}

func statDisk(dir string) (diskState, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return diskState{}, err
	}
	state := diskState{readOnly: s.Flags&unix.ST_RDONLY != 0, free: int64(s.Bavail) * s.Bsize}
	state.inodes, state.freeInodes = inodes(s.Files, s.Ffree)
	return state, nil
}

// preallocate takes disk space for a file that has holes. done is false where that
// may go better later.
func preallocate(file *os.File, bytes int64) (done bool) {
	err := unix.Fallocate(int(file.Fd()), 0, 0, bytes)
	return err == nil || errors.Is(err, unix.EOPNOTSUPP)
}

// exchange swaps two directories in one step.
func exchange(a, b string) error {
	return unix.Renameat2(unix.AT_FDCWD, a, unix.AT_FDCWD, b, unix.RENAME_EXCHANGE)
}
