package transport

import (
	"maps"
	"sync"

	"outcry/actors/latency"
	"outcry/actors/session"
	"outcry/transport/socketio"
	"outcry/transport/wire"
)

// report takes what a browser measured itself. It is never answered with an error
// event, whatever is wrong with it: measuring must not show a dashboard as offline.
func (g *Gateway) report(s *socketio.Socket, e *socketio.Event) {
	p, ok := s.UserData.(*peer)
	if !ok {
		return
	}
	report, err := wire.DecodeLatency(e.Args)
	if err != nil {
		g.reports.Refuse()
	} else if err = g.reports.Add(&p.reporter, g.now(), report); err == nil {
		p.reported.Store(uint32(report.P95.Milliseconds()))
	}
	if e.AckID == session.NoAck {
		return
	}
	answer := wire.Encoder{}.AppendAck(nil, e.AckID)
	if err != nil {
		answer = wire.Encoder{}.AppendAckError(nil, e.AckID, session.CodeInvalidParams, err.Error())
	}
	_, _ = s.WriteFrames(answer) // a write that fails ends the connection, which says so itself
}

// Reports are what browsers reported.
func (g *Gateway) Reports() *latency.Reports { return &g.reports }

// Transport is what carries the browser's connection now.
func (b browser) Transport() string { return b.socket.Transport() }

// Pending is the number of bytes that the connection keeps for the browser.
func (b browser) Pending() int { return b.socket.Pending() }

// ReportedP95 is what the browser last reported, in milliseconds; 0 if it did not.
func (b browser) ReportedP95() uint32 {
	if p, ok := b.socket.UserData.(*peer); ok {
		return p.reported.Load()
	}
	return 0
}

// Slow is a browser that does not read, as operators see it.
type Slow struct {
	session.Slow
	Transport    string
	WaitingBytes int64
	ReportedP95  uint32 // milliseconds, 0 for none
}

// Slowest returns the browsers that have not read for longest, at most so many.
func (g *Gateway) Slowest(most int) []Slow {
	var slow []Slow
	for _, s := range g.sessions.Slowest(most) {
		one := Slow{Slow: s, WaitingBytes: s.Waiting}
		if b, ok := s.Connection.(browser); ok {
			one.Transport, one.ReportedP95 = b.Transport(), b.ReportedP95()
			one.WaitingBytes += int64(b.Pending())
		}
		slow = append(slow, one)
	}
	return slow
}

// refusals count clients that were not let in, by a code of a fixed set.
type refusals struct {
	mu     sync.Mutex // guards byCode
	byCode map[string]uint64
}

func (r *refusals) count(code string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.byCode == nil {
		r.byCode = make(map[string]uint64)
	}
	r.byCode[code]++
}

func (r *refusals) read() map[string]uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.byCode)
}
