package badgerjournal

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// opened reports whether a process has a file open, and the process's name. A process
// whose files this one may not see counts as one that has not.
func opened(pid int, path string) (name string, has bool) {
	file, err := os.Stat(path)
	if err != nil {
		return "", false
	}
	proc := filepath.Join("/proc", strconv.Itoa(pid))
	entries, err := os.ReadDir(filepath.Join(proc, "fd"))
	if err != nil {
		return "", false
	}
	for _, entry := range entries {
		if other, err := os.Stat(filepath.Join(proc, "fd", entry.Name())); err != nil || !os.SameFile(file, other) {
			continue
		}
		comm, _ := os.ReadFile(filepath.Join(proc, "comm")) // proc_pid_comm(5)
		return strings.TrimSpace(string(comm)), true
	}
	return "", false
}
