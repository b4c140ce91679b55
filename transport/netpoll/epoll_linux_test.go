package netpoll

import (
	"bytes"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/rs/zerolog"
	"golang.org/x/sys/unix"
)

// Ten thousand idle connections must stay a few megabytes.
func TestConnectionIsSmall(t *testing.T) {
	if n := unsafe.Sizeof(socket{}); n > 160 {
		t.Errorf("a connection of the event loop has %d bytes", n)
	}
}

func TestAcceptedSocketsHaveTheirOptions(t *testing.T) {
	o := DefaultOptions()
	o.Mode, o.SendBufferBytes = ModeEpoll, 48<<10
	r := newRecorder(t)
	s := newServer(t, o, func(Conn) Handler { return r })
	s.connect(r)
	sock := r.conn.(*socket)
	sock.mu.Lock()
	defer sock.mu.Unlock()
	check := func(name string, level, option, want int) {
		t.Helper()
		if got, err := unix.GetsockoptInt(int(sock.fd), level, option); err != nil || got != want {
			t.Errorf("%s is %d, %v; want %d", name, got, err, want)
		}
	}
	check("TCP_NODELAY", unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	check("SO_SNDBUF", unix.SOL_SOCKET, unix.SO_SNDBUF, 2*o.SendBufferBytes) // the kernel doubles it
	flags, err := unix.FcntlInt(uintptr(sock.fd), unix.F_GETFD, 0)
	if err != nil || flags&unix.FD_CLOEXEC == 0 {
		t.Errorf("a child process would inherit the connection: %v", err)
	}
}

func TestEventOfAnEarlierConnectionIsIgnored(t *testing.T) {
	var tab table
	old, reused := &socket{fd: 3000, generation: 1}, &socket{fd: 3000, generation: 2}
	tab.put(old)
	tab.remove(old.fd)
	if tab.get(3000, 1) != nil {
		t.Error("a closed connection is found")
	}
	tab.put(reused)
	if tab.get(3000, 1) != nil {
		t.Error("an event of the closed connection reaches its successor")
	}
	if tab.get(3000, 2) != reused {
		t.Error("the successor is not found")
	}
	if tab.get(1, 1) != nil {
		t.Error("a connection is found that never was")
	}
	n := 0
	tab.each(func(*socket) { n++ })
	if n != 1 {
		t.Errorf("the table holds %d connections", n)
	}
}

// openDescriptors lists what the process has open.
func openDescriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

func TestChurnLeavesNothingBehind(t *testing.T) {
	eachMode(t, func(t *testing.T, o Options) {
		const dialers, each = 20, 50
		before := openDescriptors(t)
		s := newServer(t, o, func(Conn) Handler { return echo(t) })
		var all sync.WaitGroup
		for d := range dialers {
			all.Go(func() {
				for i := range each {
					if err := visit(s.ln.Addr().String(), d+i); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		s.close()
		if after := openDescriptors(t); after > before {
			t.Errorf("%d descriptors are open, %d before", after, before)
		}
	})
}

// visit opens a connection and ends it in one of four ways.
func visit(addr string, how int) error {
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer func() { _ = nc.Close() }()
	switch how % 4 {
	case 0: // says nothing
		return nil
	case 1: // resets
		return nc.(*net.TCPConn).SetLinger(0)
	case 2: // leaves before the answer
		_, err = nc.Write([]byte("ping"))
		return err
	default:
		if _, err = nc.Write([]byte("ping")); err != nil {
			return err
		}
		_, err = io.ReadFull(nc, make([]byte, 4))
		return err
	}
}

// syncLog is a log that tests read while it is written.
type syncLog struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *syncLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *syncLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func TestShortageOfDescriptorsIsSurvivedAndLoggedOnce(t *testing.T) {
	eachMode(t, func(t *testing.T, o Options) {
		var log syncLog
		s := newServerLog(t, o, zerolog.New(&log), func(Conn) Handler { return echo(t) })
		client, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = unix.Close(client) }()
		first := s.dial()
		mustWrite(t, first, []byte("ping"))
		if _, err := io.ReadFull(first, make([]byte, 4)); err != nil {
			t.Fatal(err)
		}

		release := exhaustDescriptors(t)
		defer release()
		addr := s.ln.Addr().(*net.TCPAddr)
		if err := unix.Connect(client, &unix.SockaddrInet4{Port: addr.Port, Addr: [4]byte{127, 0, 0, 1}}); err != nil {
			t.Fatal(err)
		}
		const message = "cannot accept connections"
		for deadline := time.Now().Add(patience); !strings.Contains(log.String(), message); {
			if time.Now().After(deadline) {
				t.Fatal("the shortage was not logged")
			}
			time.Sleep(time.Millisecond)
		}
		// Several more attempts fail meanwhile, which nothing reports.
		time.Sleep(3 * acceptPause)
		release()

		if _, err := unix.Write(client, []byte("ping")); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, 4)
		if _, err := unix.Read(client, got); err != nil || string(got) != "ping" {
			t.Errorf("read %q, %v", got, err)
		}
		if n := strings.Count(log.String(), message); n != 1 {
			t.Errorf("the shortage was logged %d times: %s", n, log.String())
		}
	})
}

// exhaustDescriptors leaves the process without any until release.
func exhaustDescriptors(t *testing.T) (release func()) {
	t.Helper()
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	highest, err := unix.Open("/dev/null", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	taken := []int{highest}
	low := unix.Rlimit{Cur: uint64(highest) + 8, Max: limit.Max}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &low); err != nil {
		t.Fatal(err)
	}
	for {
		fd, err := unix.Open("/dev/null", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			break
		}
		taken = append(taken, fd)
	}
	return func() {
		for _, fd := range taken {
			_ = unix.Close(fd)
		}
		taken = nil
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
			t.Error(err)
		}
	}
}
