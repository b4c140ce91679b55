package engineio

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"outcry/transport/websocket"
)

// newIdleServer serves without clients.
func newIdleServer(t *testing.T, o Options, allow ...Allow) *Server {
	t.Helper()
	s, err := NewServer(o, maxMessageBytes, newRecorder(), time.Now, allow...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { mustClose(t, s) })
	return s
}

func mustClose(t *testing.T, s *Server) {
	t.Helper()
	if err := s.Close(context.Background()); err != nil {
		t.Error(err)
	}
}

// The codes, messages and their precedence are those of the official server.
func TestHandshakesAreRefusedLikeTheOfficialServerDoes(t *testing.T) {
	s := newIdleServer(t, DefaultOptions())
	const (
		transport = `{"code":0,"message":"Transport unknown"}`
		session   = `{"code":1,"message":"Session ID unknown"}`
		request   = `{"code":3,"message":"Bad request"}`
		version   = `{"code":5,"message":"Unsupported protocol version"}`
	)
	for name, test := range map[string]struct{ uri, origin, body string }{
		"no query":                    {"/socket.io/", "", transport},
		"no transport":                {"/socket.io/?EIO=4", "", transport},
		"empty transport":             {"/socket.io/?EIO=4&transport=", "", transport},
		"polling":                     {"/socket.io/?EIO=4&transport=polling", "", transport},
		"webtransport":                {"/socket.io/?EIO=4&transport=webtransport", "", transport},
		"transport in capitals":       {"/socket.io/?EIO=4&transport=WebSocket", "", transport},
		"broken transport":            {"/socket.io/?EIO=4&transport=%zz", "", transport},
		"the last transport counts":   {"/socket.io/?EIO=4&transport=websocket&transport=polling", "", transport},
		"transport before version":    {"/socket.io/?EIO=3&transport=polling", "", transport},
		"sid":                         {"/socket.io/?EIO=4&transport=websocket&sid=abc", "", session},
		"sid before version":          {"/socket.io/?EIO=3&transport=websocket&sid=abc", "", session},
		"no version":                  {"/socket.io/?transport=websocket", "", version},
		"version 3":                   {"/socket.io/?EIO=3&transport=websocket", "", version},
		"version of two digits":       {"/socket.io/?EIO=44&transport=websocket", "", version},
		"version is no number":        {"/socket.io/?EIO=abc&transport=websocket", "", version},
		"the last version counts":     {"/socket.io/?EIO=4&transport=websocket&EIO=3", "", version},
		"control character in origin": {"/socket.io/?EIO=4&transport=websocket", "http://a\x01", request},
		"DEL in origin":               {"/socket.io/?EIO=4&transport=websocket", "http://a\x7f", request},
	} {
		h, opened, reject := s.OpenWebSocket(&websocket.Request{URI: test.uri, Origin: test.origin})
		if h != nil || opened != nil || reject == nil {
			t.Errorf("%s: let in", name)
			continue
		}
		if reject.Status != http.StatusBadRequest || reject.Body != test.body || reject.ContentType != "application/json" {
			t.Errorf("%s: %+v, want %s", name, reject, test.body)
		}
	}
	if c := s.Counts(); c.Open != 0 || c.Total != 0 || c.Refused != 18 {
		t.Errorf("%+v, want 18 refused and none counted in", c)
	}
}

func TestHandshakesOfKnownClientsAreLetIn(t *testing.T) {
	s := newIdleServer(t, DefaultOptions())
	for name, r := range map[string]websocket.Request{
		"socket.io-client":     {URI: "/socket.io/?EIO=4&transport=websocket"},
		"without slash":        {URI: "/socket.io?EIO=4&transport=websocket"},
		"with a cache breaker": {URI: "/socket.io/?EIO=4&transport=websocket&t=N8hyd6w"},
		"empty sid":            {URI: "/socket.io/?EIO=4&transport=websocket&sid="},
		"broken other one":     {URI: "/socket.io/?x=%zz&a;b&EIO=4&transport=websocket"},
		"with an origin":       {URI: "/socket.io/?EIO=4&transport=websocket", Origin: "https://dash.example:8443"},
		"origin beyond ASCII":  {URI: "/socket.io/?EIO=4&transport=websocket", Origin: "https://münchen.example"},
	} {
		h, opened, reject := s.OpenWebSocket(&r)
		if h == nil || opened == nil || reject != nil {
			t.Errorf("%s: refused: %+v", name, reject)
			continue
		}
		h.Closed(nil, nil) // it never opens
	}
	if c := s.Counts(); c.Open != 0 || c.Total != 7 || c.Refused != 0 {
		t.Errorf("%+v, want a total of 7 and none open", c)
	}
}

func TestAllowDecidesAfterTheFormAndBeforeTheVersion(t *testing.T) {
	var asked []string
	allow := func(r *websocket.Request) *websocket.Reject {
		asked = append(asked, r.URI)
		if r.Origin == "https://good.example" {
			return nil
		}
		return Forbidden(`not "your" page`)
	}
	s := newIdleServer(t, DefaultOptions(), allow)
	open := func(uri, origin string) *websocket.Reject {
		h, _, reject := s.OpenWebSocket(&websocket.Request{URI: uri, Origin: origin})
		if h != nil {
			h.Closed(nil, nil)
		}
		return reject
	}
	if r := open("/?EIO=4&transport=polling", ""); r == nil || r.Status != http.StatusBadRequest || asked != nil {
		t.Errorf("a malformed request was asked about: %v, %+v", asked, r)
	}
	if r := open("/?EIO=3&transport=websocket", "https://bad.example"); r == nil || r.Status != http.StatusForbidden ||
		r.Body != `{"code":4,"message":"not \"your\" page"}` {
		t.Errorf("%+v, want 403", r)
	}
	if r := open("/?EIO=3&transport=websocket", "https://good.example"); r == nil || r.Status != http.StatusBadRequest {
		t.Errorf("%+v, want 400", r)
	}
	if r := open("/?EIO=4&transport=websocket", "https://good.example"); r != nil {
		t.Errorf("refused: %+v", r)
	}
}

func TestFullServerAsksToComeBack(t *testing.T) {
	o := DefaultOptions()
	o.MaxConnections = 2
	s := newIdleServer(t, o)
	const uri = "/?EIO=4&transport=websocket"
	a, _, _ := s.OpenWebSocket(&websocket.Request{URI: uri})
	b, _, _ := s.OpenWebSocket(&websocket.Request{URI: uri})
	_, _, reject := s.OpenWebSocket(&websocket.Request{URI: uri})
	if reject == nil || reject.Status != http.StatusServiceUnavailable || reject.RetryAfter <= 0 {
		t.Fatalf("%+v, want 503 with Retry-After", reject)
	}
	a.Closed(nil, nil)
	c, _, reject := s.OpenWebSocket(&websocket.Request{URI: uri})
	if reject != nil {
		t.Fatalf("refused though one left: %+v", reject)
	}
	b.Closed(nil, nil)
	c.Closed(nil, nil)
}

func TestDrainingServerAsksToComeBack(t *testing.T) {
	s := newIdleServer(t, DefaultOptions())
	s.Drain()
	_, _, reject := s.OpenWebSocket(&websocket.Request{URI: "/?EIO=4&transport=websocket"})
	if reject == nil || reject.Status != http.StatusServiceUnavailable || reject.RetryAfter <= 0 {
		t.Fatalf("%+v, want 503 with Retry-After", reject)
	}
}

func TestRequestsThatAreNoUpgradeAreRefusedLikeTheOfficialServerDoes(t *testing.T) {
	s := newIdleServer(t, DefaultOptions())
	for name, test := range map[string]struct{ method, uri, origin, body string }{
		"plain":                      {"GET", "/socket.io/", "", `{"code":0,"message":"Transport unknown"}`},
		"poll of nobody":             {"GET", "/socket.io/?EIO=4&transport=polling&sid=a", "", `{"code":1,"message":"Session ID unknown"}`},
		"posted poll":                {"POST", "/socket.io/?EIO=4&transport=polling&sid=a", "", `{"code":1,"message":"Session ID unknown"}`},
		"polling without a version":  {"GET", "/socket.io/?transport=polling", "", `{"code":5,"message":"Unsupported protocol version"}`},
		"polling in version 3":       {"GET", "/socket.io/?EIO=3&transport=polling", "", `{"code":5,"message":"Unsupported protocol version"}`},
		"polling handshake posted":   {"POST", "/socket.io/?EIO=4&transport=polling", "", `{"code":2,"message":"Bad handshake method"}`},
		"preflight":                  {"OPTIONS", "/socket.io/?EIO=4&transport=polling", "", `{"code":2,"message":"Bad handshake method"}`},
		"WebSocket without upgrade":  {"GET", "/socket.io/?EIO=4&transport=websocket", "", `{"code":3,"message":"Bad request"}`},
		"the same in version 3":      {"GET", "/socket.io/?EIO=3&transport=websocket", "", `{"code":3,"message":"Bad request"}`},
		"WebSocket session":          {"GET", "/socket.io/?EIO=4&transport=websocket&sid=a", "", `{"code":1,"message":"Session ID unknown"}`},
		"posted session":             {"POST", "/socket.io/?EIO=4&transport=websocket&sid=a", "", `{"code":1,"message":"Session ID unknown"}`},
		"posted handshake":           {"POST", "/socket.io/?EIO=4&transport=websocket", "", `{"code":2,"message":"Bad handshake method"}`},
		"put handshake":              {"PUT", "/socket.io/?EIO=4&transport=websocket", "", `{"code":2,"message":"Bad handshake method"}`},
		"preflight for WebSocket":    {"OPTIONS", "/socket.io/?EIO=4&transport=websocket", "", `{"code":2,"message":"Bad handshake method"}`},
		"bad origin":                 {"POST", "/socket.io/?EIO=4&transport=websocket", "\x01", `{"code":3,"message":"Bad request"}`},
		"unknown transport wins all": {"POST", "/socket.io/?EIO=3&transport=x&sid=a", "\x01", `{"code":0,"message":"Transport unknown"}`},
	} {
		r := httptest.NewRequest(test.method, test.uri, strings.NewReader("body"))
		if test.origin != "" {
			r.Header["Origin"] = []string{test.origin}
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != http.StatusBadRequest || w.Body.String() != test.body || w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%s: %d %s, want %s", name, w.Code, w.Body, test.body)
		}
	}
}

func TestIdsAreLongRandomAndSafeInURLs(t *testing.T) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	seen := make(map[string]bool)
	for range 10_000 {
		id := NewID()
		if len(id) != 20 || strings.Trim(id, alphabet) != "" {
			t.Fatalf("%q", id)
		}
		if seen[id] {
			t.Fatalf("%q came twice", id)
		}
		seen[id] = true
	}
}

func BenchmarkNewID(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		NewID()
	}
}

func BenchmarkHandshake(b *testing.B) {
	s, err := NewServer(DefaultOptions(), maxMessageBytes, newRecorder(), time.Now)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		h, _, _ := s.OpenWebSocket(&websocket.Request{URI: "/socket.io/?EIO=4&transport=websocket"})
		h.Closed(nil, nil)
	}
	if err := s.Close(context.Background()); err != nil {
		b.Fatal(err)
	}
}
