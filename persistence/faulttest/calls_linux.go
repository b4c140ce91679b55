package faulttest

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// call is a kind of system call that can fail.
type call struct {
	number int32
	path   func(tid int, args [6]uint64) (string, error) // of the file that it is about
	only   func(args [6]uint64) bool                     // nil: all with the number
	writes bool                                          // its arguments are a file, bytes and their number
}

// calls are named as strace does, but for "create": an openat that may make the file.
var calls = map[string]call{
	"openat":    {number: unix.SYS_OPENAT, path: pathAt(1)},
	"create":    {number: unix.SYS_OPENAT, path: pathAt(1), only: creates},
	"msync":     {number: unix.SYS_MSYNC, path: mappedPath},
	"fsync":     {number: unix.SYS_FSYNC, path: openPath},
	"fdatasync": {number: unix.SYS_FDATASYNC, path: openPath},
	"ftruncate": {number: unix.SYS_FTRUNCATE, path: openPath},
	"write":     {number: unix.SYS_WRITE, path: openPath, writes: true},
	"pwrite64":  {number: unix.SYS_PWRITE64, path: openPath, writes: true},
	"renameat":  {number: unix.SYS_RENAMEAT, path: pathAt(3)},
	"unlinkat":  {number: unix.SYS_UNLINKAT, path: pathAt(1)},
}

func creates(args [6]uint64) bool { return args[2]&unix.O_CREAT != 0 }

// Calls returns what Fault.Call may be.
func Calls() []string { return slices.Sorted(maps.Keys(calls)) }

// pathAt returns the path that an argument points to.
func pathAt(arg int) func(int, [6]uint64) (string, error) {
	return func(tid int, args [6]uint64) (string, error) {
		buffer := make([]byte, unix.PathMax)
		local := []unix.Iovec{{Base: &buffer[0], Len: uint64(len(buffer))}}
		remote := []unix.RemoteIovec{{Base: uintptr(args[arg]), Len: len(buffer)}}
		n, err := unix.ProcessVMReadv(tid, local, remote, 0)
		if err != nil {
			return "", fmt.Errorf("read the path of a call: %w", err)
		}
		path, _, ended := bytes.Cut(buffer[:n], []byte{0})
		if !ended {
			return "", fmt.Errorf("read the path of a call: it has no end in %d bytes", n)
		}
		return string(path), nil
	}
}

// openPath returns the path of the file that the first argument is a descriptor of.
func openPath(tid int, args [6]uint64) (string, error) {
	return os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", tid, int32(args[0])))
}

// mappedPath returns the path of the file that is mapped where the first argument points to.
func mappedPath(tid int, args [6]uint64) (string, error) {
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", tid))
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(maps)) {
		extent, rest, _ := strings.Cut(line, " ")
		low, high, _ := strings.Cut(extent, "-")
		from, err := strconv.ParseUint(low, 16, 64)
		if err != nil || args[0] < from {
			continue
		}
		if to, err := strconv.ParseUint(high, 16, 64); err != nil || args[0] >= to {
			continue
		}
		const before = 4 // permissions, offset, device, inode
		fields := strings.Fields(rest)
		if len(fields) <= before {
			return "", nil // of no file
		}
		return strings.Join(fields[before:], " "), nil
	}
	return "", nil
}
