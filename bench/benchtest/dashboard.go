package benchtest

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

const (
	// sendBufferBytes keeps little in the kernel for a dashboard that does not read.
	sendBufferBytes = 4 << 10
	// backlog is how many packets wait for one before its quotes are conflated.
	backlog = 256
)

// dashboard is one connection. Its fields are guarded by the server's mu.
type dashboard struct {
	number  int
	user    string
	conn    net.Conn
	session *session

	packets []string        // to be written
	newest  map[string]tick // quotes behind a full backlog, one a symbol
	waiting *sync.Cond      // the writer waits for packets, or for the end
	ended   bool
}

// session is what a dashboard comes back to.
type session struct {
	sid     string
	pid     string
	watches map[string]bool
	batch   bool
	left    map[string]int // ticks that each symbol had when the connection ended
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
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetWriteBuffer(sendBufferBytes) // a larger one only takes longer to fill
	}
	d := &dashboard{number: n, conn: conn, newest: map[string]tick{}, waiting: sync.NewCond(&s.mu)}
	d.session = &session{watches: map[string]bool{}}
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
	s.running.Go(func() { s.write(d) })
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
			s.locked(func() { s.leave(d) })
			return
		}
		s.locked(func() { s.answer(d, string(packet)) })
	}
}

// leave forgets a dashboard and keeps its session.
func (s *Server) leave(d *dashboard) {
	d.session.left = map[string]int{}
	for symbol := range d.session.watches {
		d.session.left[symbol] = len(s.history[symbol])
	}
	s.dashboards = slices.DeleteFunc(s.dashboards, func(other *dashboard) bool { return other == d })
	d.end()
}

// write sends what is said, for as long as that takes.
func (s *Server) write(d *dashboard) {
	defer d.conn.Close() // whoever cannot be written to has nothing to say
	for {
		var packets []string
		s.locked(func() { packets = d.next() })
		if packets == nil {
			return
		}
		for _, packet := range packets {
			if wsutil.WriteServerText(d.conn, []byte(packet)) != nil {
				return
			}
		}
	}
}

// next waits for packets. It returns nil at the end.
func (d *dashboard) next() (packets []string) {
	for len(d.packets) == 0 && !d.ended {
		d.waiting.Wait()
	}
	packets, d.packets = d.packets, nil
	for _, t := range d.newest {
		d.packets = append(d.packets, d.packetOf(t))
	}
	clear(d.newest)
	return packets
}

// cutOff ends a connection as a server does that has waited long enough.
func (d *dashboard) cutOff() {
	d.end()
	d.conn.Close()
}

func (d *dashboard) end() {
	d.ended = true
	d.waiting.Signal()
}

func (s *Server) locked(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// say queues packets. A dashboard that is gone hears nothing.
func (d *dashboard) say(packets ...string) {
	if !d.ended {
		d.packets = append(d.packets, packets...)
		d.waiting.Signal()
	}
}
