package transport

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"outcry/actors/actortest"
)

// Of connections that wait for their next request the oldest make room, and those
// with a request under way stay.
func TestIdleConnectionsMakeRoom(t *testing.T) {
	var idle idleConnections
	busy, proceed := make(chan struct{}), make(chan struct{})
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/busy" {
			close(busy)
			<-proceed
		}
	}))
	server.Config.ConnState = idle.follow
	server.Start()
	defer server.Close()
	ask := func(path string) (net.Conn, *bufio.Reader) {
		nc, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { nc.Close() })
		request(t, nc, path)
		return nc, bufio.NewReader(nc)
	}
	var all []*bufio.Reader
	var conns []net.Conn
	for i := range 3 {
		nc, reader := ask("/")
		wasAnswered(t, reader)
		actortest.Eventually(t, "an idle connection", func() bool { return idle.count() == i+1 })
		all, conns = append(all, reader), append(conns, nc)
	}
	_, working := ask("/busy")
	<-busy
	if n := idle.close(2); n != 2 || idle.count() != 1 {
		t.Errorf("%d were closed and %d are left, want 2 and 1", n, idle.count())
	}
	for i, reader := range all[:2] {
		if _, err := reader.ReadByte(); !errors.Is(err, io.EOF) {
			t.Errorf("connection %d was not closed: %v", i, err)
		}
	}
	request(t, conns[2], "/")
	wasAnswered(t, all[2])
	close(proceed)
	wasAnswered(t, working)
	actortest.Eventually(t, "both wait again", func() bool { return idle.count() == 2 })
	if n := idle.close(10); n != 2 {
		t.Errorf("%d of 2 were closed", n)
	}
}

func request(t *testing.T, nc net.Conn, path string) {
	t.Helper()
	if _, err := io.WriteString(nc, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
}

func wasAnswered(t *testing.T, from *bufio.Reader) {
	t.Helper()
	answer, err := http.ReadResponse(from, nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Errorf("answered %d", answer.StatusCode)
	}
}
