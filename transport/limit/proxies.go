package limit

import (
	"net/netip"
	"strings"
	"sync/atomic"
)

// Proxies are those whose X-Forwarded-For is believed. nil is none.
type Proxies struct {
	// atomic: written by Configure, read by who is told of a connection
	networks atomic.Pointer[[]netip.Prefix]
}

// NewProxies takes the networks of valid Options.
func NewProxies(networks []string) *Proxies {
	p := &Proxies{}
	p.Configure(networks)
	return p
}

// Configure replaces them by those of valid Options, for connections from then on.
func (p *Proxies) Configure(networks []string) {
	parsed := make([]netip.Prefix, 0, len(networks))
	for _, text := range networks {
		if prefix, err := netip.ParsePrefix(text); err == nil {
			parsed = append(parsed, prefix.Masked())
		}
	}
	p.networks.Store(&parsed)
}

// maxHops bounds how much of an X-Forwarded-For is looked at.
const maxHops = 16

// Client returns where a request comes from: peer, or if that is a trusted proxy
// the last address in forwardedFor that is none. Each proxy appends whom it saw, so
// what stands further left may be made up. An entry that is no address ends the
// search: the proxy that wrote it is the best that is known.
func (p *Proxies) Client(peer netip.Addr, forwardedFor string) netip.Addr {
	client := peer.Unmap()
	for hop := 0; hop < maxHops && p.trusts(client) && forwardedFor != ""; hop++ {
		var last string
		if comma := strings.LastIndexByte(forwardedFor, ','); comma >= 0 {
			forwardedFor, last = forwardedFor[:comma], forwardedFor[comma+1:]
		} else {
			forwardedFor, last = "", forwardedFor
		}
		address, ok := parseHop(strings.TrimSpace(last))
		if !ok {
			break
		}
		client = address
	}
	return client
}

func (p *Proxies) trusts(address netip.Addr) bool {
	if p == nil {
		return false
	}
	for _, prefix := range *p.networks.Load() {
		if prefix.Contains(address) {
			return true
		}
	}
	return false
}

// parseHop reads an address, which some proxies write with a port.
func parseHop(text string) (netip.Addr, bool) {
	if address, err := netip.ParseAddr(text); err == nil {
		return address.Unmap().WithZone(""), true
	}
	if withPort, err := netip.ParseAddrPort(text); err == nil {
		return withPort.Addr().Unmap().WithZone(""), true
	}
	return netip.Addr{}, false
}
