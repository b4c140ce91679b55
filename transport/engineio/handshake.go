package engineio

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"outcry/transport/websocket"
)

// protocolVersion is the EIO parameter of Engine.IO v4.
const protocolVersion = "4"

// The refusals of the official server, by their codes.
var (
	unknownTransport   = reject(0, "Transport unknown")
	unknownSession     = reject(1, "Session ID unknown")
	badHandshakeMethod = reject(2, "Bad handshake method")
	badRequest         = reject(3, "Bad request")
	unsupportedVersion = reject(5, "Unsupported protocol version")
)

func reject(code int, message string) *websocket.Reject {
	return &websocket.Reject{
		Status:      http.StatusBadRequest,
		ContentType: "application/json",
		Body:        fmt.Sprintf(`{"code":%d,"message":%q}`, code, message),
	}
}

// retryAfter is when a client that found no room may come back.
const retryAfter = 5 * time.Second

func rejectBusy(why string) *websocket.Reject {
	return &websocket.Reject{
		Status:      http.StatusServiceUnavailable,
		ContentType: "text/plain; charset=utf-8",
		Body:        "Service Unavailable: " + why + "; try again\n",
		RetryAfter:  retryAfter,
	}
}

// checkHandshake says why a WebSocket upgrade for uri is refused, nil if it is not.
func checkHandshake(uri string) *websocket.Reject {
	_, query, _ := strings.Cut(uri, "?")
	values, err := url.ParseQuery(query)
	switch {
	case err != nil:
		return badRequest
	case values.Get("transport") != "websocket":
		return unknownTransport
	case values.Has("sid"):
		return unknownSession
	case values.Get("EIO") != protocolVersion:
		return unsupportedVersion
	}
	return nil
}

// RefuseHTTP answers a request for the Engine.IO path that is no WebSocket
// upgrade, as the official server with the WebSocket transport alone does.
func RefuseHTTP(w http.ResponseWriter, r *http.Request) {
	answer := badRequest
	switch query := r.URL.Query(); {
	case query.Get("transport") != "websocket":
		answer = unknownTransport
	case query.Has("sid"):
		answer = unknownSession
	case r.Method != http.MethodGet:
		answer = badHandshakeMethod
	}
	w.Header().Set("Content-Type", answer.ContentType)
	w.WriteHeader(answer.Status)
	_, _ = w.Write([]byte(answer.Body)) // the client is gone if this fails
}
