package faulttest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// Layer decides which calls of the programs within it fail. It may have many programs,
// at once and one after the other.
type Layer struct {
	// immutable after construction
	socket   string
	listener *net.UnixListener
	wake     *os.File // closing it ends the wait at the descriptors of programs
	woken    *os.File
	stop     chan struct{} // ends delays
	running  sync.WaitGroup

	mu     sync.Mutex // guards the next block
	faults []*Injected
	err    error // the first that kept the layer from its work
}

// Listen returns a layer at the path of a socket that it makes. Close follows.
func Listen(socket string) (*Layer, error) {
	listener, err := net.ListenUnix("unixpacket", &net.UnixAddr{Name: socket, Net: "unixpacket"})
	if err != nil {
		return nil, fmt.Errorf("fault layer: %w", err)
	}
	woken, wake, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	l := &Layer{socket: socket, listener: listener, wake: wake, woken: woken, stop: make(chan struct{})}
	l.running.Go(l.accept)
	return l, nil
}

// Close ends the layer, whose programs must have ended: from then on their calls fail
// with ENOSYS. The error is what kept the layer from its work.
func (l *Layer) Close() error {
	l.listener.Close()
	close(l.stop)
	l.wake.Close()
	l.running.Wait()
	l.woken.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// Inject makes calls fail from now on. hit, unless nil, is called at each that does,
// with the path of its file if the fault has a pattern of it; it must not block.
func (l *Layer) Inject(f Fault, hit func(path string)) (*Injected, error) {
	r, err := f.compile()
	if err != nil {
		return nil, err
	}
	i := &Injected{layer: l, rule: r, hit: hit, over: make(chan struct{})}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults = append(slices.Clip(l.faults), i) // readers have the old slice
	return i, nil
}

func (l *Layer) remove(i *Injected) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults = slices.DeleteFunc(slices.Clone(l.faults), func(other *Injected) bool { return other == i })
}

// accept serves every program that enters.
func (l *Layer) accept() {
	for {
		connection, err := l.listener.AcceptUnix()
		if err != nil {
			return // Close
		}
		listener, err := receiveDescriptor(connection)
		connection.Close()
		if err != nil {
			l.broken(fmt.Errorf("fault layer: a program did not enter: %w", err))
			continue
		}
		l.running.Go(func() { l.serve(listener) })
	}
}

func receiveDescriptor(connection *net.UnixConn) (int, error) {
	space := make([]byte, unix.CmsgSpace(4))
	_, n, _, _, err := connection.ReadMsgUnix(make([]byte, 1), space)
	if err != nil {
		return 0, err
	}
	messages, err := unix.ParseSocketControlMessage(space[:n])
	if err != nil || len(messages) != 1 {
		return 0, fmt.Errorf("%d control messages: %w", len(messages), err)
	}
	descriptors, err := unix.ParseUnixRights(&messages[0])
	if err != nil || len(descriptors) != 1 {
		return 0, fmt.Errorf("%d descriptors: %w", len(descriptors), err)
	}
	unix.CloseOnExec(descriptors[0])
	return descriptors[0], nil
}

// serve answers the calls of a program, and of those it starts, until all have ended.
func (l *Layer) serve(listener int) {
	var delayed sync.WaitGroup
	defer unix.Close(listener)
	defer delayed.Wait()
	for {
		waiting := []unix.PollFd{{Fd: int32(listener), Events: unix.POLLIN}, {Fd: int32(l.woken.Fd())}}
		if _, err := unix.Poll(waiting, -1); err != nil && !errors.Is(err, unix.EINTR) {
			l.broken(fmt.Errorf("fault layer: %w", err))
			return
		}
		if waiting[1].Revents != 0 { // Close
			return
		}
		if waiting[0].Revents&unix.POLLIN == 0 {
			if waiting[0].Revents != 0 {
				return
			}
			continue
		}
		n, err := receive(listener)
		if errors.Is(err, unix.ENOENT) {
			continue
		}
		if err != nil {
			l.broken(fmt.Errorf("fault layer: receive a call: %w", err))
			return
		}
		l.answer(listener, n, &delayed)
	}
}

// answer lets a call pass, or fail.
func (l *Layer) answer(listener int, n notification, delayed *sync.WaitGroup) {
	i, path, err := l.match(n)
	l.broken(err)
	if i == nil {
		l.broken(respond(listener, pass(n)))
		return
	}
	if i.hit != nil {
		i.hit(path)
	}
	fail := func() {
		r, err := i.rule.fail(n, l.stop)
		l.broken(unlessGone(err))
		l.broken(respond(listener, r))
	}
	if i.rule.Delay > 0 {
		delayed.Go(fail)
	} else {
		fail()
	}
}

// match returns the fault that makes a call fail, nil if there is none, and the path of
// the call's file if a fault has a pattern of it.
func (l *Layer) match(n notification) (failing *Injected, path string, err error) {
	l.mu.Lock()
	faults := l.faults
	l.mu.Unlock()
	read := false
	for _, i := range faults {
		c := i.rule.call
		if c.number != n.number || c.only != nil && !c.only(n.args) {
			continue
		}
		if i.rule.Path != "" && !read {
			if path, err = c.path(int(n.tid), n.args); err != nil {
				return nil, "", unlessGone(err)
			}
			path, read = strings.TrimSuffix(path, " (deleted)"), true
		}
		if matches(i.rule.Path, path) && i.take() && failing == nil {
			failing = i
		}
	}
	return failing, path, nil
}

// unlessGone returns an error of looking into a process that was not killed meanwhile.
func unlessGone(err error) error {
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ESRCH) {
		return nil
	}
	return err
}

func matches(pattern, path string) bool {
	ok, _ := filepath.Match(pattern, filepath.Base(path)) // the pattern was validated
	return pattern == "" || ok
}

// broken notes the first error that kept the layer from its work.
func (l *Layer) broken(err error) {
	if err == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		l.err = err
	}
}
