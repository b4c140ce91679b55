package handover

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// SocketName is the name of the control socket in an engine's data directory.
const SocketName = "control.sock"

// Outcome is what came of a request to upgrade.
type Outcome struct {
	Upgraded bool `json:"upgraded"`
	// Reason is why not, and what to do.
	Reason string `json:"reason,omitempty"`
	// From and To are the versions.
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
	// PID is the process that serves now.
	PID int `json:"pid"`
	// Gap is for how long nobody was served who came anew.
	Gap time.Duration `json:"gap,omitempty"`
}

const (
	request         = "upgrade\n"
	requestTimeout  = 5 * time.Second // for a request of a line
	maxOutcomeBytes = 64 << 10
)

// Control is a Unix socket by which an operator of this machine asks for an
// upgrade. Who may write to it is who may connect: the owner.
type Control struct {
	// immutable after construction
	listener *net.UnixListener
	upgrade  func() Outcome

	serving sync.WaitGroup // the goroutine that accepts, and one a connection
}

// ListenControl serves requests at a path, in a directory that is this process's
// alone: what is left there of one that crashed is removed. upgrade is called for
// each, on a goroutine of its own, and returns the outcome.
func ListenControl(path string, upgrade func() Outcome) (*Control, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, controlError(path, err)
	}
	ln, err := listenAt(path)
	if err != nil {
		return nil, err
	}
	c := &Control{listener: ln, upgrade: upgrade}
	c.serving.Go(c.serve)
	return c, nil
}

// listenAt makes a socket that only its owner may connect to.
func listenAt(path string) (*net.UnixListener, error) {
	ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, controlError(path, err)
	}
	ln.SetUnlinkOnClose(false) // it may be the successor's by then
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(controlError(path, err), ln.Close())
	}
	return ln, nil
}

// controlError says why there is no control socket at a path, and what to do.
func controlError(path string, err error) error {
	dir := filepath.Dir(path)
	advice := "see what is wrong with " + dir
	switch {
	case errors.Is(err, syscall.EINVAL), errors.Is(err, syscall.ENAMETOOLONG): // unix(7): some 100 bytes
		const tooLong = "the path has %d bytes, which is too long for a socket: use a data directory with a shorter one"
		advice = fmt.Sprintf(tooLong, len(path))
	case errors.Is(err, syscall.EROFS):
		advice = "mount the disk of " + dir + " writable"
	case errors.Is(err, fs.ErrPermission):
		advice = fmt.Sprintf("let user %d write to %s", os.Getuid(), dir)
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		advice = "make room on the disk of " + dir
	case errors.Is(err, syscall.EADDRINUSE):
		advice = "another process made a socket there at this moment: let only one engine serve from " + dir
	case errors.Is(err, syscall.ENOTEMPTY), errors.Is(err, fs.ErrExist):
		advice = "move away what is there"
	}
	return fmt.Errorf("control socket: %w: %s", err, advice)
}

func (c *Control) serve() {
	for {
		conn, err := c.listener.Accept()
		if err != nil {
			return
		}
		c.serving.Go(func() { c.answer(conn) })
	}
}

// answer answers one request. Who sends another one is not answered.
func (c *Control) answer(conn net.Conn) {
	defer conn.Close()
	if conn.SetDeadline(time.Now().Add(requestTimeout)) != nil {
		return
	}
	line := make([]byte, len(request))
	if _, err := io.ReadFull(conn, line); err != nil || string(line) != request {
		return
	}
	outcome := c.upgrade()
	if conn.SetDeadline(time.Now().Add(requestTimeout)) == nil {
		_ = json.NewEncoder(conn).Encode(outcome) // who asked may have left
	}
}

// Close ends it once every request is answered.
func (c *Control) Close() {
	_ = c.listener.Close() // it is open
	c.serving.Wait()
}

// Ask asks the engine whose control socket is at a path to upgrade, and waits for
// the outcome until ctx ends.
func Ask(ctx context.Context, path string) (o Outcome, err error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", path)
	if err != nil {
		return o, fmt.Errorf("ask the engine to upgrade: %w", err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) }) // it is open
	defer stop()
	if _, err := io.WriteString(conn, request); err != nil {
		return o, fmt.Errorf("ask the engine to upgrade: %w", because(ctx, err))
	}
	answer, err := bufio.NewReader(io.LimitReader(conn, maxOutcomeBytes)).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(answer, &o)
	}
	if err != nil {
		return o, fmt.Errorf("the engine did not say what came of the upgrade: its log does: %w", because(ctx, err))
	}
	return o, nil
}
