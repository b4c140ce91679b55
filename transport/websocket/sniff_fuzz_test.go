package websocket

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// FuzzSniff gives the sniffer arbitrary bytes.
func FuzzSniff(f *testing.F) {
	f.Add([]byte(upgradeHeadText))
	f.Add([]byte(strings.ReplaceAll(upgradeHeadText, "\r\n", "\n")))
	f.Add([]byte(strings.Replace(upgradeHeadText, "Host:", "X-A: b\r\n c\r\nHost:", 1)))
	f.Add([]byte("POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\nx"))
	f.Add([]byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
	f.Add([]byte{0x16, 0x03, 0x01, 0x00, 0xA5})
	referee := newReferee(f)
	f.Fuzz(func(t *testing.T, p []byte) {
		end := headEnd(p, 0)
		if end < 0 {
			return
		}
		if again := headEnd(p[:end], end-1); again != end {
			t.Fatalf("the end moved from %d to %d when its last byte came alone", end, again)
		}
		referee.agree(t, p[:end])
	})
}

// FuzzUpgradeHead changes one thing at a time in an upgrade request, which
// arbitrary bytes hardly ever are.
func FuzzUpgradeHead(f *testing.F) {
	for _, seed := range [][4]string{
		{"EIO=4&transport=websocket", "outcry.example", "Origin", "https://dash.example"},
		{"x=%zz&y=#z", "[::1]:8080", "Cookie", "a=b; c=\"d\""},
		{"?/../", "a\"b", "Connection", "close"},
		{"", "outcry.example:80", "X-A", " b\r\n c"},
		{"", "a%zz", "Transfer-Encoding", "chunked"},
		{"", "m\xc3\xbcnchen.example", "X-Forwarded-For", "203.0.113.1\t,\t203.0.113.2"},
		{"", "h", "x-LOWER", "\xff"},
		{"", "h", "Content-Length", "0"},
		{"", "h", "Trailer", "Upgrade"},
		{"", "h", "X-A", "b\rUpgrade: h2c"},
		{"", "h", "X-A", "b\x00"},
		{"", "user@h", "Http2-Settings", "AAMAAABkAAQAAP__"},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3])
	}
	referee := newReferee(f)
	f.Fuzz(func(t *testing.T, query, host, name, value string) {
		head := fmt.Appendf(nil, "GET /socket.io/?%s HTTP/1.1\r\nHost: %s\r\n%s:%s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
			"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n", query, host, name, value)
		if end := headEnd(head, 0); end == len(head) {
			referee.agree(t, head)
		}
	})
}

// referee is a real net/http server, which says what a request head means.
type referee struct {
	conns chan net.Conn
}

func newReferee(f *testing.F) *referee {
	r := &referee{conns: make(chan net.Conn)}
	h := &handover{conns: r.conns, done: make(chan struct{})}
	server := &http.Server{
		ReadHeaderTimeout: patience, ErrorLog: log.New(io.Discard, "", 0),
		ConnContext: func(ctx context.Context, c net.Conn) context.Context { return context.WithValue(ctx, scriptKey{}, c) },
		Handler: http.HandlerFunc(func(_ http.ResponseWriter, q *http.Request) {
			q.Context().Value(scriptKey{}).(*script).requests = append(q.Context().Value(scriptKey{}).(*script).requests, q)
		}),
	}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(h) })
	f.Cleanup(func() {
		_ = server.Close()
		serving.Wait()
	})
	return r
}

// agree fails if the sniffer takes a head that net/http refuses, or that it or the
// upgrader reads otherwise.
func (r *referee) agree(t *testing.T, head []byte) {
	uri, ok := sniff(head)
	if path, _, _ := bytes.Cut(uri, []byte("?")); !ok || string(path) != "/socket.io/" {
		return // all others are net/http's
	}
	q, answer := r.read(head)
	if q == nil {
		t.Fatalf("net/http refuses %q: %s", head, answer)
	}
	if q.RequestURI != string(uri) || q.URL.Path != "/socket.io/" || q.Method != http.MethodGet || q.ContentLength != 0 || len(q.TransferEncoding) > 0 {
		t.Fatalf("net/http reads %s %q with %d bytes %q", q.Method, q.RequestURI, q.ContentLength, q.TransferEncoding)
	}
	if reject := checkUpgrade(http.Header{}, q); reject != nil {
		t.Fatalf("on a kept-alive connection %q is answered %d", head, reject.Status)
	}
	fast, headers := upgraded(t, head)
	slow := RequestOf(q)
	if diff := cmp.Diff(slow, fast, cmpopts.EquateComparable(slow.RemoteAddr)); diff != "" {
		t.Fatalf("net/http and the upgrader differ: %s", diff)
	}
	for _, name := range []string{"Upgrade", "Connection", "Sec-Websocket-Key", "Sec-Websocket-Version", "Sec-Websocket-Extensions", "Sec-Websocket-Protocol"} {
		q.Header.Del(name)
		headers.Del(name)
	}
	if diff := cmp.Diff(q.Header, headers); diff != "" {
		t.Fatalf("net/http and the upgrader differ: %s", diff)
	}
}

// upgraded is what the upgrader reads in a head, and the answer must be proper.
func upgraded(t *testing.T, head []byte) (*Request, http.Header) {
	headers := http.Header{}
	upgrader := ws.Upgrader{OnHeader: func(name, value []byte) error {
		headers[http.CanonicalHeaderKey(string(name))] = append(headers[http.CanonicalHeaderKey(string(name))], string(value))
		return nil
	}}
	if _, err := upgrader.Upgrade(&memory{in: bytes.Clone(head), out: &scratch{}}); err != nil {
		t.Fatalf("the upgrader refuses %q: %v", head, err)
	}
	u := upgrading{a: &Acceptor{open: func(*Request) (Handler, func(*Conn), *Reject) { return discarding{}, nil, nil }}, req: &Request{}}
	var s scratch
	if err := u.answer(bytes.Clone(head), &s); err != nil {
		t.Fatalf("the upgrader refuses %q: %v", head, err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(s.b)), &http.Request{Method: http.MethodGet})
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("answered with %q: %v", s.b, err)
	}
	return u.req, headers
}

// read lets net/http read a head: the request, or the answer without one.
func (r *referee) read(head []byte) (*http.Request, []byte) {
	s := &script{in: bytes.NewReader(head), closed: make(chan struct{})}
	r.conns <- s
	<-s.closed
	if len(s.requests) != 1 {
		return nil, s.out.Bytes()
	}
	return s.requests[0], nil
}

// script is a connection whose peer sends so much, reads all and leaves.
//
// owned by net/http's goroutine until it is closed
type script struct {
	in       *bytes.Reader
	out      bytes.Buffer
	requests []*http.Request
	once     sync.Once
	closed   chan struct{}
}

type scriptKey struct{}

func (s *script) Read(p []byte) (int, error)  { return s.in.Read(p) }
func (s *script) Write(p []byte) (int, error) { return s.out.Write(p) }
func (s *script) Close() error {
	s.once.Do(func() { close(s.closed) })
	return nil
}
func (*script) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (*script) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (*script) SetDeadline(time.Time) error      { return nil }
func (*script) SetReadDeadline(time.Time) error  { return nil }
func (*script) SetWriteDeadline(time.Time) error { return nil }
