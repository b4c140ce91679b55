package engineio

import (
	"encoding/json"
	"net/http"
	"time"

	"outcry/transport/websocket"
)

// The refusals of the official server, by its codes.
var (
	unknownTransport   = refusal(http.StatusBadRequest, 0, "Transport unknown")
	unknownSession     = refusal(http.StatusBadRequest, 1, "Session ID unknown")
	badHandshakeMethod = refusal(http.StatusBadRequest, 2, "Bad handshake method")
	badRequest         = refusal(http.StatusBadRequest, 3, "Bad request")
	unsupportedVersion = refusal(http.StatusBadRequest, 5, "Unsupported protocol version")
	badMethod          = refusal(http.StatusMethodNotAllowed, 3, "Bad request")
	tooLarge           = refusal(http.StatusRequestEntityTooLarge, 3, "Payload too large")
)

// Forbidden is the refusal for an Allow to return: 403 {"code":4,"message":...}.
func Forbidden(message string) *websocket.Reject {
	return refusal(http.StatusForbidden, 4, message)
}

func refusal(status, code int, message string) *websocket.Reject {
	body, err := json.Marshal(struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	}{code, message})
	if err != nil {
		panic("engineio: " + err.Error()) // cannot be: a number and a string always encode
	}
	return &websocket.Reject{Status: status, ContentType: "application/json", Body: string(body)}
}

// retryAfter is when a client that found no room may come back.
const retryAfter = 5 * time.Second

// The refusals for causes that pass, which the client meets by trying again.
var (
	shuttingDown = busy("the server is shutting down")
	full         = busy("the server is full")
)

// Full is the refusal of a client for which there is no room, for an Allow to return:
// 503 with Retry-After, after which the client tries again by itself.
func Full() *websocket.Reject { return full }

// TooMany is the refusal of a client that asks too often, for an Allow to return:
// 429 with Retry-After, after which the client tries again by itself.
func TooMany(why string) *websocket.Reject {
	return &websocket.Reject{
		Status:      http.StatusTooManyRequests,
		ContentType: "text/plain; charset=utf-8",
		Body:        "Too Many Requests: " + why + "; try again later\n",
		RetryAfter:  time.Second,
	}
}

func busy(why string) *websocket.Reject {
	return &websocket.Reject{
		Status:      http.StatusServiceUnavailable,
		ContentType: "text/plain; charset=utf-8",
		Body:        "Service Unavailable: " + why + "; try again\n",
		RetryAfter:  retryAfter,
	}
}
