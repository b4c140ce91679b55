package server

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	// startPatience is how long a server may take until it serves.
	startPatience = 30 * time.Second
	// stopPatience is how long it may take to stop before it is killed.
	stopPatience = 20 * time.Second
	// keptLines is how much of its log is shown when something goes wrong.
	keptLines = 20
	// logLineBytes is the longest line of its log.
	logLineBytes = 256 << 10
)

// Command is how a server is started.
type Command struct {
	Path string   // the executable
	Args []string // serve, --listen, ...
	Env  []string // in addition to this process's own
}

// Child is a server that the harness started itself. Start makes it, Stop ends
// it; in between it may die, and then Ended is closed.
type Child struct {
	// immutable after construction
	url     string
	command *exec.Cmd
	ended   chan struct{}

	// written before ended is closed
	err error

	// guarded by mu
	mu  sync.Mutex
	log []string
}

// Start starts a server and waits until it says on stderr where it serves.
func Start(ctx context.Context, c Command) (*Child, error) {
	child := &Child{command: exec.Command(c.Path, c.Args...), ended: make(chan struct{})}
	child.command.Env = append(os.Environ(), c.Env...)
	child.command.SysProcAttr = attributes()
	// A descriptor of our own, as Wait would close one of the library's too early.
	read, write, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start a server: %w", err)
	}
	child.command.Stderr = write
	err = child.command.Start()
	write.Close()
	if err != nil {
		read.Close()
		return nil, fmt.Errorf("start a server: %w", err)
	}
	serving := make(chan string, 1)
	go child.follow(read, serving)

	ctx, cancel := context.WithTimeoutCause(ctx, startPatience, fmt.Errorf("it did not serve within %v", startPatience))
	defer cancel()
	select {
	case child.url = <-serving:
		return child, nil
	case <-child.ended:
		return nil, child.explain("start a server: it ended", child.err)
	case <-ctx.Done():
		return nil, child.explain("start a server", errors.Join(context.Cause(ctx), child.Stop()))
	}
}

// URL returns where the server serves.
func (c *Child) URL() string { return c.url }

// Process returns the server as something to observe.
func (c *Child) Process() Process { return Process{PID: c.command.Process.Pid} }

// Ended is closed when the process is gone.
func (c *Child) Ended() <-chan struct{} { return c.ended }

// Stop asks the server to stop and waits; a server that does not stop in time is
// killed, which is an error. So is one that ended with a status other than 0.
func (c *Child) Stop() error {
	select {
	case <-c.ended:
		return c.explain("the server ended by itself", c.err)
	default:
	}
	if err := c.command.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop the server: %w", err)
	}
	timeout := time.NewTimer(stopPatience)
	defer timeout.Stop()
	select {
	case <-c.ended:
	case <-timeout.C:
		err := c.command.Process.Kill()
		<-c.ended
		return c.explain("stop the server", errors.Join(fmt.Errorf("it did not stop within %v and was killed", stopPatience), err))
	}
	if c.err != nil {
		return c.explain("stop the server", c.err)
	}
	return nil
}

// Kill ends the server at once, as a crash would, and waits.
func (c *Child) Kill() error {
	select {
	case <-c.ended:
		return c.explain("the server ended by itself", c.err)
	default:
	}
	if err := c.command.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("kill the server: %w", err)
	}
	<-c.ended
	return nil
}

// follow reads the log until the process closes it, tells where the server
// serves, keeps the last lines and waits for the end.
func (c *Child) follow(log io.ReadCloser, serving chan<- string) {
	defer close(c.ended)
	lines := bufio.NewScanner(log)
	lines.Buffer(nil, logLineBytes)
	told := false
	for lines.Scan() {
		c.keep(lines.Text())
		if url := servingURL(lines.Bytes()); url != "" && !told {
			serving <- url
			told = true
		}
	}
	if err := lines.Err(); err != nil {
		c.keep("the log cannot be read on: " + err.Error())
		// The server must not stand still because nobody reads.
		_, _ = io.Copy(io.Discard, log)
	}
	log.Close()
	c.err = c.command.Wait()
}

// servingURL returns the address from the log line that announces it.
func servingURL(line []byte) string {
	var entry struct {
		Message string `json:"message"`
		URL     string `json:"url"`
	}
	if json.Unmarshal(line, &entry) != nil || entry.Message != "serving" {
		return ""
	}
	return entry.URL
}

func (c *Child) keep(line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.log) == keptLines {
		c.log = append(c.log[:0], c.log[1:]...)
	}
	c.log = append(c.log, line)
}

// explain adds the end of the log to what went wrong.
func (c *Child) explain(what string, err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil {
		err = errors.New("exit status 0")
	}
	if len(c.log) == 0 {
		return fmt.Errorf("%s: %w", what, err)
	}
	return fmt.Errorf("%s: %w; its log ended with\n  %s", what, err, strings.Join(c.log, "\n  "))
}
