package transport_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"outcry/transport"
)

func TestRequestsThatFailOnOurSideAreCountedByStatus(t *testing.T) {
	var q transport.Requests
	routes := http.NewServeMux()
	for path, status := range map[string]int{"/ok": 200, "/bad": 400, "/broken": 500, "/busy": 503} {
		routes.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			if status == 503 {
				w.WriteHeader(http.StatusEarlyHints) // is no answer yet
			}
			w.WriteHeader(status)
			w.WriteHeader(http.StatusOK) // comes too late
		})
	}
	routes.HandleFunc("/silent", func(http.ResponseWriter, *http.Request) {})
	routes.HandleFunc("/written", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("200")) })
	routes.HandleFunc("/panics", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	routes.HandleFunc("/controlled", func(w http.ResponseWriter, _ *http.Request) {
		control := http.NewResponseController(w)
		if err := control.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Error(err)
		}
		if err := control.Flush(); err != nil {
			t.Error(err)
		}
	})
	server := httptest.NewServer(q.Count(routes))
	server.Config.ErrorLog = nil
	defer server.Close()
	for _, path := range []string{"/ok", "/bad", "/broken", "/busy", "/busy", "/silent", "/written", "/panics", "/controlled", "/nowhere"} {
		response, err := server.Client().Get(server.URL + path)
		if (err != nil) != (path == "/panics") {
			t.Fatalf("%s: %v", path, err)
		}
		if err == nil {
			response.Body.Close()
		}
	}
	// An answer may arrive a moment before it is counted.
	for deadline := time.Now().Add(20 * time.Second); q.All() < 10 && time.Now().Before(deadline); time.Sleep(time.Millisecond) {
	}
	if want := (map[string]uint64{"http 500": 2, "http 503": 2}); q.All() != 10 || !maps.Equal(q.Failed(), want) {
		t.Errorf("%d, failed %v, want 10, %v", q.All(), q.Failed(), want)
	}
}
