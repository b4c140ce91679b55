package validation

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

const (
	// maxMessageBytes bounds one message; the snapshot of a large account is 100 KB.
	maxMessageBytes = 1 << 20
	// maxSocketBytes bounds all that is read of a WebSocket.
	maxSocketBytes = 4 << 20
	// partingPatience is for the last words, when nothing is waited for any more.
	partingPatience = time.Second
)

// lookAtWebSocket opens a WebSocket as socket.io-client does.
func lookAtWebSocket(ctx context.Context, v *visit) finding {
	s, err := v.openSocket(ctx)
	if err != nil {
		return v.unopened(err)
	}
	defer s.close()
	packet, err := s.hear(ctx)
	if err == nil {
		_, err = parseOpening(packet)
	}
	if err != nil {
		return v.unopened(err)
	}
	done, err := converse(ctx, v, s)
	f := v.judge(done, err)
	if f.outcome == Good && len(done.trips) > 0 {
		trip := milliseconds(done.median())
		v.roundTripMs = &trip
	}
	return f
}

// unopened words why there is no WebSocket.
func (v *visit) unopened(err error) finding {
	const forward = "let the proxy before the server forward HTTP/1.1 with Upgrade and Connection, as for any WebSocket; browsers poll meanwhile"
	if status, ok := errors.AsType[ws.StatusError](err); ok {
		return v.refused(int(status), forward)
	}
	f := v.trouble(err)
	if !isTimeout(err) && !isCertificate(err) && isAnswer(err) {
		f.do = forward
	}
	return f
}

// isAnswer reports whether somebody answered, only not a WebSocket.
func isAnswer(err error) bool {
	var network *net.OpError
	return !errors.As(err, &network)
}

// socket is a WebSocket. One goroutine uses it.
type socket struct {
	conn    net.Conn
	reader  *wsutil.Reader
	control wsutil.FrameHandlerFunc
	release func() // stops watching the context
}

func (v *visit) openSocket(ctx context.Context) (*socket, error) {
	u := *v.url
	u.Scheme = map[string]string{"http": "ws", "https": "wss"}[u.Scheme]
	u.Path += "/socket.io/"
	u.RawQuery = "EIO=4&transport=websocket"
	dialer := ws.Dialer{TLSConfig: v.tls, Header: ws.HandshakeHeaderHTTP{"Origin": {v.origin()}}, NetDial: func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &boundedConn{Conn: conn, left: maxSocketBytes}, nil
	}}
	conn, buffered, _, err := dialer.Dial(ctx, u.String())
	if err != nil {
		return nil, err
	}
	var source io.Reader = conn
	if buffered != nil { // what came with the answer
		source = buffered
	}
	s := newSocket(conn, source)
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	s.release = func() { stop() }
	return s, nil
}

// newSocket is one that is open; what it reads may have come with the answer.
func newSocket(conn net.Conn, source io.Reader) *socket {
	s := &socket{conn: conn, control: wsutil.ControlFrameHandler(conn, ws.StateClientSide), release: func() {}}
	s.reader = &wsutil.Reader{Source: source, State: ws.StateClientSide, MaxFrameSize: maxMessageBytes, MaxMessageSize: maxMessageBytes, OnIntermediate: s.control}
	return s
}

func (s *socket) say(_ context.Context, packet string) error {
	return wsutil.WriteClientText(s.conn, []byte(packet))
}

func (s *socket) hear(context.Context) (packet string, err error) {
	for {
		header, err := s.reader.NextFrame()
		if err != nil {
			return "", err
		}
		if header.OpCode.IsControl() {
			if err := s.control(header, s.reader); err != nil {
				return "", closing(err)
			}
			continue
		}
		text, err := io.ReadAll(s.reader)
		if err != nil {
			return "", closing(err)
		}
		if header.OpCode == ws.OpText {
			return string(text), nil
		}
	}
}

// closing words a close frame.
func closing(err error) error {
	closed, ok := errors.AsType[wsutil.ClosedError](err)
	if !ok {
		return err
	}
	if reason := strings.TrimSpace(closed.Reason); reason != "" {
		return fmt.Errorf("%w with %d, %.120q", errEnded, closed.Code, reason)
	}
	return fmt.Errorf("%w with %d", errEnded, closed.Code)
}

// close says goodbye and ends the connection, also when nobody waits any more.
func (s *socket) close() {
	s.release()
	_ = s.conn.SetDeadline(time.Now().Add(partingPatience))
	_ = wsutil.WriteClientMessage(s.conn, ws.OpClose, ws.NewCloseFrameBody(ws.StatusNormalClosure, ""))
	_ = s.conn.Close()
}

// boundedConn is a connection of which only so much is read.
type boundedConn struct {
	net.Conn
	left int64
}

// Read reads what is left to be read.
func (c *boundedConn) Read(p []byte) (n int, err error) {
	if c.left <= 0 {
		return 0, errTooMuch
	}
	n, err = c.Conn.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	return n, err
}

// errTooMuch is about a server that does not stop to talk.
var errTooMuch = fmt.Errorf("it sent over %d MiB, and no answer among them", maxSocketBytes>>20)
