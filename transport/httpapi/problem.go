package httpapi

import (
	"encoding/json"
	"net/http"
)

// Problem is an error answer, RFC 9457. Its type is "about:blank": the status
// says what kind of problem it is.
type Problem struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	// Detail is a sentence for the person who reads it.
	Detail string `json:"detail,omitempty"`
	// Code is a stable name of the cause, where programs decide on it.
	Code string `json:"code,omitempty"`
	// Field is the value that is wrong, of a request that is one object.
	Field string `json:"field,omitempty"`
	// Errors are the first few lines that are wrong, of a request of many.
	Errors []LineError `json:"errors,omitempty"`
}

// LineError is why one line was refused.
type LineError struct {
	Line uint64 `json:"line"` // from 1
	// Field is the value that is wrong, where it is one.
	Field   string `json:"field,omitempty"`
	Message string `json:"message"`
}

// maxLineErrors bounds the errors of an answer.
const maxLineErrors = 10

// WriteProblem answers with a problem.
func WriteProblem(w http.ResponseWriter, status int, code, detail string) {
	writeProblem(w, Problem{Status: status, Code: code, Detail: detail})
}

func writeProblem(w http.ResponseWriter, p Problem) {
	p.Title = http.StatusText(p.Status)
	w.Header().Set("Content-Type", "application/problem+json")
	WriteJSON(w, p.Status, p)
}

// WriteJSON writes a status and a body; a content type that was set stays.
func WriteJSON(w http.ResponseWriter, status int, body any) {
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/json")
	}
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client is gone if this fails
}

// NotFound answers a request for a path that does not exist.
func NotFound(w http.ResponseWriter, r *http.Request) {
	WriteProblem(w, http.StatusNotFound, "", "there is nothing at "+r.URL.Path+": GET /api says what there is")
}
