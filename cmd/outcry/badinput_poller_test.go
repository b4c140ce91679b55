package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"testing"
)

// rawPoller is a browser that polls, one connection a request.
type rawPoller struct {
	t     *testing.T
	e     *Engine
	sid   string
	lines string // of every request
}

// openPoller makes the handshake, with more header lines.
func openPoller(t *testing.T, e *Engine, lines ...string) *rawPoller {
	t.Helper()
	p := &rawPoller{t: t, e: e, lines: headerLines(lines)}
	a := p.request("GET", "")
	var open struct{ SID string }
	if a.StatusCode != 200 || json.Unmarshal([]byte(a.body[1:]), &open) != nil || open.SID == "" {
		t.Fatalf("no handshake but %s %q", a.Status, a.body)
	}
	p.sid = open.SID
	return p
}

func (p *rawPoller) poll() rawAnswer { return p.request("GET", "") }

func (p *rawPoller) post(payload string) rawAnswer { return p.request("POST", payload) }

// request fails the test only by Errorf, so that a poll may wait beside it.
func (p *rawPoller) request(method, body string) rawAnswer {
	nc := dialEngine(p.t, p.e)
	defer nc.Close()
	target := "/socket.io/?EIO=4&transport=polling"
	if p.sid != "" {
		target += "&sid=" + p.sid
	}
	if _, err := fmt.Fprintf(nc, "%s %s HTTP/1.1\r\nHost: outcry\r\nConnection: close\r\n%sContent-Length: %d\r\n\r\n", method, target, p.lines, len(body)); err != nil {
		p.t.Error(err)
	}
	if _, err := io.WriteString(nc, body); err != nil {
		p.t.Error(err)
	}
	answers := readAnswers(p.t, bufio.NewReader(nc))
	if len(answers) != 1 {
		p.t.Errorf("%s is answered %v", method, answers)
		return rawAnswer{}
	}
	return answers[0]
}
