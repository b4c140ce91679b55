package auth

import (
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// Hosts says by which names an engine may be asked. The zero value takes every
// name, as a proxy before an engine may change it.
//
// In development mode anybody who reaches the engine is signed in who asks for it,
// and it is reached from its own machine. There a page of another site could ask,
// too: the site lets its name point to 127.0.0.1 once its page is loaded, and to the
// browser the engine is the page's own server from then on (DNS rebinding). What
// tells the two apart is the name that the browser asks by, which is the site's.
//
// immutable after construction
type Hosts struct {
	limited bool
	names   map[string]bool
}

// NewHosts takes loopback names, addresses, the host that is listened on and those
// of the URLs. Addresses cannot be rebound: who asks by one has a page from there.
func NewHosts(listen string, urls ...string) Hosts {
	h := Hosts{limited: true, names: map[string]bool{"localhost": true}}
	if name, _, err := net.SplitHostPort(listen); err == nil && name != "" {
		h.names[hostName(name)] = true
	}
	for _, text := range urls {
		if u, err := url.Parse(text); err == nil && u.Hostname() != "" {
			h.names[hostName(u.Hostname())] = true
		}
	}
	return h
}

// Allow reports whether a request with this Host header may be answered. Which port
// it names does not matter: a rebound name has ours. Without one, which HTTP/1.0
// allows, it is of no browser.
func (h Hosts) Allow(host string) bool {
	if !h.limited || host == "" {
		return true
	}
	name := hostName(withoutPort(host))
	if address, err := netip.ParseAddr(name); err == nil {
		return address.Zone() == "" // which may be any text, and which no client sends
	}
	return h.names[name] || strings.HasSuffix(name, ".localhost") // RFC 6761 section 6.3: nobody can have it
}

// withoutPort takes the port off a Host header, if it is one.
func withoutPort(host string) string {
	name, port, err := net.SplitHostPort(host)
	if err != nil {
		return strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil && port != "" {
		return host
	}
	return name
}

// hostName is a name as names are compared: lower case, without the dot that ends it.
func hostName(name string) string { return strings.TrimSuffix(strings.ToLower(name), ".") }
