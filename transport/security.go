package transport

import (
	"fmt"
	"net/http"
	"strings"

	"outcry/transport/httpapi"
)

// contentPolicy is what a page of ours may do: run our own scripts and styles,
// talk to us, show pictures of ours and of people who signed in by Discord.
const contentPolicy = "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data: https://cdn.discordapp.com; " +
	"style-src 'self'; script-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"

// securityHeaders go with every answer, whatever it is: a browser that is led to
// an error or to JSON renders that, too.
//
// The referrer stays with our own pages. It must not be withheld from those, since
// browsers then hide the origin of what they post, too, and we ask for it.
//
// Strict-Transport-Security goes with answers over plain HTTP as well: we cannot
// know whether a proxy before us speaks TLS, and browsers ignore it where nobody
// does, RFC 6797 section 8.1. The filter of old browsers is switched off, since
// pages could be attacked through it.
//
// immutable
var securityHeaders = http.Header{
	"Content-Security-Policy":   {contentPolicy},
	"Referrer-Policy":           {"same-origin"},
	"Strict-Transport-Security": {"max-age=31536000"},
	"X-Content-Type-Options":    {"nosniff"},
	"X-Frame-Options":           {"DENY"},
	"X-Xss-Protection":          {"0"},
}

// secure sets the headers around all routes, and refuses what could be read in
// two ways before any route reads it in one.
func secure(routes http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, values := range securityHeaders {
			w.Header()[name] = values
		}
		if endsConnection(r) {
			w.Header().Set("Connection", "close")
		}
		switch name := repeated(r.Header); {
		case r.ProtoMajor != 1: // net/http lets the first line of HTTP/2 through
			httpapi.WriteProblem(w, http.StatusHTTPVersionNotSupported, "", "HTTP/2 is not spoken here: use HTTP/1.1")
		case packed(r):
			w.Header().Set("Connection", "close") // or net/http would wait for the body first
			httpapi.WriteProblem(w, http.StatusUnsupportedMediaType, "ENCODING", fmt.Sprintf("Content-Encoding %.64q is not supported: send the body as it is", strings.Join(r.Header["Content-Encoding"], ", ")))
		case name != "":
			httpapi.WriteProblem(w, http.StatusBadRequest, "", fmt.Sprintf("the header %s comes more than once: send it once", name))
		default:
			routes.ServeHTTP(w, r)
		}
	})
}

// endsConnection reports whether what follows a request on its connection could
// be part of its body for somebody before us. RFC 9112 section 6.1 demands to
// close behind a length that is given twice, as chunks and as a number, and behind
// chunks of HTTP/1.0. net/http hides both: it takes the chunks of the first and
// none of the second. So every request in chunks ends its connection, which costs
// a feed nothing, and so does every one of HTTP/1.0.
func endsConnection(r *http.Request) bool {
	return len(r.TransferEncoding) > 0 || !r.ProtoAtLeast(1, 1)
}

// packed reports whether a body would have to be decompressed first. Nothing here
// does that: a few bytes could become more than there is memory.
func packed(r *http.Request) bool {
	for _, coding := range r.Header["Content-Encoding"] {
		if coding != "" && !strings.EqualFold(coding, "identity") {
			return true
		}
	}
	return false
}

// singular are headers that say who asks and from where. Of two, we might believe
// the one and a proxy before us the other.
var singular = []string{"Authorization", "Origin", "Sec-Websocket-Key", "Sec-Websocket-Version", "Content-Type"}

// repeated returns a header that comes twice and must not, RFC 9110 section 5.3,
// empty if there is none.
func repeated(h http.Header) string {
	for _, name := range singular {
		if len(h[name]) > 1 {
			return name
		}
	}
	return ""
}
