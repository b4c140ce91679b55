package benchtest

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// writePatience bounds a write to a dashboard that does not read.
const writePatience = 10 * time.Second

// dashboard is one connection. Its fields are guarded by the server's mu.
type dashboard struct {
	number  int
	user    string
	conn    net.Conn
	watches map[string]bool
	batch   bool
}

// upgrade takes a WebSocket connection, or refuses it.
func (s *Server) upgrade(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.upgrades++
	n := s.upgrades
	s.mu.Unlock()
	if s.behaviour.Status != nil && s.behaviour.Status(n) != 0 {
		w.Header().Set("Retry-After", "1")
		http.Error(w, "refused on purpose", s.behaviour.Status(n))
		return
	}
	if r.URL.RawQuery != "EIO=4&transport=websocket" {
		http.Error(w, "not a client of Socket.IO", http.StatusBadRequest)
		return
	}
	conn, _, _, err := ws.UpgradeHTTP(r, w)
	if err != nil {
		return
	}
	d := &dashboard{number: n, conn: conn, watches: map[string]bool{}}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		conn.Close()
		return
	}
	s.dashboards = append(s.dashboards, d)
	if s.behaviour.Take != nil && s.behaviour.Take(n, conn) {
		return
	}
	s.running.Go(func() { s.listen(d) })
}

// listen serves one dashboard until its connection ends.
func (s *Server) listen(d *dashboard) {
	defer d.conn.Close()
	s.locked(func() {
		d.say(fmt.Sprintf(`0{"sid":"e%d","upgrades":[],"pingInterval":25000,"pingTimeout":60000,"maxPayload":1000000}`, d.number))
	})
	for {
		packet, err := wsutil.ReadClientText(d.conn)
		if err != nil {
			s.locked(func() { clear(d.watches) })
			return
		}
		s.locked(func() { s.answer(d, string(packet)) })
	}
}

func (s *Server) locked(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// answer handles one packet of a dashboard.
func (s *Server) answer(d *dashboard, packet string) {
	if packet == "3" {
		s.pongs++
		return
	}
	if auth, ok := strings.CutPrefix(packet, "40"); ok {
		var credentials struct{ Token string }
		_ = json.Unmarshal([]byte(auth), &credentials)
		claims, err := s.claims(credentials.Token)
		if err != nil {
			d.say(`44{"message":"Authentication failed: Invalid JWT token","data":{"code":"INVALID_TOKEN"}}`)
			return
		}
		d.user = fmt.Sprint(claims["userId"])
		s.seen[d.user] = true
		d.say(fmt.Sprintf(`40{"sid":"s%d"}`, d.number), `42["connected",{"message":"welcome"}]`, "2")
		return
	}
	if request, ok := strings.CutPrefix(packet, `42["subscribe:watchlist",`); ok {
		s.subscribe(d, strings.TrimSuffix(request, "]"))
	}
}

func (s *Server) subscribe(d *dashboard, payload string) {
	var request struct {
		Symbols []string
		Batch   bool
	}
	_ = json.Unmarshal([]byte(payload), &request)
	d.batch = request.Batch
	for _, symbol := range slices.Sorted(slices.Values(request.Symbols)) {
		d.watches[symbol] = true
		if price, ok := s.last[symbol]; ok {
			d.quote(tick{Symbol: symbol, Price: price})
		}
	}
	if !s.behaviour.Silent {
		d.say(`42["subscribed:watchlist",{"success":true,"symbols":[],"userId":"u","timestamp":1}]`)
	}
}

// quote sends one quote, flat and nested.
func (d *dashboard) quote(t tick) {
	fields := fmt.Sprintf(`"price":%s,"change":0.5,"merged":1,"state":"live","age":0,"timestamp":%d`, t.Price, time.Now().UnixMilli())
	quote := fmt.Sprintf(`{"symbol":%q,%s,"quote":{%s}}`, t.Symbol, fields, fields)
	if d.batch {
		d.say(`42["watchlist:quotes",[` + quote + `]]`)
		return
	}
	d.say(`42["watchlist:quote",` + quote + `]`)
}

// say writes packets. A dashboard that is gone hears nothing.
func (d *dashboard) say(packets ...string) {
	_ = d.conn.SetWriteDeadline(time.Now().Add(writePatience))
	for _, packet := range packets {
		_ = wsutil.WriteServerText(d.conn, []byte(packet))
	}
}
