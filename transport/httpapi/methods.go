package httpapi

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// Methods answers a path by the request's method, and says which there are
// otherwise. HEAD is what GET is.
type Methods map[string]http.HandlerFunc

// ServeHTTP calls the handler of the method. http.Handler.
func (m Methods) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	if handle := m[method]; handle != nil {
		handle(w, r)
		return
	}
	allowed := strings.Join(slices.Sorted(maps.Keys(m)), ", ")
	w.Header().Set("Allow", allowed)
	WriteProblem(w, http.StatusMethodNotAllowed, "", fmt.Sprintf("%s has no %s: it has %s", r.URL.Path, r.Method, allowed))
}
