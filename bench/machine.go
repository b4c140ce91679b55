package bench

import (
	"os"
	"runtime"
	"strings"
)

// Machine is where the run was made, so that figures can be compared.
type Machine struct {
	CPU     string   `json:"cpu"`
	Cores   int      `json:"cores"`
	Memory  string   `json:"memory"`
	Kernel  string   `json:"kernel"`
	Go      string   `json:"go"`
	OS      string   `json:"os"`
	Load    string   `json:"load_before"` // 1, 5 and 15 minutes
	Command []string `json:"command"`
}

// secretFlags are left out of the command line that a report shows.
var secretFlags = []string{"--token", "--token-secret", "--feed-token"}

func thisMachine(command []string) Machine {
	load := strings.Fields(firstLine("/proc/loadavg"))
	return Machine{
		CPU:     field("/proc/cpuinfo", "model name"),
		Cores:   runtime.NumCPU(),
		Memory:  field("/proc/meminfo", "MemTotal"),
		Kernel:  firstLine("/proc/sys/kernel/osrelease"),
		Go:      runtime.Version(),
		OS:      runtime.GOOS + "/" + runtime.GOARCH,
		Load:    strings.Join(load[:min(3, len(load))], " "),
		Command: redacted(command),
	}
}

// redacted returns the command line without the values of secret flags.
func redacted(command []string) []string {
	shown := append([]string(nil), command...)
	for i, argument := range shown {
		for _, flag := range secretFlags {
			if strings.HasPrefix(argument, flag+"=") {
				shown[i] = flag + "=..."
			}
			if argument == flag && i+1 < len(shown) {
				shown[i+1] = "..."
			}
		}
	}
	return shown
}

// field returns the value of the first line "name: value" of a file of /proc;
// facts that a system does not tell stay empty.
func field(file, name string) string {
	text, _ := os.ReadFile(file)
	for line := range strings.Lines(string(text)) {
		key, value, ok := strings.Cut(line, ":")
		if ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func firstLine(file string) string {
	text, _ := os.ReadFile(file)
	line, _, _ := strings.Cut(string(text), "\n")
	return line
}
