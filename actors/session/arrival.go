package session

import "time"

// ArrivalTime is how long after CONNECT a page that sends nothing has to attach its
// listeners.
const ArrivalTime = 250 * time.Millisecond

// arrival is the time between CONNECT and the first event of the page, at most
// ArrivalTime. Pages that attach their listeners a moment after CONNECT hear nothing of
// what is written before: socket.io-client keeps no event, and counts a notice that had
// no listener as received. State is therefore written at once and again at the end of
// the arrival, and notices, which come once, wait for it.
//
// owned by the session actor
type arrival struct {
	stop  func() bool // ends the timer
	held  []byte      // notices that wait
	wrote bool        // something was written since CONNECT
}

// First is the first event of a page since CONNECT. Sent by the gateway.
type First struct {
	Message any // what the event asks for, one of the gateway's other messages; nil for nothing
}

// arrived is that ArrivalTime is over. Sent by the session's own timer.
type arrived struct{ arrival *arrival }

// Essential marks the message. mailbox.Essential.
func (*arrived) Essential() {}

// arrive begins the arrival of the page.
func (s *sessionActor) arrive() {
	root, self, a := s.sessions.system.Root, s.self, &arrival{}
	a.stop = s.sessions.after(ArrivalTime, func() { root.Send(self, &arrived{a}) })
	s.arrival = a
}

// settle ends the arrival: the page hears from now on. It gets its notices, and again
// the state that was written before.
func (s *sessionActor) settle() {
	a := s.arrival
	if a == nil {
		return
	}
	s.leaveArrival()
	s.reply()
	s.out = append(s.out, a.held...)
	if !a.wrote {
		return
	}
	s.repeatState()
	subscriptions := s.subscriptions() // those of before a reconnect: the page has not asked for any yet
	for i := range subscriptions.Len() {
		if !subscriptions.Behind(i) {
			subscriptions.Restart(i)
		}
	}
}

// speak takes the first event of the page since CONNECT. A page that was slower than
// ArrivalTime may have missed what came at its end, too.
func (s *sessionActor) speak() {
	if s.arrival != nil {
		s.settle()
		return
	}
	s.reply()
	s.repeatState()
}

// repeatState has the account and the market written again.
func (s *sessionActor) repeatState() {
	s.account.refresh, s.account.owed = true, true
	s.appendMarket()
}

// leaveArrival forgets the arrival without its notices, which are in the journal.
func (s *sessionActor) leaveArrival() {
	if s.arrival != nil {
		s.arrival.stop()
		s.arrival = nil
	}
}

// waiting is how many bytes of answers and notices wait.
func (s *sessionActor) waiting() int {
	if s.arrival != nil {
		return len(s.out) + len(s.arrival.held)
	}
	return len(s.out)
}
