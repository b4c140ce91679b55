package engineio

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gobwas/ws"

	"outcry/transport/transporttest"
)

// probeFor opens a WebSocket that may take a polling session over.
func probeFor(t *testing.T, addr string, p *poller) *transporttest.Socket {
	t.Helper()
	c := transporttest.Dial(t, "ws://"+addr+"/socket.io/?EIO=4&transport=websocket&sid="+p.sid)
	c.Send(ws.OpText, "2probe")
	if got := c.Receive(); got != "3probe" {
		t.Fatalf("%q", got)
	}
	return c
}

// upgrade takes a polling session over to a WebSocket.
func upgrade(t *testing.T, addr string, p *poller, socket *Socket) *transporttest.Socket {
	t.Helper()
	c := probeFor(t, addr, p)
	c.Send(ws.OpText, "5")
	waitFor(t, func() bool { return socket.Transport() == "websocket" })
	return c
}

// brokenWriter is the end of a connection that breaks while its answer is written.
type brokenWriter struct {
	http.ResponseWriter
	begun, end chan struct{}
}

func (w *brokenWriter) Write([]byte) (int, error) {
	close(w.begun)
	<-w.end
	return 0, io.ErrClosedPipe
}

func TestPacketsLostBehindTheSwitchEndTheSession(t *testing.T) {
	for name, test := range map[string]struct {
		written string // what the poll brings
		told    []string
	}{
		"events":  {"4lost", []string{"close transport error"}},
		"nothing": {"", []string{"message on", "close transport close"}},
	} {
		t.Run(name, func(t *testing.T) {
			r, s, addr := listen(t, "auto", DefaultOptions())
			p := poll(t, addr)
			r.expect(t, "open")
			socket := r.newest()
			if test.written != "" {
				_, _ = socket.WriteMessage([]byte(test.written[1:]))
			}
			w := &brokenWriter{httptest.NewRecorder(), make(chan struct{}), make(chan struct{})}
			done := make(chan struct{})
			go func() {
				defer close(done)
				s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/socket.io/?EIO=4&transport=polling&sid="+p.sid, nil))
			}()
			if test.written == "" {
				waitFor(t, func() bool { return p.waits(s) })
			} else {
				<-w.begun
			}
			c := upgrade(t, addr, p, socket)
			<-w.begun
			close(w.end)
			<-done
			if test.written == "" {
				c.Send(ws.OpText, "4on")
				c.Send(ws.OpText, "1")
			}
			c.Leave()
			r.expect(t, test.told...)
		})
	}
}

func TestAPostUnderWayAtTheSwitchArrivesOrEndsTheSession(t *testing.T) {
	for name, end := range map[string]error{"message late": nil, "close transport error": io.ErrUnexpectedEOF} {
		t.Run(name, func(t *testing.T) {
			r, s, addr := listen(t, "auto", DefaultOptions())
			p := poll(t, addr)
			body, answered := postSlowly(s, "EIO=4&transport=polling&sid="+p.sid)
			_, _ = body.Write([]byte("4la"))
			c := upgrade(t, addr, p, r.newest())
			_, _ = body.Write([]byte("te"))
			_ = body.CloseWithError(end)
			<-answered
			r.expect(t, "open", name)
			_ = c.Close()
		})
	}
}
