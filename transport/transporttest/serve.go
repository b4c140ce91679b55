// Package transporttest gives the tests of the rooms above transport/websocket
// real connections: a server of the rooms below, and the other end of a
// WebSocket. The real socket.io-client, under Node, is in client.
package transporttest

import (
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"outcry/transport/netpoll"
	"outcry/transport/websocket"
)

// Patience bounds every wait; none takes as long when a test passes.
const Patience = 20 * time.Second

// EachMode runs f on event loops, where there are any, and on goroutines.
func EachMode(t *testing.T, f func(t *testing.T, mode string)) {
	for _, mode := range []string{netpoll.ModeAuto, netpoll.ModeGoroutine} {
		t.Run(mode, func(t *testing.T) { f(t, mode) })
	}
}

// Serve opens WebSockets by open and answers all other requests by web, which
// may be nil, until the test ends. It returns its address.
func Serve(t testing.TB, mode string, open websocket.Open, web http.Handler) string {
	t.Helper()
	o := netpoll.DefaultOptions()
	o.Mode = mode
	p, err := netpoll.New(o, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	a := websocket.NewAcceptor(websocket.DefaultOptions(), func([]byte) bool { return true }, open, zerolog.Nop())
	server := &http.Server{Handler: web, ReadHeaderTimeout: Patience}
	var serving sync.WaitGroup
	serving.Go(func() { _ = p.Serve(ln, a.Accept) })
	serving.Go(func() { _ = server.Serve(a.Listener()) })
	t.Cleanup(func() {
		_ = server.Close()
		_ = ln.Close()
		a.Close()
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		serving.Wait()
	})
	return ln.Addr().String()
}
