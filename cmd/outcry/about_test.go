package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"outcry/config"
	"outcry/transport/httpapi"
)

func readAbout(t *testing.T, e *Engine, header string) (a httpapi.About) {
	t.Helper()
	got := talk(t, e, "GET /api HTTP/1.1\r\nHost: trade.example\r\nConnection: close\r\n"+header+"\r\n")[0]
	if err := json.Unmarshal([]byte(got.body), &a); err != nil || got.StatusCode != http.StatusOK {
		t.Fatalf("%d %s %v", got.StatusCode, got.body, err)
	}
	return a
}

func TestServerSaysWhatItIs(t *testing.T) {
	e := serve(t, nil)
	a := readAbout(t, e, "")
	socket := a.Endpoints.WebSocket
	if a.Name != "Outcry" || a.Version == "" || !strings.Contains(strings.Join(a.Features, "\n"), "Real-time") {
		t.Errorf("%+v", a)
	}
	if socket.URL != "ws://trade.example" || socket.Path != "/socket.io/" || strings.Join(socket.Transports, " ") != "websocket polling" {
		t.Errorf("%+v", socket)
	}
	if socket.Events.Client["subscribe:watchlist"] == "" || socket.Events.Server["trade:executed"] == "" {
		t.Errorf("%+v", socket.Events)
	}
	if a := readAbout(t, e, "X-Forwarded-Proto: https\r\n"); a.Endpoints.WebSocket.URL != "wss://trade.example" {
		t.Errorf("behind a proxy: %s", a.Endpoints.WebSocket.URL)
	}
}

// routed are the paths that the source of the engine and of sign-in routes.
func routed(t *testing.T) (paths []string) {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	handle := regexp.MustCompile(`\.Handle(?:Func)?\("(?:[A-Z]+ )?(/[^"]+)"`)
	for _, name := range append(files, filepath.Join("..", "..", "transport", "signin", "signin.go")) {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "_test.go") || name == "profile.go" { // which is another server
			continue
		}
		for _, found := range handle.FindAllStringSubmatch(string(source), -1) {
			paths = append(paths, found[1])
		}
	}
	return paths
}

func TestServerSaysEveryPathThatItHas(t *testing.T) {
	said := map[string]bool{
		"/auth/demo":             true, // in development mode only
		"/auth/discord/callback": true, // between Discord and us
	}
	for route := range httpapi.Routes() {
		_, path, _ := strings.Cut(route, " ")
		said[path] = true
	}
	paths := routed(t)
	for _, path := range paths {
		if !said[path] {
			t.Errorf("GET /api does not name %s", path)
		}
	}
	if len(paths) < 15 {
		t.Errorf("only %d paths were found: %v", len(paths), paths)
	}
}

// What browsers hear is in the list, and what the list has is served.
func TestServerSaysNothingThatIsNotSo(t *testing.T) {
	e := serve(t, func(s *config.Settings) { s.Market.Hours = "always" })
	a := readAbout(t, e, "")
	b := enter(t, e, "ann", "AAPL")
	feedTicks(t, e, "AAPL", 1, 1)
	b.await(`42["watchlist:quote"`)
	for _, packet := range b.heard {
		if event := regexp.MustCompile(`^42\["([^"]+)"`).FindStringSubmatch(packet); event != nil && a.Endpoints.WebSocket.Events.Server[event[1]] == "" {
			t.Errorf("%s is not in the list", event[1])
		}
	}
	for route := range a.Endpoints.HTTP {
		method, path, _ := strings.Cut(route, " ")
		got := talk(t, e, method+" "+path+" HTTP/1.1\r\nHost: outcry\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")[0]
		if got.StatusCode == http.StatusMethodNotAllowed || got.StatusCode == http.StatusNotFound && path != "/auth/discord" { // which is not set up here
			t.Errorf("%s: %d %s", route, got.StatusCode, got.body)
		}
	}
}
