package limit

import (
	"net/netip"
	"strings"
	"testing"
	"time"
	"unsafe"

	"pgregory.net/rapid"
)

func TestOptionsAreCheckedAllAtOnce(t *testing.T) {
	if err := DefaultOptions().Validate(); err != nil {
		t.Fatal(err)
	}
	if err := (Options{}).Validate(); err != nil {
		t.Errorf("everything off: %v", err)
	}
	o := Options{DialsPerSecond: -1, SocketsPerUser: -1, EventsPerSecond: 5, TrustedProxies: []string{"10.0.0.0/8", "10.0.0.1"}}
	err := o.Validate()
	for _, key := range []string{"dials_per_second: -1", "dial_burst: 0", "sockets_per_user: -1", "event_burst: 0", `trusted_proxies: "10.0.0.1"`} {
		if err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("%v does not tell of %s", err, key)
		}
	}
}

func TestOnlyTrustedProxiesSayWhereAClientComesFrom(t *testing.T) {
	p := NewProxies([]string{"10.0.0.0/8", "fd00::/8"})
	for name, c := range map[string]struct{ peer, forwarded, want string }{
		"no proxy":                  {"203.0.113.5", "", "203.0.113.5"},
		"a client that makes it up": {"203.0.113.5", "198.51.100.1", "203.0.113.5"},
		"one proxy":                 {"10.0.0.1", "203.0.113.5", "203.0.113.5"},
		"two proxies":               {"10.0.0.1", "203.0.113.5, 10.9.9.9", "203.0.113.5"},
		"made up before the proxy":  {"10.0.0.1", "198.51.100.1, 203.0.113.5", "203.0.113.5"},
		"only proxies":              {"10.0.0.1", "10.0.0.2", "10.0.0.2"},
		"a proxy that says nothing": {"10.0.0.1", "", "10.0.0.1"},
		"no address":                {"10.0.0.1", "203.0.113.5, unknown", "10.0.0.1"},
		"with a port":               {"10.0.0.1", "203.0.113.5:4711", "203.0.113.5"},
		"IPv6":                      {"fd00::1", "2001:db8::7", "2001:db8::7"},
		"IPv6 with a port":          {"fd00::1", "[2001:db8::7]:4711", "2001:db8::7"},
		"mapped":                    {"::ffff:10.0.0.1", "::ffff:203.0.113.5", "203.0.113.5"},
		"endless":                   {"10.0.0.1", strings.Repeat("10.0.0.1,", 1000), "10.0.0.1"},
	} {
		if got := p.Client(netip.MustParseAddr(c.peer), c.forwarded); got != netip.MustParseAddr(c.want) {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestAnAddressHasItsBurstAndThenItsRate(t *testing.T) {
	now := time.Unix(1_790_000_000, 0)
	a := NewAddresses(10, 3, func() time.Time { return now })
	ann, bob := netip.MustParseAddr("203.0.113.5"), netip.MustParseAddr("203.0.113.6")
	allowed := func(address netip.Addr, times int) (n int) {
		for range times {
			if a.Allow(address) {
				n++
			}
		}
		return n
	}
	if got := allowed(ann, 10); got != 3 {
		t.Errorf("%d at once, want the burst", got)
	}
	if got := allowed(bob, 10); got != 3 {
		t.Errorf("another address got %d", got)
	}
	now = now.Add(200 * time.Millisecond)
	if got := allowed(ann, 10); got != 2 {
		t.Errorf("%d after 200 ms, want 2", got)
	}
	if a.Refused() != 22 {
		t.Errorf("%d refused", a.Refused())
	}
	if !NewAddresses(0, 0, time.Now).Allow(ann) {
		t.Error("no limit, and refused")
	}
}

func TestAnIPv6NetworkIsOneAddress(t *testing.T) {
	a := NewAddresses(1, 1, time.Now)
	if !a.Allow(netip.MustParseAddr("2001:db8:1:2::1")) || a.Allow(netip.MustParseAddr("2001:db8:1:2:ffff::9")) {
		t.Error("a /64 is more than one")
	}
	if !a.Allow(netip.MustParseAddr("2001:db8:1:3::1")) {
		t.Error("another /64 is not another")
	}
	if !a.Allow(netip.MustParseAddr("::ffff:203.0.113.5")) || a.Allow(netip.MustParseAddr("203.0.113.5")) {
		t.Error("a mapped address is another")
	}
}

func TestAFloodOfAddressesIsForgotten(t *testing.T) {
	a := NewAddresses(1, 1, time.Now)
	for i := range 3 * generation {
		a.Allow(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}))
	}
	if n := len(a.young) + len(a.old); n > 2*generation {
		t.Errorf("%d are kept", n)
	}
}

func TestABucketNeverAllowsMoreThanItsBurstAndRate(t *testing.T) {
	if size := unsafe.Sizeof(Bucket{}); size > 24 {
		t.Errorf("%d bytes", size)
	}
	rapid.Check(t, func(t *rapid.T) {
		e := Events{PerSecond: float64(rapid.IntRange(1, 100).Draw(t, "rate")), Burst: rapid.IntRange(1, 200).Draw(t, "burst")}
		start := int64(1_790_000_000_000_000_000)
		now, allowed := start, 0
		var b Bucket
		for range rapid.IntRange(1, 500).Draw(t, "events") {
			now += int64(rapid.IntRange(0, 50).Draw(t, "ms")) * int64(time.Millisecond)
			if b.Take(e, now) == Allowed {
				allowed++
			}
		}
		most := float64(e.Burst) + time.Duration(now-start).Seconds()*e.PerSecond
		if float64(allowed) > most+1 {
			t.Fatalf("%d allowed, at most %g", allowed, most)
		}
	})
}

func TestAClientThatGoesOnIsToldOnceASecondAndThenAbandoned(t *testing.T) {
	e := Events{PerSecond: 50, Burst: 100}
	verdicts := func(perSecond, seconds int) (n [4]int) {
		var b Bucket
		now := int64(1_790_000_000_000_000_000)
		for range perSecond * seconds {
			n[b.Take(e, now)]++
			now += int64(time.Second) / int64(perSecond)
		}
		return n
	}
	if n := verdicts(50, 60); n[Allowed] != 3000 {
		t.Errorf("at the limit: %v", n)
	}
	if n := verdicts(90, 20); n[Abandoned] != 0 || n[Refused] < 10 || n[Refused] > 20 || n[Unheard] == 0 {
		t.Errorf("somewhat over it: %v", n)
	}
	if n := verdicts(1000, 2); n[Abandoned] == 0 || n[Refused] > 3 {
		t.Errorf("a flood: %v", n)
	}
	var b Bucket
	for range 1000 {
		if b.Take(Events{}, 1) != Allowed {
			t.Fatal("no limit, and refused")
		}
	}
}

func FuzzClient(f *testing.F) {
	f.Add("203.0.113.5, 10.0.0.1")
	f.Add("[::1]:1, ,,x")
	p := NewProxies([]string{"10.0.0.0/8"})
	f.Fuzz(func(t *testing.T, forwarded string) {
		if got := p.Client(netip.MustParseAddr("10.0.0.1"), forwarded); !got.IsValid() {
			t.Errorf("%q: no address", forwarded)
		}
		if got := p.Client(netip.MustParseAddr("192.0.2.1"), forwarded); got != netip.MustParseAddr("192.0.2.1") {
			t.Errorf("%q was believed of a stranger", forwarded)
		}
	})
}

func BenchmarkTake(b *testing.B) {
	e := Events{PerSecond: 50, Burst: 100}
	var bucket Bucket
	now := time.Now().UnixNano()
	b.ReportAllocs()
	for b.Loop() {
		now += int64(30 * time.Millisecond)
		bucket.Take(e, now)
	}
}

func TestANewLimitHoldsForAddressesThatAreKnown(t *testing.T) {
	now := time.Unix(1_790_000_000, 0)
	a := NewAddresses(0, 0, func() time.Time { return now })
	ann := netip.MustParseAddr("203.0.113.5")
	allowed := func() (n int) {
		for range 10 {
			if a.Allow(ann) {
				n++
			}
		}
		return n
	}
	for _, c := range []struct {
		perSecond   float64
		burst, want int
	}{{0, 0, 10}, {1, 3, 3}, {1, 3, 0}, {1, 5, 5}, {2, 5, 5}, {0, 5, 10}} {
		a.Configure(c.perSecond, c.burst)
		if got := allowed(); got != c.want {
			t.Errorf("%g a second and %d at once: %d of 10 were allowed, want %d", c.perSecond, c.burst, got, c.want)
		}
	}
}
