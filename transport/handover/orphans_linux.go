package handover

import "golang.org/x/sys/unix"

// adoptOrphans makes this process the parent of what its children leave. The end of an
// engine whose script has ended is then noticed here, however late process 1 looks
// for the ends of its own children: until then the group would seem to exist.
func adoptOrphans() {
	_ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) // without it ending a group takes longer
}
