package benchtest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// answer handles one packet of a dashboard.
func (s *Server) answer(d *dashboard, packet string) {
	if packet == "3" {
		s.pongs++
		return
	}
	if auth, ok := strings.CutPrefix(packet, "40"); ok {
		s.connect(d, auth)
		return
	}
	if request, ok := strings.CutPrefix(packet, `42["subscribe:watchlist",`); ok {
		s.subscribe(d, strings.TrimSuffix(request, "]"))
	}
}

// connect lets a dashboard in, into the session that it shows if there is one.
func (s *Server) connect(d *dashboard, auth string) {
	var credentials struct{ Token, PID string }
	_ = json.Unmarshal([]byte(auth), &credentials)
	claims, err := s.claims(credentials.Token)
	if err != nil {
		d.say(`44{"message":"Authentication failed: Invalid JWT token","data":{"code":"INVALID_TOKEN"}}`)
		return
	}
	d.user = fmt.Sprint(claims["userId"])
	s.seen[d.user] = true
	before := s.sessions[credentials.PID]
	if before != nil && (s.behaviour.Recover == nil || s.behaviour.Recover(d.number)) {
		d.session = before
	} else {
		d.session.sid, d.session.pid = fmt.Sprintf("s%d", d.number), fmt.Sprintf("p%d", d.number)
		s.sessions[d.session.pid] = d.session
	}
	d.say(fmt.Sprintf(`40{"sid":%q,"pid":%q}`, d.session.sid, d.session.pid), `42["connected",{"message":"welcome"}]`, "2")
	s.snapshot(d, d.session.watches)
}

func (s *Server) subscribe(d *dashboard, payload string) {
	var request struct {
		Symbols []string
		Batch   bool
	}
	_ = json.Unmarshal([]byte(payload), &request)
	d.session.batch = request.Batch
	fresh := map[string]bool{}
	for _, symbol := range request.Symbols {
		fresh[symbol], d.session.watches[symbol] = true, true
	}
	s.snapshot(d, fresh)
	if !s.behaviour.Silent {
		d.say(`42["subscribed:watchlist",{"success":true,"symbols":[],"userId":"u","timestamp":1}]`)
	}
}

// snapshot sends the newest quote of each symbol, or lies.
func (s *Server) snapshot(d *dashboard, watches map[string]bool) {
	symbols := make([]string, 0, len(watches))
	for symbol := range watches {
		symbols = append(symbols, symbol)
	}
	slices.Sort(symbols)
	for _, symbol := range symbols {
		history := s.history[symbol]
		from := len(history) - 1
		if left, ok := d.session.left[symbol]; ok && s.behaviour.Replay {
			from = min(from, left)
		}
		for _, price := range history[max(from, 0):] {
			d.quote(tick{Symbol: symbol, Price: price})
		}
	}
}

// quote sends one quote, or keeps the newest of its symbol for one that is slow.
func (d *dashboard) quote(t tick) {
	if _, waits := d.newest[t.Symbol]; waits || len(d.packets) >= backlog {
		d.newest[t.Symbol] = t
		return
	}
	d.say(d.packetOf(t))
}

// packetOf is a quote, flat and nested.
func (d *dashboard) packetOf(t tick) string {
	fields := fmt.Sprintf(`"price":%s,"change":0.5,"merged":1,"state":"live","age":0,"timestamp":%d`, t.Price, time.Now().UnixMilli())
	quote := fmt.Sprintf(`{"symbol":%q,%s,"quote":{%s}}`, t.Symbol, fields, fields)
	if d.session.batch {
		return `42["watchlist:quotes",[` + quote + `]]`
	}
	return `42["watchlist:quote",` + quote + `]`
}
