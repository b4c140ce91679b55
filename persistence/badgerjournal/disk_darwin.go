package badgerjournal

import (
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
	state := diskState{readOnly: s.Flags&unix.MNT_RDONLY != 0, free: int64(s.Bavail) * int64(s.Bsize)}
	state.inodes, state.freeInodes = inodes(s.Files, s.Ffree)
	return state, nil
}

// preallocate takes disk space for a file that has holes. done is false where that
// may go better later.
func preallocate(file *os.File, bytes int64) (done bool) {
	store := unix.Fstore_t{Flags: unix.F_ALLOCATEALL, Posmode: unix.F_PEOFPOSMODE, Length: bytes}
	return unix.FcntlFstore(file.Fd(), unix.F_PREALLOCATE, &store) == nil
}

// exchange swaps two directories in one step.
func exchange(a, b string) error { return unix.RenamexNp(a, b, unix.RENAME_SWAP) }
