package auth

import (
	"net"
	"net/url"
	"strings"
)

// Origins says whose pages may connect. A browser names the page's origin in
// each handshake; other clients name none and pass on their token alone.
//
// immutable after construction
type Origins struct {
	allowed  map[string]bool
	loopback bool
	https    bool // the server's own pages come by https
}

// NewOrigins allows the origins of the given URLs, empty ones apart, and each
// server's own. loopback also allows pages served by this machine, for
// development.
func NewOrigins(loopback bool, urls ...string) Origins {
	o := Origins{allowed: make(map[string]bool), loopback: loopback}
	for _, text := range urls {
		if origin, ok := normal(text); ok {
			o.allowed[origin.String()] = true
		}
	}
	return o
}

// WithHTTPS lets of the server's own pages only those in that came by https: what
// came without may have been changed on its way.
func (o Origins) WithHTTPS() Origins {
	o.https = true
	return o
}

// Allow reports whether a request with these headers may connect.
func (o Origins) Allow(origin, host string) bool {
	if origin == "" {
		return true
	}
	from, ok := normal(origin)
	if !ok {
		return false
	}
	if o.allowed[from.String()] || strings.EqualFold(from.Host, host) && (from.Scheme == "https" || !o.https) {
		return true
	}
	ip := net.ParseIP(from.Hostname())
	return o.loopback && (from.Hostname() == "localhost" || ip.IsLoopback())
}

// defaultPorts are left out of an origin, RFC 6454 section 6.1.
var defaultPorts = map[string]string{"http": ":80", "https": ":443"}

// normal returns the origin of a URL: scheme and host, lower case.
func normal(text string) (url.URL, bool) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return url.URL{}, false
	}
	return url.URL{Scheme: u.Scheme, Host: strings.TrimSuffix(strings.ToLower(u.Host), defaultPorts[u.Scheme])}, true
}
