package socketio

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"outcry/transport/engineio"
)

// model is what the two namespaces of a connection should be like.
type model struct {
	state  map[string]string // absent, "waiting" or "accepted"
	socket map[string]*Socket
	sent   []string
	told   []string
	closed bool
}

// packet returns the packet of a namespace.
func packetIn(namespace, kind, rest string) string {
	if namespace == Root {
		return kind + rest
	}
	return kind + namespace + "," + rest
}

// One connection, its client and its handler do anything in any order.
func TestConnectionAgreesWithAModel(t *testing.T) {
	namespaces := []string{"/", "/admin"}
	rapid.Check(t, func(t *rapid.T) {
		r := &recorder{}
		server, err := NewServer(Options{}, maxMessageBytes, r, namespaces...)
		if err != nil {
			t.Fatal(err)
		}
		e := &fakeEngine{}
		c := &served{client: server.begin(e), r: r, e: e}
		m := &model{state: map[string]string{}, socket: map[string]*Socket{}}
		in := func(t *rapid.T) string { return rapid.SampledFrom(namespaces).Draw(t, "namespace") }
		open := func(t *rapid.T) {
			if m.closed {
				t.Skip("closed")
			}
		}
		existing := func(t *rapid.T) (string, *Socket) {
			ns := in(t)
			if m.socket[ns] == nil {
				t.Skip("no socket")
			}
			return ns, m.socket[ns]
		}
		t.Repeat(map[string]func(*rapid.T){
			"connect": func(t *rapid.T) {
				open(t)
				ns := in(t)
				c.says(packetIn(ns, "0", ""))
				if m.state[ns] != "" {
					m.closed = true
					return
				}
				m.state[ns], m.socket[ns] = "waiting", r.socket()
				m.told = append(m.told, "connect "+ns+" ")
			},
			"event": func(t *rapid.T) {
				open(t)
				ns := in(t)
				c.says(packetIn(ns, "2", `7["a",1]`))
				if m.state[ns] != "accepted" {
					m.closed = true
					return
				}
				m.told = append(m.told, "event "+ns+" a [1] 7")
			},
			"leave": func(t *rapid.T) {
				open(t)
				ns := in(t)
				c.says(packetIn(ns, "1", ""))
				if m.state[ns] != "accepted" {
					m.closed = true
					return
				}
				delete(m.state, ns)
				m.told = append(m.told, "disconnect "+ns+" client namespace disconnect")
			},
			"accept": func(t *rapid.T) {
				ns, s := existing(t)
				err := s.Accept([]byte(`{}`))
				if (err == nil) != (m.state[ns] == "waiting" && !m.closed) {
					t.Fatalf("%v in state %q, closed: %t", err, m.state[ns], m.closed)
				}
				if m.state[ns] == "waiting" {
					m.state[ns] = "accepted"
				}
				if err == nil {
					m.sent = append(m.sent, packetIn(ns, "0", "{}"))
				}
			},
			"refuse": func(t *rapid.T) {
				ns, s := existing(t)
				s.Refuse("no", nil)
				if m.state[ns] == "waiting" {
					delete(m.state, ns)
					if !m.closed {
						m.sent = append(m.sent, packetIn(ns, "4", `{"message":"no"}`))
					}
				}
			},
			"send away": func(t *rapid.T) {
				ns, s := existing(t)
				s.Disconnect()
				if m.state[ns] == "accepted" {
					delete(m.state, ns)
					if !m.closed {
						m.sent = append(m.sent, packetIn(ns, "1", ""))
					}
				}
			},
			"write": func(t *rapid.T) {
				ns, s := existing(t)
				_, err := s.WriteFrames([]byte(ns))
				if (err == nil) != (m.state[ns] == "accepted" && !m.closed) {
					t.Fatalf("%v in state %q, closed: %t", err, m.state[ns], m.closed)
				}
				if err == nil {
					m.sent = append(m.sent, "frames "+ns)
				}
			},
			"": func(t *rapid.T) {
				if (e.closing() != "") != m.closed {
					t.Fatalf("closed %q, model %t", e.closing(), m.closed)
				}
				compare(t, "sent", e.take(), &m.sent)
				compare(t, "told", r.take(), &m.told)
			},
		})
		for _, ns := range namespaces {
			if m.state[ns] != "" {
				m.told = append(m.told, fmt.Sprintf("disconnect %s %s", ns, engineio.PingTimeout))
			}
		}
		c.close(engineio.PingTimeout)
		told := r.take()
		slices.Sort(told) // in whichever order the namespaces came
		compare(t, "told at the end", told, &m.told)
	})
}

// compare checks got against want and empties want.
func compare(t *rapid.T, what string, got []string, want *[]string) {
	if !slices.Equal(got, *want) {
		t.Fatalf("%s %q, want %q", what, got, *want)
	}
	*want = nil
}
