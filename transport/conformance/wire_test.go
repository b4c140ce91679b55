package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// webSocket is a wire; in holds what came with the answer to the upgrade, too.
type webSocket struct {
	net.Conn
	in io.Reader
}

func (w *webSocket) Read(p []byte) (int, error) { return w.in.Read(p) }

func (w *webSocket) send(packets ...any) (err error) {
	for _, p := range packets {
		switch p := p.(type) {
		case string:
			err = wsutil.WriteClientText(w, []byte(p))
		case []byte:
			err = wsutil.WriteClientBinary(w, p)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *webSocket) read() (packet string, isBinary bool, err error) {
	p, op, err := wsutil.ReadServerData(w)
	return string(p), op == ws.OpBinary, err
}

func (w *webSocket) close() { _ = w.Close() }

// dial opens a WebSocket; err is that of a refusal.
func (e endpoint) dial(query string) (*socket, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, early, _, err := ws.Dial(ctx, "ws://"+e.addr+e.uri+query)
	if err != nil {
		return nil, err
	}
	e.t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	w := &webSocket{conn, conn}
	if early != nil {
		w.in = early
	}
	return &socket{e.t, w}, nil
}

// open opens a WebSocket of its own and reads the handshake.
func (e endpoint) open() *socket {
	e.t.Helper()
	s := e.mustDial("?EIO=4&transport=websocket")
	packet, _ := s.receive()
	e.checkHandshake(packet)
	return s
}

func (e endpoint) mustDial(query string) *socket {
	e.t.Helper()
	s, err := e.dial(query)
	if err != nil {
		e.t.Fatal(err)
	}
	return s
}

// upgraded opens a session that changed over.
func (e endpoint) upgraded() (query string, s *socket) {
	e.t.Helper()
	query = e.poll()
	s = e.mustDial(strings.Replace(query, "polling", "websocket", 1))
	s.send("2probe")
	s.expect("3probe")
	s.send("5")
	// The change is done when a poll is refused; until then it gets a noop, or a ping.
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		switch status, packet := e.do("GET", query, ""); {
		case status == http.StatusBadRequest:
			return query, s
		case packet == "2":
			s.send("3")
		}
	}
	e.t.Fatal("polls are still answered")
	return "", nil
}

// polled is a wire of requests.
type polled struct {
	e       endpoint
	query   string
	packets []string // of the last poll, that nobody has read yet
}

// send posts packets in one payload. One that the server does not like is refused,
// which the next poll shows, too.
func (w *polled) send(packets ...any) error {
	var payload []string
	for _, p := range packets {
		switch p := p.(type) {
		case string:
			payload = append(payload, p)
		case []byte:
			payload = append(payload, "b"+base64.StdEncoding.EncodeToString(p))
		}
	}
	_, _, err := w.e.request(http.MethodPost, w.query, strings.Join(payload, "\x1e"))
	return err
}

func (w *polled) read() (packet string, isBinary bool, err error) {
	for len(w.packets) == 0 {
		status, payload, err := w.e.request(http.MethodGet, w.query, "")
		if err != nil {
			return "", false, err
		}
		if status != http.StatusOK || payload == "1" {
			return "", false, fmt.Errorf("polled %d %q", status, payload)
		}
		if payload != "6" {
			w.packets = strings.Split(payload, "\x1e")
		}
	}
	packet, w.packets = w.packets[0], w.packets[1:]
	if encoded, ok := strings.CutPrefix(packet, "b"); ok {
		data, err := base64.StdEncoding.DecodeString(encoded)
		return string(data), true, err
	}
	return packet, false, nil
}

func (w *polled) close() {}
