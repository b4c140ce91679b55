package faulttest

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// notification is struct seccomp_notif of linux/seccomp.h: a call that waits.
type notification struct {
	id                 uint64
	tid                uint32
	_                  uint32
	number             int32
	_                  uint32
	instructionPointer uint64 // part of the layout
	args               [6]uint64
}

// response is struct seccomp_notif_resp of linux/seccomp.h.
type response struct {
	id    uint64
	value int64
	errno int32 // negative
	flags uint32
}

// receive returns the next call that waits. It fails with ENOENT if that was killed meanwhile.
func receive(listener int) (notification, error) {
	for {
		var n notification
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(listener), unix.SECCOMP_IOCTL_NOTIF_RECV, uintptr(unsafe.Pointer(&n)))
		if errno == 0 {
			return n, nil
		}
		if errno != unix.EINTR {
			return n, errno
		}
	}
}

// respond ends the wait of a call. That it was killed meanwhile is no error.
func respond(listener int, r response) error {
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(listener), unix.SECCOMP_IOCTL_NOTIF_SEND, uintptr(unsafe.Pointer(&r)))
	if errno != 0 && errno != unix.ENOENT {
		return fmt.Errorf("answer a call: %w", errno)
	}
	return nil
}

// pass is the response that has the kernel do what the call says.
func pass(n notification) response {
	return response{id: n.id, flags: unix.SECCOMP_USER_NOTIF_FLAG_CONTINUE}
}

// fail does what a rule says with a call, and returns what to respond.
func (r *rule) fail(n notification, stop <-chan struct{}) (response, error) {
	if r.Delay > 0 {
		timer := time.NewTimer(r.Delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-stop:
		}
	}
	switch {
	case r.errno != 0:
		return response{id: n.id, errno: -int32(r.errno)}, nil
	case r.Short > 0 && n.args[2] > uint64(r.Short):
		written, err := writeShort(n, r.Short)
		return response{id: n.id, value: int64(written)}, err
	}
	return pass(n), nil
}

// writeShort does a part of the write that a thread waits for, through the same open
// file: its offset moves as it would.
func writeShort(n notification, bytes int) (int, error) {
	file, err := takeFile(int(n.tid), int(int32(n.args[0])))
	if err != nil {
		return 0, fmt.Errorf("write short: %w", err)
	}
	defer unix.Close(file)
	data := make([]byte, bytes)
	local := []unix.Iovec{{Base: &data[0], Len: uint64(bytes)}}
	if _, err := unix.ProcessVMReadv(int(n.tid), local, []unix.RemoteIovec{{Base: uintptr(n.args[1]), Len: bytes}}, 0); err != nil {
		return 0, fmt.Errorf("write short: read what to write: %w", err)
	}
	if n.number == unix.SYS_PWRITE64 {
		return unix.Pwrite(file, data, int64(n.args[3]))
	}
	return unix.Write(file, data)
}

// takeFile returns a descriptor of ours of a file that another process has open.
func takeFile(tid, file int) (int, error) {
	pid, err := processOf(tid)
	if err != nil {
		return 0, err
	}
	process, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return 0, err
	}
	defer unix.Close(process)
	return unix.PidfdGetfd(process, file, 0)
}

// processOf returns the id of the process that a thread belongs to.
func processOf(tid int) (int, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", tid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(status), "\nTgid:\t")
	id, _, _ := strings.Cut(rest, "\n")
	return strconv.Atoi(id)
}
