package engineio

import (
	"net/http"
	"net/url"
	"strings"

	"outcry/transport/websocket"
)

// Allow judges a handshake request that is well formed: nil lets it in. It runs
// on the loop and must not block.
type Allow func(*websocket.Request) *websocket.Reject

// The query parameters of a handshake and what they must be.
const (
	protocolVersion = "4"
	transportName   = "websocket"
)

// checkHandshake says why a WebSocket upgrade is refused, nil if it is not. The
// order of the checks is that of the official server, since a request may break
// several rules and clients show the first.
func (s *Server) checkHandshake(r *websocket.Request) *websocket.Reject {
	_, rawQuery, _ := strings.Cut(r.URI, "?")
	// A parameter that cannot be parsed counts as absent.
	query, _ := url.ParseQuery(rawQuery)
	switch {
	case last(query, "transport") != transportName:
		return unknownTransport
	case !validHeader(r.Origin):
		return badRequest
	case last(query, "sid") != "":
		return unknownSession // a session cannot change to WebSocket while there is no other transport
	}
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

// RefuseHTTP answers a request for the Engine.IO path that is no WebSocket
// upgrade, as the official server with the WebSocket transport alone does.
func RefuseHTTP(w http.ResponseWriter, r *http.Request) {
	var refusal *websocket.Reject
	switch query := r.URL.Query(); {
	case last(query, "transport") != transportName:
		refusal = unknownTransport
	case !validHeader(r.Header.Get("Origin")):
		refusal = badRequest
	case last(query, "sid") != "":
		refusal = unknownSession
	case r.Method != http.MethodGet:
		refusal = badHandshakeMethod
	default:
		refusal = badRequest // a WebSocket handshake that does not upgrade
	}
	w.Header().Set("Content-Type", refusal.ContentType)
	w.WriteHeader(refusal.Status)
	_, _ = w.Write([]byte(refusal.Body)) // the client is gone if this fails
}
