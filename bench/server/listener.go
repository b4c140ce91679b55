package server

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// listening is the state of a listening socket in /proc/net/tcp.
const listening = "0A"

// FindListener returns the process that listens on a TCP port of this machine.
func FindListener(port uint16) (Process, error) {
	inodes := map[string]bool{}
	for _, name := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		table, err := os.ReadFile(name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return Process{}, fmt.Errorf("find the server: %w", err)
		}
		for _, inode := range listenerInodes(string(table), port) {
			inodes["socket:["+inode+"]"] = true
		}
	}
	if len(inodes) == 0 {
		return Process{}, fmt.Errorf("find the server: nothing listens on port %d here", port)
	}
	descriptors, err := filepath.Glob("/proc/[0-9]*/fd/*")
	if err != nil {
		return Process{}, fmt.Errorf("find the server: %w", err)
	}
	for _, descriptor := range descriptors {
		// A descriptor may be gone, or of a process that we may not look into.
		if target, err := os.Readlink(descriptor); err != nil || !inodes[target] {
			continue
		}
		pid, err := strconv.Atoi(strings.Split(descriptor, "/")[2])
		if err != nil {
			return Process{}, fmt.Errorf("find the server: %w", err)
		}
		return Process{PID: pid}, nil
	}
	return Process{}, fmt.Errorf("find the server: the process on port %d cannot be looked into from here", port)
}

// listenerInodes returns the inodes of the sockets that listen on a port, from
// the text of /proc/net/tcp: fields 2 (address:port in hex), 4 (state), 10 (inode).
func listenerInodes(table string, port uint16) (inodes []string) {
	suffix := fmt.Sprintf(":%04X", port)
	for line := range strings.Lines(table) {
		fields := strings.Fields(line)
		if len(fields) >= 10 && strings.HasSuffix(fields[1], suffix) && fields[3] == listening {
			inodes = append(inodes, fields[9])
		}
	}
	return inodes
}
