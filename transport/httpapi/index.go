package httpapi

import "net/http"

// Index answers GET / for a person who tries the address in a browser.
func Index(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("Outcry is running.\n\nBrowsers connect with socket.io-client at /socket.io/\nFeeds post ticks to /api/ticks\nHealth is at /health\n")) // the client is gone if this fails
}
