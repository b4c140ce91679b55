package validation

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

const (
	goodToken = "head.body.signature"
	goodPage  = `<!DOCTYPE html><html><head><script src="/theme.js"></script><script type="module" crossorigin src="/assets/app.js"></script></head><body><div id="root"></div></body></html>`
	// patience of a test whose server answers.
	patience = 20 * time.Second
)

// standIn is a server of another make that does everything right, but for what a
// test takes away.
type standIn struct {
	URL     string
	trusted *x509.CertPool

	// set before it is asked
	replaced map[string]http.HandlerFunc // by path
	header   http.Header
	health   map[string]any
	api      map[string]any
	admit    func(token string) string                // the answer to a CONNECT; nil: that of an engine
	answer   func(packet string) (packets []string)   // to what follows; nil: acknowledgements
	open     string                                   // the first packet
	upgrade  func(w http.ResponseWriter) (taken bool) // instead of a WebSocket
	origin   string                                   // whose pages may connect; empty: its own
	lose     string                                   // the method of the requests whose session nobody knows

	mu    sync.Mutex
	polls map[string]chan string
	asked map[string]int // connects by transport
}

func newStandIn(t *testing.T) *standIn {
	s := &standIn{
		replaced: map[string]http.HandlerFunc{},
		header: http.Header{
			"Content-Security-Policy":   {"default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'"},
			"X-Frame-Options":           {"DENY"},
			"X-Content-Type-Options":    {"nosniff"},
			"Strict-Transport-Security": {"max-age=63072000; includeSubDomains"},
			"X-Xss-Protection":          {"0"},
			"Referrer-Policy":           {"same-origin"},
		},
		health: map[string]any{
			"status": "healthy", "alert": "normal", "reasons": []string{}, "version": "1.2.3", "uptime": 61.5, "errorRate": 0.001,
			"websocket": map[string]any{"connections": 12, "totalConnections": 40, "uniqueUsers": 8, "successRate": 0.99},
			"latency":   map[string]any{"p50": 3, "p95": 41.25, "p99": 60, "budget": 200},
		},
		api: map[string]any{
			"name": "stand-in", "version": "1.2.3", "features": []string{"Real-time quotes"},
			"endpoints": map[string]any{"websocket": map[string]any{
				"url": "wss://stand.in/socket.io/", "transports": []string{"websocket", "polling"},
				"events": map[string]any{"client": map[string]string{"ping": "answered"}, "server": map[string]string{"watchlist:quote": "a quote"}},
			}},
		},
		open:  `0{"sid":"e1","upgrades":[],"pingInterval":25000,"pingTimeout":60000,"maxPayload":1000000}`,
		polls: map[string]chan string{}, asked: map[string]int{},
	}
	return s
}

// serve runs it until the test ends.
func (s *standIn) serve(t *testing.T) *standIn {
	server := httptest.NewServer(s)
	s.URL = server.URL
	s.closeWith(t, server)
	return s
}

// serveTLS runs it with a certificate that its pool trusts.
func (s *standIn) serveTLS(t *testing.T, certificate tls.Certificate) *standIn {
	server := httptest.NewUnstartedServer(s)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // clients that do not trust it are the point
	server.StartTLS()
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	s.URL = "https://localhost:" + port
	s.trusted = x509.NewCertPool()
	s.trusted.AddCert(certificate.Leaf)
	s.closeWith(t, server)
	return s
}

func (s *standIn) closeWith(t *testing.T, server *httptest.Server) {
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
}

// options of a look at it.
func (s *standIn) options() Options {
	return Options{URL: s.URL, Trusted: s.trusted, Patience: patience}
}

func (s *standIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for name, values := range s.header {
		w.Header()[name] = values
	}
	if f := s.replaced[r.URL.Path]; f != nil {
		f(w, r)
		return
	}
	switch r.URL.Path {
	case "/":
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, goodPage)
	case "/assets/app.js":
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = io.WriteString(w, "render()")
	case "/health":
		_ = json.NewEncoder(w).Encode(s.health)
	case "/api":
		_ = json.NewEncoder(w).Encode(s.api)
	case "/socket.io/":
		s.connect(w, r)
	default:
		http.NotFound(w, r)
	}
}

func (s *standIn) connect(w http.ResponseWriter, r *http.Request) {
	transport, sid := r.URL.Query().Get("transport"), r.URL.Query().Get("sid")
	switch {
	case r.Header.Get("Origin") != s.URL && s.origin == "" || s.origin != "" && r.Header.Get("Origin") != s.origin:
		http.Error(w, "Origin not allowed", http.StatusForbidden)
	case r.URL.Query().Get("EIO") != "4":
		http.Error(w, "not a client of Engine.IO 4", http.StatusBadRequest)
	case transport == "websocket":
		if s.upgrade != nil && s.upgrade(w) {
			return
		}
		conn, _, _, err := ws.UpgradeHTTP(r, w)
		if err != nil {
			return
		}
		defer conn.Close()
		s.converse(conn)
	case transport == "polling" && sid == "":
		s.mu.Lock()
		defer s.mu.Unlock()
		sid = fmt.Sprintf("e%d", len(s.polls)+1)
		s.polls[sid] = make(chan string, 100)
		_, _ = io.WriteString(w, strings.Replace(s.open, `"e1"`, `"`+sid+`"`, 1))
	default:
		s.poll(w, r, sid)
	}
}

func (s *standIn) poll(w http.ResponseWriter, r *http.Request, sid string) {
	s.mu.Lock()
	waiting := s.polls[sid]
	s.mu.Unlock()
	if waiting == nil || r.Method == s.lose {
		http.Error(w, `{"code":1,"message":"Session ID unknown"}`, http.StatusBadRequest)
		return
	}
	if r.Method == http.MethodPost {
		body, _ := io.ReadAll(r.Body)
		for _, packet := range s.hear("polling", string(body)) {
			waiting <- packet
		}
		_, _ = io.WriteString(w, "ok")
		return
	}
	select {
	case packet := <-waiting:
		for len(waiting) > 0 {
			packet += recordSeparator + <-waiting
		}
		_, _ = io.WriteString(w, packet)
	case <-r.Context().Done():
	}
}

func (s *standIn) converse(conn net.Conn) {
	_ = wsutil.WriteServerText(conn, []byte(s.open))
	for {
		packet, err := wsutil.ReadClientText(conn)
		if err != nil {
			return
		}
		for _, packet := range s.hear("websocket", string(packet)) {
			if wsutil.WriteServerText(conn, []byte(packet)) != nil {
				return
			}
		}
	}
}

// hear answers a packet, with others around that any client must pass over.
func (s *standIn) hear(transport, packet string) []string {
	if token, ok := strings.CutPrefix(packet, "40"); ok {
		s.mu.Lock()
		s.asked[transport]++
		s.mu.Unlock()
		if s.admit != nil {
			return []string{s.admit(token)}
		}
		switch token {
		case "":
			return []string{`44{"message":"Authentication required: No session ID provided","data":{"code":"NO_SESSION_ID"}}`}
		case `{"token":"` + goodToken + `"}`:
			return []string{`40{"sid":"s1","pid":"p1"}`, `42["connected",{}]`, "2"}
		}
		return []string{`44{"message":"Authentication failed: JWT token expired","data":{"code":"TOKEN_EXPIRED","expiredAt":1}}`}
	}
	if s.answer != nil {
		return s.answer(packet)
	}
	if id, ok := strings.CutSuffix(packet, `["ping",{}]`); ok {
		return []string{"6", "430[]", "43" + strings.TrimPrefix(id, "42") + `[{"message":"pong"}]`}
	}
	return nil
}
