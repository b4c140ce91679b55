package faulttest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// socketVariable has the address of the layer that a test process is to enter.
const socketVariable = "OUTCRY_TEST_FAULTS"

// EnterIfAsked is called first in the TestMain of tests that run themselves under a
// layer. In a process that Layer.Attach prepared it begins the program anew, within the
// layer; in others it does nothing.
func EnterIfAsked() {
	socket, asked := os.LookupEnv(socketVariable)
	if !asked {
		return
	}
	environment := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, socketVariable+"=") })
	path, err := os.Executable()
	if err == nil {
		err = Enter(socket, path, os.Args, environment)
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// Attach makes a command of this test's own binary run within the layer.
func (l *Layer) Attach(command *exec.Cmd) {
	if command.Env == nil {
		command.Env = os.Environ()
	}
	command.Env = append(command.Env, socketVariable+"="+l.socket)
}

// Enter replaces this process by a program within the layer that listens at socket. It
// returns only if that is not possible. args has the program's name at its begin.
func Enter(socket, program string, args, environment []string) error {
	program, err := exec.LookPath(program)
	if err != nil {
		return err
	}
	// The filter is the thread's, and the thread that executes the program hands it on.
	runtime.LockOSThread()
	// Yama lets only ancestors look into a process. The layer may be none.
	if err := unix.Prctl(unix.PR_SET_PTRACER, ^uintptr(0), 0, 0, 0); err != nil && !errors.Is(err, unix.EINVAL) {
		return fmt.Errorf("enter the fault layer: %w", err)
	}
	listener, err := installFilter()
	if err != nil {
		return err
	}
	if err := handOver(socket, listener); err != nil {
		return fmt.Errorf("enter the fault layer at %s: %w", socket, err)
	}
	return fmt.Errorf("execute %s: %w", program, unix.Exec(program, args, environment))
}

// Check reports why there can be no layer here.
func Check() error {
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, filterFlags, 0)
	if errno == unix.EFAULT { // it knows the flags, and looks for the filter
		return nil
	}
	return notPossible(errno)
}

func notPossible(errno unix.Errno) error {
	return fmt.Errorf("faults cannot be injected here: use Linux 5.19 or later that permits seccomp user notification: %w",
		errno)
}

// Without the second flag each signal that a thread gets while it waits, such as those
// by which Go preempts, repeats the call: it would be counted again.
const filterFlags = unix.SECCOMP_FILTER_FLAG_NEW_LISTENER | unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV

// installFilter has the kernel ask at every call of Calls, and returns the
// descriptor at which it asks.
func installFilter() (int, error) {
	// Load the number of the call, which is at offset 0.
	filter := []unix.SockFilter{{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS}}
	numbers := make(map[int32]bool)
	for _, c := range calls {
		numbers[c.number] = true
	}
	left := len(numbers)
	for number := range numbers {
		equal := unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: uint32(number), Jt: uint8(left)}
		filter = append(filter, equal)
		left--
	}
	filter = append(filter,
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_USER_NOTIF})
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil { // or only root may filter
		return 0, fmt.Errorf("enter the fault layer: %w", err)
	}
	listener, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, filterFlags, uintptr(unsafe.Pointer(&program)))
	if errno != 0 {
		return 0, notPossible(errno)
	}
	return int(listener), nil
}

// handOver sends the descriptor to the layer and closes it.
func handOver(socket string, listener int) error {
	defer unix.Close(listener)
	connection, err := unix.Socket(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(connection)
	if err := unix.Connect(connection, &unix.SockaddrUnix{Name: socket}); err != nil {
		return err
	}
	return unix.Sendmsg(connection, []byte{0}, unix.UnixRights(listener), nil, 0)
}
