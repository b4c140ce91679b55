//go:build unix

package descriptors

import (
	"errors"
	"math"
	"os"
	"runtime"
	"syscall"
)

// count returns how many descriptors are open and may be; 0 where that is not known.
// Where none is left to count with, all are open. listed says that it was expensive.
func count() (open, limit int, listed bool) {
	var rlimit syscall.Rlimit
	err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &rlimit)
	if err != nil || rlimit.Cur > math.MaxInt32 {
		return 0, 0, false
	}
	limit = int(rlimit.Cur)
	open, listed, err = countOpen()
	if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) {
		return limit, limit, listed
	}
	return open, limit, listed
}

// countOpen returns 0 with an error.
func countOpen() (open int, listed bool, err error) {
	dir := "/dev/fd"
	if runtime.GOOS == "linux" {
		dir = "/proc/self/fd"
		// Since 6.2 the size of the directory is the count.
		if info, err := os.Stat(dir); err == nil && info.Size() > 0 {
			return int(info.Size()), false, nil
		}
	}
	open, err = list(dir)
	return open, true, err
}

// list counts the entries of a directory, but for the one that reading it opened.
func list(dir string) (int, error) {
	folder, err := os.Open(dir)
	if err != nil {
		return 0, err
	}
	defer folder.Close()
	names, err := folder.Readdirnames(-1)
	if err != nil {
		return 0, err
	}
	return len(names) - 1, nil
}
