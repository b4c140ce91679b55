package loop

import (
	"errors"
	"fmt"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"outcry/bench/browser"
	"outcry/bench/freshness"
)

const (
	// readBytes is the most that one read takes: more than a flush of 200 quotes,
	// and little enough that one look at the clock stands for all of it.
	readBytes = 256 << 10

	// eventsPerWait bounds what one wait for events brings.
	eventsPerWait = 256

	// dialsPerRound keeps the loop reading while it dials thousands.
	dialsPerRound = 64

	// sweepEvery is how often the loop looks for dashboards that wait too long.
	sweepEvery = 250 * time.Millisecond

	// dialPatience is how many times the patience for one dashboard all of them
	// together get, so that a server that never answers does not take for ever.
	dialPatience = 3

	// wakeID marks the event of the wake-up descriptor; other events carry the
	// index of their connection.
	wakeID = -1
)

// Loop serves the sockets of its browsers. New starts it, Close ends it.
type Loop struct {
	// immutable after construction
	options Options
	address unix.Sockaddr
	family  int
	poller  int           // the epoll descriptor
	wake    int           // an eventfd: there are calls, or the loop is to end
	done    chan struct{} // closed when the loop has ended

	// owned by the event loop
	connections []connection
	dialing     bool
	bound       int   // on handshakes in flight
	stalled     bool  // nobody reads
	began       int64 // when dialing began
	next        int   // the next connection to dial
	handshaking int   // dialed and without a CONNECT reply
	underway    int   // neither ready nor failed
	swept       int64
	turn        browser.Turn
	buffer      []byte
	spare       [][]byte
	failures    Failures
	err         error // why the loop ended by itself; read after done

	// guarded by mu
	mu      sync.Mutex
	calls   []func()
	ending  bool          // Close was called
	ended   bool          // the loop looks at calls no more
	settled chan struct{} // closed when no browser is on its way any more; written by the loop

	// atomic: written by the loop, read by anyone
	received  atomic.Int64
	connected atomic.Int64
	ready     atomic.Int64
	failed    atomic.Int64
}

// New starts a loop for these browsers, which are not dialed until Connect. The
// tape is what their first quotes are settled against.
func New(o Options, browsers []*browser.Browser, tape *freshness.Tape) (*Loop, error) {
	l := &Loop{
		options:     o,
		settled:     make(chan struct{}),
		done:        make(chan struct{}),
		connections: make([]connection, len(browsers)),
		underway:    len(browsers),
		turn:        browser.Turn{Tape: tape, Recorder: freshness.NewRecorder()},
		buffer:      make([]byte, browser.MaxFrameBytes+readBytes),
		failures:    NewFailures(),
	}
	for i, b := range browsers {
		l.connections[i] = connection{index: i, fd: -1, browser: b}
	}
	if l.bound = o.Concurrency; l.bound <= 0 {
		l.bound = len(browsers)
	}
	l.setAddress()
	if err := l.open(); err != nil {
		return nil, err
	}
	go l.run()
	return l, nil
}

func (l *Loop) setAddress() {
	ip, port := l.options.Address.Addr().Unmap(), int(l.options.Address.Port())
	if ip.Is4() {
		l.family, l.address = unix.AF_INET, &unix.SockaddrInet4{Port: port, Addr: ip.As4()}
		return
	}
	to := &unix.SockaddrInet6{Port: port, Addr: ip.As16()}
	if zone, err := net.InterfaceByName(ip.Zone()); err == nil {
		to.ZoneId = uint32(zone.Index)
	}
	l.family, l.address = unix.AF_INET6, to
}

func (l *Loop) open() (err error) {
	if l.poller, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return fmt.Errorf("open an event loop: %w", err)
	}
	if l.wake, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err == nil {
		err = unix.EpollCtl(l.poller, unix.EPOLL_CTL_ADD, l.wake, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: wakeID})
		if err == nil {
			return nil
		}
		err = errors.Join(err, unix.Close(l.wake))
	}
	return fmt.Errorf("open an event loop's wake-up: %w", errors.Join(err, unix.Close(l.poller)))
}

// Connect begins to dial; Settled tells when it is over.
func (l *Loop) Connect() {
	l.Do(func(*browser.Turn) {
		l.dialing, l.began = true, l.options.Clock.Now()
		l.checkSettled()
	})
}

// Settled is closed when every browser is ready or has failed, or the loop ended.
// After a Drop there is another.
func (l *Loop) Settled() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.settled
}

// Failures returns what went wrong so far.
func (l *Loop) Failures() Failures {
	failures := NewFailures()
	l.Do(func(*browser.Turn) { failures = l.failures.clone() })
	return failures
}

// Received returns how many bytes were read.
func (l *Loop) Received() int64 { return l.received.Load() }

// Counts returns how far the browsers got.
func (l *Loop) Counts() Counts {
	return Counts{int(l.connected.Load()), int(l.ready.Load()), int(l.failed.Load())}
}

// Do runs a function on the loop, between events, and waits for it: then the
// function may look at the browsers, and take the turn's tape and recorder for
// others. After the loop has ended it runs at once.
func (l *Loop) Do(f func(turn *browser.Turn)) {
	ran := make(chan struct{})
	l.mu.Lock()
	if l.ended {
		l.mu.Unlock()
		<-l.done
		f(&l.turn)
		return
	}
	l.calls = append(l.calls, func() { f(&l.turn); close(ran) })
	l.rouse()
	l.mu.Unlock()
	<-ran
}

// Close says goodbye to the server, closes every socket, ends the loop and waits
// for it. The error is why the loop ended by itself, if it did. Only the first
// call does anything.
func (l *Loop) Close() error {
	l.mu.Lock()
	again := l.ending
	l.ending = true
	if !again && !l.ended {
		l.rouse()
	}
	l.mu.Unlock()
	<-l.done
	if again {
		return nil
	}
	return errors.Join(l.err, unix.Close(l.wake), unix.Close(l.poller))
}

// rouse makes the loop look at its calls. The caller holds mu, so that the
// descriptor is still open. The write can only fail with a counter that is full,
// and then the loop is awake.
func (l *Loop) rouse() { _, _ = unix.Write(l.wake, []byte{1, 0, 0, 0, 0, 0, 0, 0}) }

func (l *Loop) run() {
	// The thread is the loop's own, so that no other goroutine is queued on it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(l.done)
	defer l.end()
	events := make([]unix.EpollEvent, eventsPerWait)
	for {
		n, err := unix.EpollWait(l.poller, events, l.pause())
		if err != nil && !errors.Is(err, unix.EINTR) {
			l.err = fmt.Errorf("wait for events: %w", err)
			return
		}
		for _, event := range events[:max(n, 0)] {
			if event.Fd == wakeID {
				if l.runCalls() {
					return
				}
				continue
			}
			l.handle(&l.connections[event.Fd], event.Events)
		}
		l.dialSome()
		l.sweep()
	}
}

// pause returns how many milliseconds the loop may wait for events.
func (l *Loop) pause() int {
	if l.mayDial() {
		return 0
	}
	return int(sweepEvery / time.Millisecond)
}

// runCalls runs what Do asked for and tells whether the loop is to end.
func (l *Loop) runCalls() (ending bool) {
	var counter [8]byte
	_, _ = unix.Read(l.wake, counter[:]) // nothing to read: nothing to reset
	l.mu.Lock()
	calls := l.calls
	l.calls, ending = nil, l.ending
	l.mu.Unlock()
	for _, call := range calls {
		call()
	}
	return ending
}

// end closes what is open and runs what Do still asks for.
func (l *Loop) end() {
	for i := range l.connections {
		c := &l.connections[i]
		if c.fd >= 0 {
			l.send(c, c.browser.Goodbye(nil))
			l.close(c)
		}
	}
	l.underway = 0
	l.checkSettled()
	l.mu.Lock()
	l.ended = true
	calls := l.calls
	l.calls = nil
	l.mu.Unlock()
	for _, call := range calls {
		call()
	}
}
