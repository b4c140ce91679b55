package websocket

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/gobwas/ws"
)

// writeTimeout is how long a peer may leave what a Stream writes unread.
const writeTimeout = 10 * time.Second

// readBytes is how much a Stream reads at once.
const readBytes = 16 << 10

// Stream is a WebSocket that a handler of net/http serves on its own goroutine. It reads
// the messages of the peer as one stream of lines: text and binary ones as they come, with
// a line end after each that has none. While the handler does not read, the peer cannot send. Its methods
// belong to that goroutine, but for SetReadDeadline.
type Stream struct {
	// immutable after construction
	nc    net.Conn
	limit int // bytes of one frame

	buffer     []byte
	in         []byte // read, and not taken apart yet; a part of buffer
	ready      []byte // payload in the memory of in that Read has not returned yet
	ended      error  // what Read returns when ready is empty
	lineEnd    bool   // a line end follows ready
	fragmented bool   // a message of several frames is under way
}

// Hijack answers an upgrade request that reached net/http. A request that is no proper
// upgrade gets an error response, and nil is returned. Frames may have limit bytes.
// Close must be called.
func Hijack(w http.ResponseWriter, r *http.Request, limit int) *Stream {
	if refused := checkUpgrade(w.Header(), r); refused != nil {
		refused.Respond(w)
		return nil
	}
	nc, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		problem(http.StatusInternalServerError).Respond(w)
		return nil
	}
	early, _ := rw.Peek(rw.Reader.Buffered()) // frames sent before the answer; what is buffered can be peeked
	s := &Stream{nc: nc, limit: limit, buffer: slices.Clone(early)}
	s.in = s.buffer
	scratch := takeScratch()
	defer scratch.release()
	upgrader := ws.Upgrader{ProtocolCustom: firstProtocol}
	if _, err := upgrader.Upgrade(&memory{in: upgradeHead(r), out: scratch}); err != nil {
		s.ended = fmt.Errorf("upgrade: %w", err)
	}
	_ = nc.SetDeadline(time.Time{}) // the next read or write says if it failed
	if err := s.write(scratch.b); err != nil && s.ended == nil {
		s.ended = err
	}
	return s
}

// SetReadDeadline makes a Read fail that waits for longer, with os.ErrDeadlineExceeded,
// after which reading can go on. Any goroutine.
func (s *Stream) SetReadDeadline(t time.Time) error {
	if err := s.nc.SetReadDeadline(t); err != nil {
		return fmt.Errorf("set a deadline: %w", err)
	}
	return nil
}

// Read returns what the peer has sent, and io.EOF when it has closed properly. A frame that
// breaks a rule is a *CloseError.
func (s *Stream) Read(p []byte) (n int, err error) {
	for {
		switch {
		case len(s.ready) > 0:
			n = copy(p, s.ready)
			s.ready = s.ready[n:]
			return n, nil
		case s.lineEnd && len(p) > 0:
			s.lineEnd = false
			p[0] = '\n'
			return 1, nil
		case s.ended != nil:
			return 0, s.ended
		}
		if err := s.advance(); err != nil {
			return 0, err
		}
	}
}

// advance takes the next frame, or reads on where there is no whole one.
func (s *Stream) advance() error {
	state := ws.StateServerSide
	if s.fragmented {
		state |= ws.StateFragmented
	}
	f, ok, refused := nextFrame(s.in, rules{state: state, room: s.limit})
	if refused != nil {
		s.ended = refused
		return nil
	}
	if !ok {
		return s.fill()
	}
	s.in = s.in[f.size:]
	switch {
	case f.OpCode == ws.OpClose:
		code, reason, refused := parseClose(f.payload)
		if s.ended = io.EOF; refused != nil {
			s.ended = refused
		} else if code != CodeNormal && code != CodeGoingAway && code != CodeNoStatus {
			s.ended = &CloseError{Code: code, Reason: reason, ByPeer: true}
		}
	case f.OpCode == ws.OpPing:
		return s.write(append(appendHeader(nil, finPong, len(f.payload)), f.payload...))
	case f.OpCode.IsData():
		s.ready, s.lineEnd, s.fragmented = f.payload, f.Fin && !bytes.HasSuffix(f.payload, []byte("\n")), !f.Fin
	}
	return nil
}

// fill reads more of the frame that begins in s.in.
func (s *Stream) fill() error {
	if kept := len(s.in); kept+readBytes > cap(s.buffer) {
		s.buffer = append(make([]byte, 0, 2*kept+readBytes), s.in...)
	} else {
		copy(s.buffer[:kept], s.in)
	}
	s.in = s.buffer[:len(s.in)]
	n, err := s.nc.Read(s.in[len(s.in):cap(s.in)])
	s.in = s.in[:len(s.in)+n]
	switch {
	case err == nil, n > 0:
		return nil
	case errors.Is(err, os.ErrDeadlineExceeded):
		return err //nolint:wrapcheck // as of any connection
	case errors.Is(err, io.EOF):
		err = io.ErrUnexpectedEOF
	}
	s.ended = fmt.Errorf("read a WebSocket: %w", err)
	return nil
}

// WriteText sends a text message.
func (s *Stream) WriteText(payload []byte) error {
	return s.write(append(AppendTextHeader(make([]byte, 0, 10+len(payload)), len(payload)), payload...))
}

// Ping asks the peer for a sign of life, which keeps proxies from closing a connection on
// which nothing else is sent.
func (s *Stream) Ping() error { return s.write([]byte{finPing, 0}) }

func (s *Stream) write(frames []byte) error {
	_ = s.nc.SetWriteDeadline(time.Now().Add(writeTimeout)) // the write says if it failed
	if _, err := s.nc.Write(frames); err != nil {
		return fmt.Errorf("write to a WebSocket: %w", err)
	}
	return nil
}

// Close sends a close frame and ends the connection, once the peer has answered or after
// the linger time: what it still sends is discarded.
func (s *Stream) Close(code Code, reason string, linger time.Duration) error {
	err := s.write(appendCloseFrame(nil, code, reason))
	if err == nil {
		_ = s.nc.SetReadDeadline(time.Now().Add(linger))
		if half, ok := s.nc.(interface{ CloseWrite() error }); ok {
			_ = half.CloseWrite()
		}
		_, _ = io.Copy(io.Discard, s.nc) // until the peer closes, or its time is over
	}
	return errors.Join(err, s.nc.Close())
}
