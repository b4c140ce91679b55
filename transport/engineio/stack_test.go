package engineio

import (
	"context"
	"testing"
	"time"

	"outcry/transport/transporttest"
)

// listen serves real connections through all rooms below, on event loops or on
// goroutines, until the test ends.
func listen(t *testing.T, mode string, o Options) (*recorder, *Server, string) {
	t.Helper()
	r := newRecorder()
	s, addr := serve(t, mode, o, r)
	return r, s, addr
}

// serve is listen for another Handler.
func serve(t *testing.T, mode string, o Options, h Handler) (*Server, string) {
	t.Helper()
	s, err := NewServer(o, maxMessageBytes, h, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	addr := transporttest.Serve(t, mode, s.OpenWebSocket, s)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return s, addr
}

func dial(t *testing.T, addr string) *transporttest.Socket {
	t.Helper()
	return transporttest.Dial(t, "ws://"+addr+"/socket.io/?EIO=4&transport=websocket")
}
