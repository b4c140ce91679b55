package transport

import (
	"net/http"

	"github.com/rs/cors"

	"outcry/transport/auth"
)

// preflightSeconds is how long a browser may remember a preflight's answer: the
// most that Chromium accepts.
const preflightSeconds = 7200

// newCORS lets pages of the allowed origins read what we answer, with their
// credentials. Other pages get their answer too, as every client does, and the
// browser keeps it from them. A preflight may ask for any headers, as with the official
// server: libraries that trace requests add their own.
func newCORS(origins auth.Origins) *cors.Cors {
	return cors.New(cors.Options{
		AllowOriginVaryRequestFunc: func(r *http.Request, origin string) (bool, []string) {
			return origins.Allow(origin, r.Host), nil
		},
		AllowedMethods:   []string{http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodDelete},
		AllowedHeaders:   []string{"*"}, // those that were asked for are named in the answer
		ExposedHeaders:   []string{"Retry-After"},
		AllowCredentials: true,
		MaxAge:           preflightSeconds,
	})
}
