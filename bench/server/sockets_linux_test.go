package server

import (
	"net"
	"net/netip"
	"testing"
	"time"
)

// A server that writes to a client that does not read fills the kernel's buffer
// of its own side; one whose client reads holds next to nothing.
func TestMemoryOfSocketsIsThatOfTheServersSide(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	port := netip.MustParseAddrPort(listener.Addr().String()).Port()
	for i := range 3 {
		client, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		conn, err := listener.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if s, err := SocketMemory(port); err != nil || s.Count != i+1 || s.Bytes > 64<<10 {
			t.Fatalf("%+v, %v, want %d idle connections", s, err, i+1)
		}
		if i < 2 {
			continue
		}
		// More than the buffers of both sides hold, so the write must time out.
		if err := conn.SetWriteDeadline(time.Now().Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		for err == nil {
			_, err = conn.Write(make([]byte, 1<<20))
		}
	}
	s, err := SocketMemory(port)
	if err != nil || s.Count != 3 || s.Bytes < 256<<10 {
		t.Errorf("%+v, %v, want 3 connections with a full buffer", s, err)
	}
}

func TestMalformedAnswersOfTheKernelAreErrors(t *testing.T) {
	whole := make([]byte, diagAnswerBytes+4+6*4)
	whole[5] = 80 // the port, big-endian
	whole[diagAnswerBytes], whole[diagAnswerBytes+2] = 4+6*4, diagMemory
	var s Sockets
	if err := s.add(whole, 80); err != nil || s.Count != 1 {
		t.Fatalf("%+v, %v", s, err)
	}
	if err := s.add(whole, 81); err != nil || s.Count != 1 {
		t.Errorf("another port: %+v, %v", s, err)
	}
	for length := range len(whole) {
		if err := s.add(whole[:length], 80); err == nil {
			t.Errorf("%d of %d bytes were taken", length, len(whole))
		}
	}
}
