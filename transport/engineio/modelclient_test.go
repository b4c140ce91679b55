package engineio

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// modelClient lives a plan by the rules of the protocol, and notes what it gets.
type modelClient struct {
	// immutable after construction
	http  *http.Client
	query string // of the session, up to the transport's name
	plan  plan

	pausing atomic.Bool // no further poll; written by live, read by poll

	// owned by poll until it returns, then by live
	got    []string
	gaveUp bool // a poll: the session is over for this client
}

// newModelClient makes the handshake.
func newModelClient(addr string, p plan) (*modelClient, error) {
	c := &modelClient{plan: p, query: addr + "/socket.io/?EIO=4&transport=",
		http: &http.Client{Transport: &http.Transport{DisableKeepAlives: !p.keepAlive}, Timeout: patience}}
	body, err := c.do(context.Background(), http.MethodGet, "")
	if err != nil {
		return nil, err
	}
	var open struct{ SID string }
	if err := json.Unmarshal([]byte(strings.TrimPrefix(body, "0")), &open); err != nil {
		return nil, fmt.Errorf("handshake %q: %w", body, err)
	}
	c.query = addr + "/socket.io/?EIO=4&sid=" + open.SID + "&transport="
	return c, nil
}

// do makes a request, which must be answered with 200.
func (c *modelClient) do(ctx context.Context, method, body string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, method, "http://"+c.query+"polling", strings.NewReader(body))
	if err != nil {
		return "", err
	}
	response, err := c.http.Do(r)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %q: %d %s", method, body, response.StatusCode, answer)
	}
	return string(answer), err
}

// poll asks again and again, until it has all or live pauses it. A poll that waits
// then ends by a message or the noop of the probe.
func (c *modelClient) poll() error {
	for n := 0; len(c.got) < c.plan.down && !c.pausing.Load(); n++ {
		ctx, giveUp := context.WithCancel(context.Background())
		if n == c.plan.abandonAt {
			ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { giveUp() }})
		}
		payload, err := c.do(ctx, http.MethodGet, "")
		c.gaveUp = err != nil && ctx.Err() != nil
		giveUp()
		if c.gaveUp {
			return nil
		}
		if err != nil {
			return err
		}
		for packet := range strings.SplitSeq(payload, "\x1e") {
			if err := c.take(packet); err != nil {
				return err
			}
		}
	}
	return nil
}

// take notes a polled packet.
func (c *modelClient) take(packet string) error {
	if text, ok := strings.CutPrefix(packet, "4"); ok {
		c.got = append(c.got, "text "+text)
		return nil
	}
	if encoded, ok := strings.CutPrefix(packet, "b"); ok {
		data, err := base64.StdEncoding.DecodeString(encoded)
		c.got = append(c.got, "binary "+string(data))
		return err
	}
	if packet != "6" {
		return fmt.Errorf("polled %q", packet)
	}
	return nil
}

// live lives the session to its end. It returns what broke the protocol.
func (c *modelClient) live() error {
	polled := make(chan error, 1)
	go func() { polled <- c.poll() }()
	posted := min(c.plan.switchAt, c.plan.up)
	postErr := c.post(0, posted)
	if c.plan.switchAt > c.plan.up || postErr != nil {
		if err := <-polled; err != nil || c.gaveUp {
			return c.leave(err)
		}
		return c.leave(postErr)
	}
	conn, err := c.probe()
	c.pausing.Store(true)
	if polledErr := <-polled; polledErr != nil || c.gaveUp {
		conn.end()
		return c.leave(polledErr)
	}
	if err != nil {
		return err
	}
	defer conn.end()
	return c.changeOver(conn, posted)
}

// leave says that the session is over. Who gave up a poll must say so: the server
// may have answered it before it saw that, and then knows of nothing.
func (c *modelClient) leave(err error) error {
	_, leaveErr := c.do(context.Background(), http.MethodPost, "1")
	if err == nil && !c.gaveUp {
		err = leaveErr
	}
	return err
}

// post sends messages from up to below to.
func (c *modelClient) post(from, to int) error {
	for from < to {
		var payload []string
		for ; from < to && len(payload) < c.plan.inPayload; from++ {
			message := fmt.Sprintf("up %d", from)
			if isBinary(from) {
				payload = append(payload, "b"+base64.StdEncoding.EncodeToString([]byte(message)))
			} else {
				payload = append(payload, "4"+message)
			}
		}
		if _, err := c.do(context.Background(), http.MethodPost, strings.Join(payload, "\x1e")); err != nil {
			return err
		}
	}
	return nil
}

// probe returns a WebSocket that may take over, behind those that break off.
func (c *modelClient) probe() (modelConn, error) {
	for range c.plan.failedProbes {
		conn, err := c.dial()
		if err != nil {
			return modelConn{}, err
		}
		if c.plan.answersFirst {
			_, _, _ = wsutil.ReadServerData(conn) // "3probe", or why there is none
		}
		conn.end()
	}
	for {
		conn, err := c.dial()
		if err != nil {
			return modelConn{}, err
		}
		if answer, _, err := wsutil.ReadServerData(conn); err == nil && string(answer) == "3probe" {
			return conn, nil
		}
		// One that broke off is still being noticed: this one is too many.
		conn.end()
		if _, err := c.do(context.Background(), http.MethodPost, "6"); err != nil {
			return modelConn{}, err // the session has ended
		}
		runtime.Gosched()
	}
}

// changeOver completes the upgrade, goes on over the WebSocket and closes the session.
func (c *modelClient) changeOver(conn modelConn, posted int) error {
	err := wsutil.WriteClientText(conn, []byte("5"))
	for i := posted; i < c.plan.up && err == nil; i++ {
		if message := fmt.Sprintf("up %d", i); isBinary(i) {
			err = wsutil.WriteClientBinary(conn, []byte(message))
		} else {
			err = wsutil.WriteClientText(conn, []byte("4"+message))
		}
	}
	for len(c.got) < c.plan.down && err == nil {
		var packet []byte
		var op ws.OpCode
		packet, op, err = wsutil.ReadServerData(conn)
		switch {
		case err != nil:
		case op == ws.OpBinary:
			c.got = append(c.got, "binary "+string(packet))
		default:
			err = c.take(string(packet))
		}
	}
	if err == nil {
		err = wsutil.WriteClientText(conn, []byte("1"))
	}
	return err
}

// modelConn is a WebSocket; reader holds what came with the answer to its upgrade.
type modelConn struct {
	net.Conn
	reader io.Reader
}

func (c modelConn) Read(p []byte) (int, error) { return c.reader.Read(p) }

// end ends the connection, if there is one.
func (c modelConn) end() {
	if c.Conn != nil {
		_ = c.Close()
	}
}

// dial opens a WebSocket of the session and asks whether it works.
func (c *modelClient) dial() (modelConn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, early, _, err := ws.Dial(ctx, "ws://"+c.query+"websocket")
	if err != nil {
		return modelConn{}, err
	}
	_ = conn.SetDeadline(time.Now().Add(patience))
	stream := modelConn{conn, conn}
	if early != nil {
		stream.reader = early
	}
	// The server may have closed one that is too many: reading tells.
	_ = wsutil.WriteClientText(stream, []byte("2probe"))
	return stream, nil
}
