package benchtest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Behaviour is what a Server does differently from a prompt and honest one. All
// functions may be nil.
type Behaviour struct {
	// Delay is how long a tick waits before it is delivered.
	Delay time.Duration
	// Deliver tells which ticks of a symbol are delivered; others are skipped.
	Deliver func(seq int) bool
	// Status refuses the n-th upgrade request, counted from 1, unless it is 0.
	Status func(n int) int
	// Take gets the n-th connection after its upgrade and may keep it for itself.
	Take func(n int, conn net.Conn) bool
	// Packets are sent to the n-th dashboard behind the quote of a tick.
	Packets func(n int, symbol string, seq int) []string
	// Reject refuses ticks.
	Reject func(seq int) bool
	// Silent leaves out the confirmation of subscriptions.
	Silent bool
	// Recover tells whether the n-th connection may go on in the session it shows.
	Recover func(n int) bool
	// Replay sends all ticks that were missed instead of the newest.
	Replay bool
	// CutSlow ends a dashboard as soon as quotes are conflated for it.
	CutSlow bool
	// RefuseFeed answers the feed with 403.
	RefuseFeed bool

	// Trade answers the n-th request for trades, counted from 1, before the server
	// looks at it, if it returns true.
	Trade func(n int, w http.ResponseWriter) bool
	// Forget tells which trades are acknowledged and not stored.
	Forget func(id string) bool
	// Notices is how many notices the n-th trade gets, counted from 1; nil: one.
	Notices func(n int) int
	// Folder keeps the trades, so that a server after this one has them.
	Folder string
}

// Server is a server of quotes. New starts it, Close ends it.
type Server struct {
	// immutable after construction
	URL       string
	secret    string
	behaviour Behaviour
	http      *httptest.Server
	delivery  chan delivery
	running   sync.WaitGroup

	// guarded by mu
	mu         sync.Mutex
	closed     bool
	dashboards []*dashboard
	upgrades   int
	history    map[string][]json.Number // the prices of each symbol; a snapshot shows the last
	sessions   map[string]*session      // by pid
	seen       map[string]bool          // users
	pongs      int
	trades     *trades
}

// delivery is a tick on its way to the dashboards.
type delivery struct {
	due  time.Time
	tick tick
}

type tick struct {
	Symbol string      `json:"symbol"`
	Price  json.Number `json:"price"`
}

// seq returns the sequence that a price carries.
func (t tick) seq() int {
	price, err := t.Price.Float64()
	if err != nil {
		return 0
	}
	return int(price*100 + 0.5)
}

// New starts a server on a free port that takes tokens signed with a secret.
func New(secret string, b Behaviour) *Server {
	s := &Server{
		secret:    secret,
		behaviour: b,
		delivery:  make(chan delivery, 1<<16),
		history:   map[string][]json.Number{},
		sessions:  map[string]*session{},
		seen:      map[string]bool{},
		trades:    openTrades(b.Folder),
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/ticks", s.takeTicks)
	mux.HandleFunc("GET /socket.io/", s.upgrade)
	mux.HandleFunc("POST /api/trades", s.takeTrades)
	mux.HandleFunc("GET /api/trades", s.showTrades)
	mux.HandleFunc("GET /api/portfolio", s.showPortfolio)
	mux.HandleFunc("GET /health", s.health)
	s.http = httptest.NewServer(mux)
	s.URL = s.http.URL
	s.running.Go(s.deliver)
	return s
}

// Close closes every connection and waits for all goroutines.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	for _, d := range s.dashboards {
		d.conn.Close()
	}
	s.mu.Unlock()
	s.http.CloseClientConnections()
	s.http.Close()
	close(s.delivery)
	s.running.Wait()
	s.trades.close()
}

// Users returns how many different users connected.
func (s *Server) Users() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.seen)
}

// Pongs returns how many answers to pings came.
func (s *Server) Pongs() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pongs
}

// takeTicks reads the feed as it arrives.
func (s *Server) takeTicks(w http.ResponseWriter, r *http.Request) {
	claims, err := s.claims(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	if err != nil || s.behaviour.RefuseFeed || fmt.Sprint(claims["roles"]) != "[feed]" {
		http.Error(w, `{"title":"no feed"}`, http.StatusForbidden)
		return
	}
	accepted, rejected := 0, 0
	for lines := bufio.NewScanner(r.Body); lines.Scan(); {
		var t tick
		if json.Unmarshal(lines.Bytes(), &t) != nil || s.behaviour.Reject != nil && s.behaviour.Reject(t.seq()) {
			rejected++
			continue
		}
		accepted++
		if s.behaviour.Deliver == nil || s.behaviour.Deliver(t.seq()) {
			s.delivery <- delivery{time.Now().Add(s.behaviour.Delay), t}
		}
	}
	problem := map[string]any{"line": 2, "message": "rejected on purpose"}
	_ = json.NewEncoder(w).Encode(map[string]any{"accepted": accepted, "rejected": rejected, "errors": []any{problem}[:min(1, rejected)]})
}

// deliver sends each tick when it is due, in order, to those who watch it.
func (s *Server) deliver() {
	for d := range s.delivery {
		if wait := time.Until(d.due); wait > 0 {
			time.Sleep(wait)
		}
		s.mu.Lock()
		s.history[d.tick.Symbol] = append(s.history[d.tick.Symbol], d.tick.Price)
		for _, dashboard := range s.dashboards {
			if dashboard.session.watches[d.tick.Symbol] {
				dashboard.quote(d.tick)
				if s.behaviour.CutSlow && len(dashboard.newest) > 0 {
					dashboard.cutOff()
				}
				if s.behaviour.Packets != nil {
					dashboard.say(s.behaviour.Packets(dashboard.number, d.tick.Symbol, d.tick.seq())...)
				}
			}
		}
		s.mu.Unlock()
	}
}

func (s *Server) claims(token string) (jwt.MapClaims, error) {
	claims := jwt.MapClaims{}
	_, err := jwt.ParseWithClaims(token, claims, func(*jwt.Token) (any, error) { return []byte(s.secret), nil }, jwt.WithValidMethods([]string{"HS256"}))
	return claims, err
}
