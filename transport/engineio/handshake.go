package engineio

import (
	"net/url"
	"strings"

	"outcry/transport/websocket"
)

// Allow judges a handshake request that is well formed: nil lets it in. It runs
// on the loop and must not block.
type Allow func(*websocket.Request) *websocket.Reject

// The query parameters of a handshake and what they must be.
const (
	protocolVersion    = "4"
	transportPolling   = "polling"
	transportWebSocket = "websocket"
)

// checkUpgrade says why a WebSocket upgrade is refused, nil if it is not, and
// of which session it is, "" for a new one. The order of the checks is that of
// the official server, since a request may break several rules and clients show
// the first.
func (s *Server) checkUpgrade(r *websocket.Request) (sid string, reject *websocket.Reject) {
	_, rawQuery, _ := strings.Cut(r.URI, "?")
	query, _ := url.ParseQuery(rawQuery) // a parameter that cannot be parsed counts as absent
	switch {
	case last(query, "transport") != transportWebSocket:
		return "", unknownTransport
	case !validHeader(r.Origin):
		return "", badRequest
	}
	switch sid = last(query, "sid"); {
	case sid == "":
		return "", s.checkAllowed(r, query)
	case s.polled(sid) == nil:
		return "", unknownSession
	case last(query, "EIO") != protocolVersion:
		return "", unsupportedVersion
	}
	return sid, nil
}

// checkAllowed says why a well-formed handshake is refused, nil if it is not.
func (s *Server) checkAllowed(r *websocket.Request, query url.Values) *websocket.Reject {
	for _, allow := range s.allow {
		if reject := allow(r); reject != nil {
			return reject
		}
	}
	if last(query, "EIO") != protocolVersion {
		return unsupportedVersion
	}
	return nil
}

// last returns the last value of a query parameter: where one comes twice, the
// official server takes the last.
func last(query url.Values, name string) string {
	values := query[name]
	if len(values) == 0 {
		return ""
	}
	return values[len(values)-1]
}

// validHeader reports whether a header value has only what RFC 9110 section 5.5
// allows: visible characters, blanks, tabs and bytes beyond ASCII.
func validHeader(value string) bool {
	for i := range len(value) {
		if c := value[i]; c < ' ' && c != '\t' || c == 0x7F {
			return false
		}
	}
	return true
}
