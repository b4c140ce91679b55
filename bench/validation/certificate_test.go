package validation

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"strings"
	"testing"
	"time"
)

// certificateFor is one of a host, its own authority, valid from an hour ago.
func certificateFor(t *testing.T, host string, until time.Time) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{host}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: until.Add(-200 * 24 * time.Hour), NotAfter: until,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

const day = 24 * time.Hour

func TestCertificateIsHeldAgainstTheClock(t *testing.T) {
	ends := time.Date(2030, 5, 1, 12, 0, 0, 0, time.UTC)
	s := newStandIn(t).serveTLS(t, certificateFor(t, "localhost", ends))
	for _, test := range []struct {
		name    string
		now     time.Time
		outcome Outcome
		found   string
	}{
		{"long before its end", ends.Add(-100 * day), Good, "ends in 100 days, at 2030-05-01 12:00 UTC"},
		{"two weeks before", ends.Add(-14 * day), Good, "ends in 14 days"},
		{"a moment later", ends.Add(-14*day + time.Second), Warning, "ends at 2030-05-01 12:00 UTC, in 13 days"},
		{"on its last day", ends.Add(-time.Hour), Warning, "in 0 days"},
		{"after its end", ends.Add(time.Hour), Failed, "the certificate ended at 2030-05-01 12:00 UTC"},
		{"before its begin", ends.Add(-201 * day), Failed, "begins only at 2029-10-13 12:00 UTC"},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := s.options()
			o.Now = func() time.Time { return test.now }
			r := look(t, o)
			if got := r.of("tls"); got.Outcome != test.outcome || !strings.Contains(got.Found, test.found) || (got.Do == "") != (test.outcome == Good) {
				t.Errorf("%+v, want %s with %q", got, test.outcome, test.found)
			}
			if failures := len(r.failures()); test.outcome != Failed && failures != 0 || test.outcome == Failed && failures != len(checks) {
				t.Errorf("%d checks failed: nothing is asked of a server that cannot be trusted, and all of others", failures)
			}
		})
	}
}

func TestCertificatesThatDoNotCountAreExplained(t *testing.T) {
	ends := time.Now().Add(100 * day)
	for name, test := range map[string]struct {
		host  string
		trust bool
		found string
		do    string
	}{
		"of another host":      {"elsewhere.example", true, "for others than localhost", "a name that the certificate has"},
		"of another authority": {"localhost", false, "signed by nobody who is trusted here", "--ca FILE"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStandIn(t).serveTLS(t, certificateFor(t, test.host, ends))
			if !test.trust {
				s.trusted = x509.NewCertPool()
			}
			for _, got := range look(t, s.options()).Results {
				if got.Outcome != Failed || !strings.Contains(got.Found, test.found) || !strings.Contains(got.Do, test.do) {
					t.Errorf("%+v, want %q and %q", got, test.found, test.do)
				}
			}
		})
	}
}

func TestSocketsOfAnHTTPSPageAreSecure(t *testing.T) {
	s := newStandIn(t)
	s.api["endpoints"].(map[string]any)["websocket"].(map[string]any)["url"] = "ws://stand.in"
	s.serveTLS(t, certificateFor(t, "localhost", time.Now().Add(90*day)))
	if got := look(t, s.options()).of("api"); got.Outcome != Warning || !strings.Contains(got.Found, `"ws://stand.in"`) || !strings.Contains(got.Do, "X-Forwarded-Proto") {
		t.Errorf("%+v", got)
	}
}

func TestTLSThatIsNoneIsSaid(t *testing.T) {
	s := newStandIn(t).serve(t)
	o := s.options()
	o.URL = strings.Replace(s.URL, "http:", "https:", 1)
	if got := look(t, o).of("tls"); got.Outcome != Failed || got.Found != "it does not speak TLS" {
		t.Errorf("%+v", got)
	}
	for host, outcome := range map[string]Outcome{"localhost": Good, "127.0.0.1": Good, "[::1]": Good, "10.0.0.1": Warning, "dashboard.example": Warning} {
		v, err := newVisit(Options{URL: "http://" + host})
		if err != nil {
			t.Fatal(err)
		}
		if got := lookAtTLS(t.Context(), v); got.outcome != outcome {
			t.Errorf("plain HTTP to %s: %+v, want %s", host, got, outcome)
		}
	}
}
