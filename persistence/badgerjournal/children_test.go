package badgerjournal

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"sync"
	"testing"
)

// child returns a command that starts this test binary again, to do what a variable of
// its environment asks for.
func child(t *testing.T, variable, value string) *exec.Cmd {
	t.Helper()
	path, err := childBinary()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(path)
	command.Env = append(os.Environ(), variable+"="+value)
	return command
}

// childBinary is built without the race detector, if this one has it: what a child that
// is killed reports is lost, and it writes ten times as much in its time without it. What
// children do is done in this process, too, with the detector.
var childBinary = sync.OnceValues(func() (string, error) {
	info, ok := debug.ReadBuildInfo()
	if !ok || !slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"}) {
		return os.Args[0], nil
	}
	dir, err := os.MkdirTemp("", "badgerjournal")
	if err != nil {
		return "", err
	}
	childDir = dir
	path := filepath.Join(dir, filepath.Base(os.Args[0]))
	build := exec.Command("go", "test", "-c", "-o", path, ".")
	build.Stderr = os.Stderr
	return path, build.Run()
})

// childDir is removed after the tests, if there is one.
var childDir string
