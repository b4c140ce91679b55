package engineio

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"outcry/transport/websocket"
)

// request serves one request of a session without a network, which lets it run in
// a bubble's time.
func request(s *Server, method, query, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(method, "/socket.io/?"+query, strings.NewReader(body)))
	return w
}

// openByPolling opens a session and returns its query and its carrier.
func openByPolling(t *testing.T, s *Server, r *recorder) (query string, p *polling) {
	t.Helper()
	if w := request(s, http.MethodGet, "EIO=4&transport=polling", ""); w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	socket := r.newest()
	return "EIO=4&transport=polling&sid=" + socket.ID(), socket.carrier.(*polling)
}

// A client counts both intervals from its handshake, and knows of no steps.
func TestAPollAtTheEndOfTheTimeoutFindsNoSession(t *testing.T) {
	o := DefaultOptions()
	o.PingInterval, o.PingTimeout = 300*time.Millisecond, 200*time.Millisecond
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		inBubble(t, o, func(t *testing.T, s *Server, r *recorder) {
			time.Sleep(7 * time.Millisecond) // out of step with the heartbeat
			query, _ := openByPolling(t, s, r)
			time.Sleep(o.PingInterval + o.PingTimeout)
			if w := request(s, method, query, "3"); w.Code != 400 || !strings.Contains(w.Body.String(), `"code":1`) {
				t.Errorf("%s: %d %s", method, w.Code, w.Body)
			}
			synctest.Wait()
			r.expect(t, "open", "close ping timeout")
			if counts := s.Counts(); counts.Timeouts != 1 || counts.Open != 0 {
				t.Errorf("%+v", counts)
			}
		})
	}
}

func TestAPollThatWaitsIsToldOfThePingTimeout(t *testing.T) {
	inBubble(t, DefaultOptions(), func(t *testing.T, s *Server, r *recorder) {
		query, _ := openByPolling(t, s, r)
		if w := request(s, http.MethodGet, query, ""); w.Body.String() != "2" {
			t.Fatalf("%q, want a ping", w.Body)
		}
		if w := request(s, http.MethodGet, query, ""); w.Code != 200 || w.Body.String() != "1" {
			t.Errorf("%d %q, want a close packet", w.Code, w.Body)
		}
		r.expect(t, "open", "close ping timeout")
	})
}

func TestAPollerThatAnswersPingsStays(t *testing.T) {
	inBubble(t, DefaultOptions(), func(t *testing.T, s *Server, r *recorder) {
		query, _ := openByPolling(t, s, r)
		for range 20 {
			if w := request(s, http.MethodGet, query, ""); w.Body.String() != "2" {
				t.Fatalf("%q, want a ping", w.Body)
			}
			if w := request(s, http.MethodPost, query, "3"); w.Code != 200 || w.Body.String() != "ok" {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
		}
		request(s, http.MethodPost, query, "1")
		r.expect(t, "open", "close transport close")
	})
}

func TestABadPostEndsThePollThatWaits(t *testing.T) {
	inBubble(t, DefaultOptions(), func(t *testing.T, s *Server, r *recorder) {
		query, _ := openByPolling(t, s, r)
		polled := make(chan *httptest.ResponseRecorder, 1)
		go func() { polled <- request(s, http.MethodGet, query, "") }()
		synctest.Wait()
		if w := request(s, http.MethodPost, query, "abc"); w.Code != 400 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		if w := <-polled; w.Code != 200 || w.Body.String() != "1" {
			t.Errorf("%d %q, want a close packet", w.Code, w.Body)
		}
		r.expect(t, "open", "close parse error")
	})
}

// What the server does on each kind of packet in a payload.
func TestPacketsOfClientsThatPoll(t *testing.T) {
	for packet, want := range map[string]struct {
		status int
		told   string // "" where nobody is told of it and the session goes on
	}{
		"0": {200, ""}, "0{}": {200, ""}, "3": {200, ""}, "3probe": {200, ""}, "5": {200, ""}, "6": {200, ""}, "6x": {200, ""},
		"4": {200, "message "}, "4bAQ==": {200, "message bAQ=="}, "b": {200, "binary "}, "bAQ==": {200, "binary 01"},
		"1": {200, "close transport close"}, "1bye": {200, "close transport close"},
		"2": {400, "close transport error"}, "2probe": {400, "close transport error"},
		"7": {400, "close parse error"}, "\x1e": {400, "close parse error"}, "é": {400, "close parse error"},
		"bAQ": {400, "close parse error"}, "b_-8=": {400, "close parse error"},
	} {
		t.Run(packet, func(t *testing.T) {
			inBubble(t, DefaultOptions(), func(t *testing.T, s *Server, r *recorder) {
				query, _ := openByPolling(t, s, r)
				if w := request(s, http.MethodPost, query, packet); w.Code != want.status {
					t.Errorf("%d %s", w.Code, w.Body)
				}
				r.expect(t, "open")
				if want.told != "" {
					r.expect(t, want.told)
				}
				if strings.HasPrefix(want.told, "close ") {
					return
				}
				request(s, http.MethodPost, query, "4on\x1e1")
				r.expect(t, "message on", "close transport close")
			})
		})
	}
}

// The packets before a bad one count, those behind it do not.
func TestPacketsBehindABadOneAreNotHeard(t *testing.T) {
	inBubble(t, DefaultOptions(), func(t *testing.T, s *Server, r *recorder) {
		query, _ := openByPolling(t, s, r)
		if w := request(s, http.MethodPost, query, "4a\x1ex\x1e4b"); w.Code != 400 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		r.expect(t, "open", "message a", "close parse error")
		r.expectNothing(t)
	})
}

func TestNothingIsKeptWithoutBoundForAClientThatDoesNotPoll(t *testing.T) {
	inBubble(t, DefaultOptions(), func(t *testing.T, s *Server, r *recorder) {
		query, _ := openByPolling(t, s, r)
		socket, message := r.newest(), bytes.Repeat([]byte("x"), 1<<20)
		for range maxWaitingBytes >> 20 {
			if _, err := socket.WriteMessage(message); err != nil {
				if !errors.Is(err, errNobodyPolls) {
					t.Error(err)
				}
				break
			}
		}
		synctest.Wait()
		r.expect(t, "open", "close transport error")
		if _, err := socket.WriteMessage(message); err == nil {
			t.Error("a write after the end was taken")
		}
		if w := request(s, http.MethodGet, query, ""); w.Code != 400 {
			t.Errorf("%d", w.Code)
		}
	})
}

// A WebSocket may open and then carry nothing, behind some proxies. Until that is
// found out the client must not poll without a pause, nor miss what is new.
func TestAWebSocketThatNeverTakesOverKeepsNothingFromThePoller(t *testing.T) {
	inBubble(t, DefaultOptions(), func(t *testing.T, s *Server, r *recorder) {
		query, p := openByPolling(t, s, r)
		p.mu.Lock()
		p.probe = &probe{polling: p, answered: true}
		p.mu.Unlock()
		began := time.Now()
		for range 10 {
			if w := request(s, http.MethodGet, query, ""); w.Body.String() != "6" {
				t.Fatalf("%q", w.Body)
			}
		}
		if took := time.Since(began); took != 10*changeOverPace {
			t.Errorf("ten polls took %s", took)
		}
		if asked := r.writable.Load(); asked != 10 {
			t.Errorf("asked %d times for what is new, want at every poll", asked)
		}
		polled := make(chan string, 1)
		go func() { polled <- request(s, http.MethodGet, query, "").Body.String() }()
		synctest.Wait()
		_, _ = r.newest().WriteMessage([]byte("new"))
		if got := <-polled; got != "4new" {
			t.Errorf("%q", got)
		}
		request(s, http.MethodPost, query, "1")
		r.expect(t, "open", "close transport close")
	})
}

func TestOtherMethodsChangeNothing(t *testing.T) {
	inBubble(t, DefaultOptions(), func(t *testing.T, s *Server, r *recorder) {
		query, _ := openByPolling(t, s, r)
		for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodHead, http.MethodOptions, "BREW"} {
			if w := request(s, method, query, "4x"); w.Code != 405 || w.Header().Get("Allow") != "GET, POST" {
				t.Errorf("%s: %d %v", method, w.Code, w.Header())
			}
		}
		if w := request(s, http.MethodPost, query, "4on"); w.Code != 200 {
			t.Errorf("%d", w.Code)
		}
		request(s, http.MethodPost, query, "1")
		r.expect(t, "open", "message on", "close transport close")
	})
}

func TestRequestsThatDoNotFitTheirSessionChangeNothing(t *testing.T) {
	inBubble(t, DefaultOptions(), func(t *testing.T, s *Server, r *recorder) {
		query, _ := openByPolling(t, s, r)
		sid := r.newest().ID()
		other := mustConnect(t, s)
		for name, c := range map[string]struct{ query, code string }{
			"WebSocket without upgrade":      {"EIO=4&transport=websocket&sid=" + sid, `"code":3`},
			"unknown transport":              {"EIO=4&transport=carrier-pigeon&sid=" + sid, `"code":0`},
			"no transport":                   {"EIO=4&sid=" + sid, `"code":0`},
			"no version":                     {"transport=polling&sid=" + sid, `"code":5`},
			"another version":                {"EIO=3&transport=polling&sid=" + sid, `"code":5`},
			"a part of the id":               {"EIO=4&transport=polling&sid=" + sid[:19], `"code":1`},
			"the id of a WebSocket":          {"EIO=4&transport=polling&sid=" + other.socket.ID(), `"code":1`},
			"another id behind its own":      {query + "&sid=other", `"code":1`},
			"another transport behind its's": {query + "&transport=x", `"code":0`},
		} {
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				if w := request(s, method, c.query, "4x"); w.Code != 400 || !strings.Contains(w.Body.String(), c.code) {
					t.Errorf("%s: %s %d %s, want %s", name, method, w.Code, w.Body, c.code)
				}
			}
		}
		if s.Counts().Open != 2 {
			t.Errorf("%+v", s.Counts())
		}
		other.ends(io.EOF)
		request(s, http.MethodPost, query, "1")
		r.expect(t, "open", "open", "close transport close", "close transport close")
	})
}

func TestAWebSocketOfAnotherVersionDoesNotTakeOver(t *testing.T) {
	inBubble(t, DefaultOptions(), func(t *testing.T, s *Server, r *recorder) {
		query, _ := openByPolling(t, s, r)
		for _, version := range []string{"", "&EIO=", "&EIO=3", "&EIO=4&EIO=5"} {
			uri := "/socket.io/?transport=websocket&sid=" + r.newest().ID() + version
			if h, _, reject := s.OpenWebSocket(&websocket.Request{URI: uri}); h != nil || reject != unsupportedVersion {
				t.Errorf("%q: %+v", version, reject)
			}
		}
		request(s, http.MethodPost, query, "1")
		r.expect(t, "open", "close transport close")
	})
}

// What a cache kept would be another session's, or the past.
func TestAnswersAreNeitherCachedNorGuessed(t *testing.T) {
	inBubble(t, DefaultOptions(), func(t *testing.T, s *Server, r *recorder) {
		query, p := openByPolling(t, s, r)
		_, _ = p.WriteFrames([]byte{0x81, 2, '4', 'a'})
		for method, contentType := range map[string]string{http.MethodGet: "text/plain; charset=UTF-8", http.MethodPost: "text/html"} {
			w := request(s, method, query, "6")
			if w.Code != 200 || w.Header().Get("Content-Type") != contentType || w.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("%s: %d %v", method, w.Code, w.Header())
			}
		}
		request(s, http.MethodPost, query, "1")
	})
}

// slowBody is a payload that comes in its time, or breaks off.
func postSlowly(s *Server, query string) (body *io.PipeWriter, done <-chan *httptest.ResponseRecorder) {
	reader, body := io.Pipe()
	answered := make(chan *httptest.ResponseRecorder, 1)
	go func() {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/socket.io/?"+query, reader))
		answered <- w
	}()
	return body, answered
}

func TestTwoPostsAtATimeEndTheSession(t *testing.T) {
	inBubble(t, DefaultOptions(), func(t *testing.T, s *Server, r *recorder) {
		query, _ := openByPolling(t, s, r)
		body, first := postSlowly(s, query)
		synctest.Wait()
		if w := request(s, http.MethodPost, query, "4second"); w.Code != 400 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		r.expect(t, "open", "close transport error")
		_, _ = body.Write([]byte("4first"))
		_ = body.Close()
		if w := <-first; w.Code != 400 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		r.expectNothing(t)
	})
}

func TestABrokenPostEndsTheSession(t *testing.T) {
	inBubble(t, DefaultOptions(), func(t *testing.T, s *Server, r *recorder) {
		query, _ := openByPolling(t, s, r)
		body, answered := postSlowly(s, query)
		_, _ = body.Write([]byte("4ha"))
		_ = body.CloseWithError(io.ErrUnexpectedEOF)
		if w := <-answered; w.Code != 400 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		synctest.Wait()
		r.expect(t, "open", "close transport error")
		r.expectNothing(t)
	})
}

func TestAPayloadOfUnknownLengthIsBounded(t *testing.T) {
	inBubble(t, DefaultOptions(), func(t *testing.T, s *Server, r *recorder) {
		query, _ := openByPolling(t, s, r)
		body, answered := postSlowly(s, query)
		_, _ = body.Write(bytes.Repeat([]byte("4"), maxMessageBytes+1))
		if w := <-answered; w.Code != 413 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		_ = body.Close()
		request(s, http.MethodPost, query, "1")
		r.expect(t, "open", "close transport close")
	})
}

// A payload that says it is compressed is not unpacked.
func TestCompressedPayloadsAreRefused(t *testing.T) {
	inBubble(t, DefaultOptions(), func(t *testing.T, s *Server, r *recorder) {
		query, _ := openByPolling(t, s, r)
		q := httptest.NewRequest(http.MethodPost, "/socket.io/?"+query, strings.NewReader("\x1f\x8b\x08\x00"))
		q.Header.Set("Content-Encoding", "gzip")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, q)
		if w.Code != 400 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		synctest.Wait()
		r.expect(t, "open", "close parse error")
	})
}
