package engineio

import (
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// inBubble runs f with a server whose clock is the bubble's.
func inBubble(t *testing.T, o Options, f func(t *testing.T, s *Server, r *recorder)) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder()
		s, err := NewServer(o, maxMessageBytes, r, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		f(t, s, r)
		mustClose(t, s)
	})
}

func TestSilentClientIsClosedOneTimeoutAfterItsPing(t *testing.T) {
	o := DefaultOptions()
	inBubble(t, o, func(t *testing.T, s *Server, r *recorder) {
		c := mustConnect(t, s)
		r.expect(t, "open")
		tick := s.heartbeat.resolution()

		time.Sleep(o.PingInterval - tick)
		synctest.Wait()
		if c.count("2") != 0 {
			t.Fatal("pinged before the interval")
		}
		time.Sleep(2 * tick)
		synctest.Wait()
		if c.count("2") != 1 {
			t.Fatal("not pinged after the interval")
		}
		time.Sleep(o.PingTimeout - 3*tick)
		synctest.Wait()
		if err := c.closed(); err != nil {
			t.Fatalf("closed before the timeout: %v", err)
		}
		time.Sleep(3 * tick)
		synctest.Wait()
		if c.closed() == nil || c.count("2") != 1 {
			t.Fatalf("not closed after the timeout, %d pings", c.count("2"))
		}
		c.ends(c.closed())
		r.expect(t, "close ping timeout")
		if err := <-r.errs; err == nil {
			t.Error("no error tells what happened")
		}
		if s.Counts().Timeouts != 1 {
			t.Errorf("%+v", s.Counts())
		}
	})
}

func TestClientThatAnswersIsPingedEveryInterval(t *testing.T) {
	o := DefaultOptions()
	inBubble(t, o, func(t *testing.T, s *Server, r *recorder) {
		c := mustConnect(t, s)
		for i := range 100 {
			for c.count("2") == i {
				time.Sleep(time.Second)
				synctest.Wait()
			}
			time.Sleep(o.PingTimeout - 2*time.Second) // answers late, but in time
			synctest.Wait()
			c.says("3")
		}
		if err := c.closed(); err != nil {
			t.Fatal(err)
		}
		c.ends(io.EOF)
	})
}

func TestPongsNobodyAskedForDoNotDelayThePing(t *testing.T) {
	o := DefaultOptions()
	inBubble(t, o, func(t *testing.T, s *Server, r *recorder) {
		c := mustConnect(t, s)
		for c.count("2") == 0 {
			c.says("3")
			time.Sleep(time.Second)
			synctest.Wait()
		}
		// Still one answer is owed, and one is enough.
		c.says("3")
		c.says("3")
		time.Sleep(o.PingInterval + time.Second)
		synctest.Wait()
		if c.count("2") != 2 {
			t.Errorf("%d pings, want 2", c.count("2"))
		}
		c.ends(io.EOF)
	})
}

func TestThousandsThatConnectedAtOnceArePingedSpreadOut(t *testing.T) {
	o := DefaultOptions()
	inBubble(t, o, func(t *testing.T, s *Server, r *recorder) {
		const clients = 10_000
		all := make([]*fakeCarrier, clients)
		for i := range all {
			all[i] = mustConnect(t, s)
		}
		tick := s.heartbeat.resolution()
		pinged := func() (n int) {
			for _, c := range all {
				n += c.count("2")
			}
			return n
		}
		time.Sleep(o.PingInterval - tick/2)
		synctest.Wait()
		most, before := 0, pinged()
		end := time.Now().Add(o.PingInterval / 10)
		for time.Now().Before(end.Add(2 * tick)) {
			time.Sleep(tick)
			synctest.Wait()
			now := pinged()
			most, before = max(most, now-before), now
		}
		if before != clients {
			t.Errorf("%d of %d pinged within a tenth of the interval", before, clients)
		}
		if limit := clients*10*int(tick/time.Millisecond)/int(o.PingInterval/time.Millisecond) + 1; most > limit {
			t.Errorf("%d pings in one step, want at most %d", most, limit)
		}
		for _, c := range all {
			c.ends(io.EOF)
		}
	})
}

func TestNewIntervalsAreForSocketsThatOpenFromThenOn(t *testing.T) {
	o := DefaultOptions()
	inBubble(t, o, func(t *testing.T, s *Server, r *recorder) {
		before := mustConnect(t, s)
		o.PingInterval, o.PingTimeout = time.Second, 2*time.Second
		if err := s.Configure(o); err != nil {
			t.Fatal(err)
		}
		after := mustConnect(t, s)
		for c, want := range map[*fakeCarrier]string{before: `"pingInterval":25000,"pingTimeout":60000`, after: `"pingInterval":1000,"pingTimeout":2000`} {
			if c.mu.Lock(); !strings.Contains(string(c.frames[0]), want) {
				t.Errorf("a client was told %s, want %s", c.frames[0], want)
			}
			c.mu.Unlock()
		}
		time.Sleep(1500 * time.Millisecond)
		synctest.Wait()
		if before.count("2") != 0 || after.count("2") != 1 {
			t.Fatalf("%d and %d pings", before.count("2"), after.count("2"))
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if before.closed() != nil || after.closed() == nil {
			t.Fatalf("closed: %v and %v", before.closed(), after.closed())
		}
		after.ends(after.closed())
		time.Sleep(DefaultOptions().PingInterval)
		synctest.Wait()
		if before.count("2") != 1 {
			t.Errorf("%d pings of the client that was told the old intervals", before.count("2"))
		}
		before.ends(io.EOF)
	})
}

func TestABadOptionChangesNothing(t *testing.T) {
	inBubble(t, DefaultOptions(), func(t *testing.T, s *Server, _ *recorder) {
		o := DefaultOptions()
		o.PingInterval, o.MaxConnections = 0, 7
		if err := s.Configure(o); err == nil || s.Options() != DefaultOptions() {
			t.Errorf("%v, options %+v", err, s.Options())
		}
	})
}

// Two lists a rhythm against one deadline a socket, with a clock that is a number.
func TestHeartbeatAgreesWithAModel(t *testing.T) {
	type modelled struct {
		rhythm *rhythm
		pinged bool
		due    time.Duration
	}
	rapid.Check(t, func(t *rapid.T) {
		epoch := time.Unix(1_000_000, 0)
		h := newHeartbeat(DefaultOptions(), epoch)
		var now time.Duration
		model := map[*Socket]*modelled{}
		var order []*Socket // so that runs repeat
		draw := func(t *rapid.T) *Socket {
			if len(order) == 0 {
				t.Skip("no socket")
			}
			return rapid.SampledFrom(order).Draw(t, "socket")
		}
		drop := func(s *Socket) {
			delete(model, s)
			order = slices.DeleteFunc(order, func(o *Socket) bool { return o == s })
		}
		change := func(t *rapid.T) {
			o := DefaultOptions()
			o.PingInterval = time.Duration(rapid.IntRange(1, 3).Draw(t, "interval")) * 10 * time.Second
			h.configure(o)
		}
		t.Repeat(map[string]func(*rapid.T){
			"open": func(t *rapid.T) {
				s := &Socket{}
				told := h.rhythm()
				if rapid.IntRange(0, 9).Draw(t, "changed meanwhile") == 0 {
					change(t)
				}
				h.add(told, s, epoch.Add(now))
				model[s] = &modelled{rhythm: told, due: now + told.interval}
				order = append(order, s)
			},
			"change the intervals": change,
			"pong": func(t *rapid.T) {
				s := draw(t)
				h.answered(s, epoch.Add(now))
				if m := model[s]; m.pinged {
					*m = modelled{rhythm: m.rhythm, due: now + m.rhythm.interval}
				}
			},
			"close": func(t *rapid.T) {
				s := draw(t)
				h.remove(s)
				h.answered(s, epoch.Add(now)) // a pong behind the end brings nothing back
				drop(s)
			},
			"step": func(t *rapid.T) {
				now += time.Duration(rapid.IntRange(0, 30_000).Draw(t, "ms")) * time.Millisecond
				bursts := map[*rhythm]int{}
				for _, r := range h.rhythms {
					bursts[r] = r.burst()
				}
				ping, dead := h.step(epoch.Add(now), nil, nil)
				var wantDead, wantPing int
				mayPing := map[*rhythm]int{}
				for _, m := range model {
					if m.due <= now && m.pinged {
						wantDead++
					} else if m.due <= now {
						mayPing[m.rhythm]++
					}
				}
				for r, n := range mayPing {
					wantPing += min(n, bursts[r])
				}
				if len(dead) != wantDead || len(ping) != wantPing {
					t.Fatalf("%d dead, want %d; %d pinged, want %d", len(dead), wantDead, len(ping), wantPing)
				}
				if len(h.rhythms) > 1+len(model) {
					t.Fatalf("%d rhythms for %d sockets", len(h.rhythms), len(model))
				}
				for _, s := range dead {
					if m := model[s]; m == nil || !m.pinged || m.due > now {
						t.Fatalf("closed without reason: %+v", m)
					}
					drop(s)
				}
				for _, s := range ping {
					if m := model[s]; m == nil || m.pinged || m.due > now {
						t.Fatalf("pinged without reason: %+v", m)
					}
					r := model[s].rhythm
					*model[s] = modelled{rhythm: r, pinged: true, due: max(model[s].due+r.timeout, now+r.timeout/2)}
				}
			},
			"": func(t *rapid.T) {
				if got := h.sockets(); len(got) != len(model) {
					t.Fatalf("%d sockets, want %d", len(got), len(model))
				}
			},
		})
	})
}

func BenchmarkHeartbeatOfAnsweringSocket(b *testing.B) {
	h := newHeartbeat(DefaultOptions(), time.Now())
	const sockets = 10_000
	now := h.epoch
	for range sockets {
		h.add(h.rhythm(), &Socket{}, now)
	}
	var ping, dead []*Socket
	b.ReportAllocs()
	for b.Loop() { // one step, and the answers of those it pinged
		now = now.Add(125 * time.Millisecond)
		ping, dead = h.step(now, ping[:0], dead[:0])
		for _, s := range ping {
			h.answered(s, now)
		}
	}
}
