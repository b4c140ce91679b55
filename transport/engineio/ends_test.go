package engineio

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"

	"outcry/transport/transporttest"
)

// A client that leaves sends a close beside the poll that waits, on a connection of
// its own: which of them is served first is chance.
func TestACloseThatOvertakesThePollOwesItANoop(t *testing.T) {
	for name, test := range map[string]struct {
		later  time.Duration
		status int
	}{"at once": {0, 200}, "too late": {lingerTimeout, 400}} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, DefaultOptions(), func(t *testing.T, s *Server, r *recorder) {
				query, _ := openByPolling(t, s, r)
				if w := request(s, http.MethodPost, query, "1"); w.Code != 200 {
					t.Errorf("%d %s", w.Code, w.Body)
				}
				r.expect(t, "open", "close transport close")
				synctest.Wait()
				if counts := s.Counts(); counts.Open != 0 || counts.Polling != 0 {
					t.Errorf("%+v", counts)
				}
				time.Sleep(test.later)
				synctest.Wait()
				if w := request(s, http.MethodGet, query, ""); w.Code != test.status || test.status == 200 && w.Body.String() != "6" {
					t.Errorf("%d %s, want %d", w.Code, w.Body, test.status)
				}
				for _, method := range []string{http.MethodGet, http.MethodPost} {
					if w := request(s, method, query, "4x"); w.Code != 400 || !strings.Contains(w.Body.String(), `"code":1`) {
						t.Errorf("%s: %d %s", method, w.Code, w.Body)
					}
				}
				time.Sleep(lingerTimeout)
				synctest.Wait()
				if s.polled(r.newest().ID()) != nil || s.lingering.Len() != 0 {
					t.Error("a session that ended is remembered")
				}
			})
		})
	}
}

// A client may post while its session is closing, before it has polled for what is left.
func TestAPostDoesNotCutTheLastPacketsOff(t *testing.T) {
	inBubble(t, DefaultOptions(), func(t *testing.T, s *Server, r *recorder) {
		query, _ := openByPolling(t, s, r)
		_, _ = r.newest().WriteMessage([]byte("last"))
		r.newest().Close(ForcedClose, 1008, "enough")
		if w := request(s, http.MethodPost, query, "4late"); w.Code != 200 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		for _, want := range []string{"4last", "1"} {
			if w := request(s, http.MethodGet, query, ""); w.Code != 200 || w.Body.String() != want {
				t.Errorf("%d %s, want %s", w.Code, w.Body, want)
			}
		}
		synctest.Wait()
		r.expect(t, "open", "close forced close")
		if w := request(s, http.MethodPost, query, "4x"); w.Code != 400 {
			t.Errorf("%d %s behind the end", w.Code, w.Body)
		}
	})
}

func TestAClosingServerWaitsOnlyAMomentForTheLastPoll(t *testing.T) {
	inBubble(t, DefaultOptions(), func(t *testing.T, s *Server, r *recorder) {
		openByPolling(t, s, r)
		began := time.Now()
		mustClose(t, s)
		if took := time.Since(began); took > lingerTimeout {
			t.Errorf("took %s", took)
		}
		r.expect(t, "open", "close server shutting down")
	})
}

func TestASessionThatEndsTakesItsWebSocketAlong(t *testing.T) {
	transporttest.EachMode(t, func(t *testing.T, mode string) {
		r, s, addr := listen(t, mode, DefaultOptions())
		p := poll(t, addr)
		c := probeFor(t, addr, p)
		if status, _ := p.post("1"); status != 200 {
			t.Error(status)
		}
		c.Leave()
		r.expect(t, "open", "close transport close")
		waitFor(t, func() bool { return s.probes.Len() == 0 && s.Counts().Open == 0 })
	})
}

func TestWebSocketsOfUnknownAndClosingSessionsAreRefused(t *testing.T) {
	r, s, addr := listen(t, "auto", DefaultOptions())
	p := poll(t, addr)
	r.newest().Close(ForcedClose, 1008, "enough")
	for _, sid := range []string{p.sid, "unknown"} {
		conn, _, _, err := ws.Dial(context.Background(), "ws://"+addr+"/socket.io/?EIO=4&transport=websocket&sid="+sid)
		var refused ws.StatusError
		if !errors.As(err, &refused) || int(refused) != 400 {
			t.Errorf("%s: %v", sid, err)
			_ = conn.Close()
		}
	}
	if _, body := p.get(); body != "1" {
		t.Errorf("%q", body)
	}
	s.Drain()
}
