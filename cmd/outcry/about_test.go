package main

import (
	"encoding/json"
	"net/http"
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
