package validation

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"time"
)

// expiryWarning is how long before its end a certificate is worth a warning:
// whoever renews by a robot does so 30 days before, and has failed by then.
const expiryWarning = 14 * 24 * time.Hour

// lookAtTLS looks at the certificate and when it ends.
func lookAtTLS(ctx context.Context, v *visit) finding {
	if v.url.Scheme != "https" {
		if isThisMachine(v.url.Hostname()) {
			return good("none, and none is needed on this machine")
		}
		return warning("serve it by TLS (server.tls.cert_file, or a proxy), and validate its https address", "none: tokens and prices cross the network readable")
	}
	port := v.url.Port()
	if port == "" {
		port = "443"
	}
	dialer := tls.Dialer{Config: v.tls}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(v.url.Hostname(), port))
	if err != nil {
		return v.trouble(err)
	}
	defer conn.Close()
	state := conn.(*tls.Conn).ConnectionState()
	ends, err := endOf(&state)
	if err != nil {
		return v.trouble(err)
	}
	left := ends.Sub(v.now())
	days := int(left / (24 * time.Hour))
	if left < expiryWarning {
		return warning("renew it; the engine takes new files without a restart", "the certificate ends at %s, in %d days", shownTime(ends), days)
	}
	return good("%s; the certificate ends in %d days, at %s", tls.VersionName(state.Version), days, shownTime(ends))
}

// endOf returns when the first certificate of the chain that counts ends.
func endOf(state *tls.ConnectionState) (ends time.Time, err error) {
	if len(state.VerifiedChains) == 0 {
		return time.Time{}, errors.New("no chain of certificates was verified")
	}
	for _, certificate := range state.VerifiedChains[0] {
		if ends.IsZero() || certificate.NotAfter.Before(ends) {
			ends = certificate.NotAfter
		}
	}
	return ends, nil
}

// isThisMachine reports whether what is sent to a host stays here.
func isThisMachine(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}
