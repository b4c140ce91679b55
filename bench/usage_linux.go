package bench

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// allowedDescriptors returns what this process may open. Go has raised the soft
// limit to the hard one when it started.
func allowedDescriptors() uint64 {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return maxDescriptors
	}
	return limit.Cur
}

// ownCPU returns the processor time that the harness itself has used.
func ownCPU() (time.Duration, error) {
	var usage unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &usage); err != nil {
		return 0, fmt.Errorf("read the harness's own processor time: %w", err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()), nil
}
