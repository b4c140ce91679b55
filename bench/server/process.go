package server

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// clockTick is the unit of processor time in /proc: USER_HZ, which is 100 on
// every architecture that Go supports.
const clockTick = 10 * time.Millisecond

// Process is a process of this machine that is observed through /proc.
type Process struct{ PID int }

// Sample is what a process has used at one moment.
type Sample struct {
	CPU time.Duration // user and system time since it started
	RSS int64         // resident bytes
}

// Sample reads what the process has used.
func (p Process) Sample() (Sample, error) {
	folder := filepath.Join("/proc", strconv.Itoa(p.PID))
	stat, err := os.ReadFile(filepath.Join(folder, "stat"))
	if err != nil {
		return Sample{}, fmt.Errorf("observe the server: %w", err)
	}
	cpu, err := parseStat(stat)
	if err != nil {
		return Sample{}, fmt.Errorf("observe the server: %w", err)
	}
	status, err := os.ReadFile(filepath.Join(folder, "status"))
	if err != nil {
		return Sample{}, fmt.Errorf("observe the server: %w", err)
	}
	rss, err := parseStatus(status)
	if err != nil {
		return Sample{}, fmt.Errorf("observe the server: %w", err)
	}
	return Sample{CPU: cpu, RSS: rss}, nil
}

// parseStat returns utime + stime of /proc/PID/stat: proc_pid_stat(5), fields 14
// and 15. The name, field 2, stands in parentheses and may hold anything.
func parseStat(stat []byte) (time.Duration, error) {
	end := bytes.LastIndexByte(stat, ')')
	fields := strings.Fields(string(stat[end+1:]))
	const user, system = 14 - 3, 15 - 3
	if end < 0 || len(fields) <= system {
		return 0, errors.New("malformed /proc/PID/stat")
	}
	userTicks, err1 := strconv.ParseInt(fields[user], 10, 64)
	systemTicks, err2 := strconv.ParseInt(fields[system], 10, 64)
	if err := errors.Join(err1, err2); err != nil {
		return 0, fmt.Errorf("malformed /proc/PID/stat: %w", err)
	}
	return time.Duration(userTicks+systemTicks) * clockTick, nil
}

// parseStatus returns VmRSS of /proc/PID/status: proc_pid_status(5).
func parseStatus(status []byte) (int64, error) {
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kilobytes, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
			if err != nil {
				return 0, fmt.Errorf("malformed /proc/PID/status: %w", err)
			}
			return kilobytes << 10, nil
		}
	}
	return 0, errors.New("no VmRSS in /proc/PID/status: the process has ended")
}

// MachineBusy returns how long all processors of this machine together were not
// idle since it started, whoever used them: processes, interrupts, or another
// virtual machine that took the time.
func MachineBusy() (time.Duration, error) {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, fmt.Errorf("observe the machine: %w", err)
	}
	return parseMachineStat(string(stat))
}

// parseMachineStat adds up the first line of /proc/stat: proc_stat(5). Of its
// fields, idle and iowait are no work, and guest time is in user time already.
func parseMachineStat(stat string) (busy time.Duration, err error) {
	line, _, _ := strings.Cut(stat, "\n")
	fields := strings.Fields(line)
	const user, nice, system, irq, softirq, steal = 1, 2, 3, 6, 7, 8
	if len(fields) <= steal || fields[0] != "cpu" {
		return 0, errors.New("malformed /proc/stat")
	}
	for _, field := range []int{user, nice, system, irq, softirq, steal} {
		ticks, err := strconv.ParseInt(fields[field], 10, 64)
		if err != nil {
			return 0, fmt.Errorf("malformed /proc/stat: %w", err)
		}
		busy += time.Duration(ticks) * clockTick
	}
	return busy, nil
}
