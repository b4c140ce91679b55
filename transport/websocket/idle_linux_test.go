package websocket

import (
	"net"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"outcry/transport/netpoll"
)

// Idle dashboards are most of them. Theirs must be a few hundred bytes, without
// a goroutine or a buffer each.
func TestIdleWebSocketHoldsLittleMemory(t *testing.T) {
	const n, most = 2000, 400
	opened := make(chan struct{}, n)
	s := newServerWithoutHTTP(t, netpoll.ModeEpoll, DefaultOptions(), func(*Request) (Handler, func(*Conn), *Reject) {
		return discarding{}, func(*Conn) { opened <- struct{}{} }, nil
	})
	addr, err := net.ResolveTCPAddr("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	clients := make([]int, 0, n)
	defer func() {
		for _, fd := range clients {
			_ = unix.Close(fd)
		}
	}()
	before, goroutines := memoryInUse(), runtime.NumGoroutine()
	for range n {
		fd := rawDial(t, addr.Port)
		clients = append(clients, fd)
		if _, err := unix.Write(fd, []byte(upgradeHeadText)); err != nil {
			t.Fatal(err)
		}
	}
	for range n {
		<-opened
	}
	each := (memoryInUse() - before) / n
	t.Logf("%d bytes a connection", each)
	if each > most {
		t.Errorf("an idle WebSocket holds %d bytes, more than %d", each, most)
	}
	if now := runtime.NumGoroutine(); now > goroutines {
		t.Errorf("%d goroutines, %d before", now, goroutines)
	}
}

// rawDial connects without Go's memory for it.
func rawDial(t *testing.T, port int) int {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Connect(fd, &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	return fd
}

// memoryInUse is what is alive: heap and stacks.
func memoryInUse() int {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // pools survive one collection
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc + m.StackInuse)
}
