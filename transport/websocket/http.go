package websocket

import (
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strings"

	"outcry/transport/netpoll"
)

// UpgradeHTTP upgrades a request that reached net/http, since it came on a
// connection that was used for other requests before, as proxies do. Open is
// asked and answers just as on a fresh connection; the connection joins p. A
// request that is no proper upgrade gets an error response.
func (a *Acceptor) UpgradeHTTP(w http.ResponseWriter, r *http.Request, p *netpoll.Poller) {
	if refused := checkUpgrade(w.Header(), r); refused != nil {
		refused.Respond(w)
		return
	}
	nc, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		a.log.Error().Err(err).Msg("an upgrade request cannot be hijacked")
		problem(http.StatusInternalServerError).Respond(w)
		return
	}
	head := upgradeHead(r)
	early, err := rw.Peek(rw.Reader.Buffered()) // frames sent before the answer
	if err == nil {
		_, err = p.Adopt(nc, append(head, early...), &hijacked{a: a, headBytes: len(head)})
	}
	if err != nil {
		a.log.Warn().Err(err).Str("peer", r.RemoteAddr).Msg("a hijacked connection cannot be adopted")
		_ = nc.Close() // there is nobody left to tell
	}
}

// hijacked is the handler of a connection that joins the loop with its request
// head read by net/http and written again: from here on it is a fresh one.
type hijacked struct {
	// immutable after construction
	a         *Acceptor
	headBytes int
}

// Data is called once, at first.
func (h *hijacked) Data(c netpoll.Conn, p []byte) (consumed int) {
	return h.headBytes + h.a.upgrade(c, p[:h.headBytes], p[h.headBytes:])
}

// Writable follows only answers that end the connection.
func (h *hijacked) Writable(netpoll.Conn) {}

// Closed comes only when the upgrade was refused or never started.
func (h *hijacked) Closed(netpoll.Conn, error) {}

// Wanted reports whether a request asks for an upgrade to WebSocket, also among
// others, RFC 9110 section 7.8.
func Wanted(r *http.Request) bool { return listed(r.Header, "Upgrade", "websocket") }

// checkUpgrade judges a request as RFC 6455 section 4.2.1 does, more leniently
// than sniff: net/http has parsed it. header is the response's.
func checkUpgrade(header http.Header, r *http.Request) *Reject {
	switch {
	case r.Method != http.MethodGet:
		header.Set("Allow", http.MethodGet)
		return problem(http.StatusMethodNotAllowed)
	case r.ProtoMajor != 1 || r.ProtoMinor < 1:
		return problem(http.StatusHTTPVersionNotSupported)
	case !Wanted(r), !listed(r.Header, "Connection", "upgrade"):
		header.Set("Upgrade", "websocket")
		header.Set("Connection", "Upgrade")
		return problem(http.StatusUpgradeRequired)
	case r.Header.Get("Sec-Websocket-Version") != "13":
		header.Set("Sec-WebSocket-Version", "13")
		return problem(http.StatusUpgradeRequired)
	case r.ContentLength != 0: // its body would be read as frames
		return problem(http.StatusBadRequest)
	case !isKey([]byte(r.Header.Get("Sec-Websocket-Key"))), r.Host == "":
		return problem(http.StatusBadRequest)
	default:
		return nil
	}
}

// listed searches all headers of a name for a token.
func listed(h http.Header, name, lower string) bool {
	return hasToken([]byte(strings.Join(h[name], ",")), lower)
}

// upgradeHead writes the request again, as far as Request and the upgrade need
// it. net/http let no line breaks through.
func upgradeHead(r *http.Request) []byte {
	uri := r.RequestURI
	if !strings.HasPrefix(uri, "/") { // the absolute form, which only proxies are sent
		uri = r.URL.RequestURI()
	}
	head := fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\n", uri, r.Host)
	head = append(head, "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"...)
	add := func(name, value string) {
		if value != "" {
			head = fmt.Appendf(head, "%s: %s\r\n", name, value)
		}
	}
	add("Sec-WebSocket-Key", r.Header.Get("Sec-Websocket-Key"))
	add("Sec-WebSocket-Protocol", strings.Join(r.Header["Sec-Websocket-Protocol"], ", "))
	add("Origin", r.Header.Get("Origin"))
	add("Authorization", r.Header.Get("Authorization"))
	add("Cookie", strings.Join(r.Header["Cookie"], "; "))
	add("X-Forwarded-For", strings.Join(r.Header["X-Forwarded-For"], ", "))
	return append(head, "\r\n"...)
}

// RequestOf is what a request that reached net/http said, as an upgrade request
// would have said it.
func RequestOf(r *http.Request) *Request {
	address, _ := netip.ParseAddrPort(r.RemoteAddr) // net/http's own; the zero one where a test made the request
	return &Request{
		URI:           r.URL.RequestURI(),
		Host:          r.Host,
		Origin:        r.Header.Get("Origin"),
		Authorization: r.Header.Get("Authorization"),
		Cookie:        strings.Join(r.Header["Cookie"], "; "),
		ForwardedFor:  strings.Join(r.Header["X-Forwarded-For"], ", "),
		RemoteAddr:    netip.AddrPortFrom(address.Addr().Unmap(), address.Port()),
	}
}

// Respond sends r through net/http, which may keep the connection.
func (r *Reject) Respond(w http.ResponseWriter) {
	w.Header().Set("Content-Type", r.ContentType)
	if r.RetryAfter > 0 {
		w.Header().Set("Retry-After", fmt.Sprint(r.retryAfterSeconds()))
	}
	w.WriteHeader(r.Status)
	_, _ = io.WriteString(w, r.Body) // the peer may be gone
}
