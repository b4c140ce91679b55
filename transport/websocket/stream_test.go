package websocket

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/gobwas/ws"
)

// pieces is a connection that gives a stream in pieces, with a timeout between them.
type pieces struct {
	net.Conn
	rest    []byte
	size    int
	late    bool
	written bytes.Buffer
}

var errLate = os.ErrDeadlineExceeded

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.rest) == 0 {
		return 0, io.EOF
	}
	if p.late = !p.late; p.late {
		return 0, errLate
	}
	n := copy(b[:min(len(b), p.size)], p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

func (p *pieces) Write(b []byte) (int, error)      { return p.written.Write(b) }
func (p *pieces) SetReadDeadline(time.Time) error  { return nil }
func (p *pieces) SetWriteDeadline(time.Time) error { return nil }

// read returns all that a Stream makes of a stream, and how that ended.
func (p *pieces) read(limit int) (lines []byte, most int, err error) {
	s := &Stream{nc: p, limit: limit}
	chunk := make([]byte, 7)
	for {
		n, err := s.Read(chunk)
		lines = append(lines, chunk[:n]...)
		most = max(most, cap(s.buffer))
		if err != nil && !errors.Is(err, errLate) {
			return lines, most, err
		}
	}
}

// FuzzStream reads a stream in pieces and in one, with deadlines that pass between them:
// the same lines and the same end, in memory for one frame of what has arrived.
func FuzzStream(f *testing.F) {
	f.Add(join(masked(ws.OpText, true, "a\nb"), masked(ws.OpPing, true, "x"), masked(ws.OpBinary, true, "c\n")), uint8(1), uint16(1000))
	f.Add(join(masked(ws.OpText, false, "a"), masked(ws.OpPing, true, ""), masked(ws.OpContinuation, true, "b"), masked(ws.OpClose, true, "\x03\xe8")), uint8(3), uint16(10))
	f.Add(masked(ws.OpText, true, string(bytes.Repeat([]byte("x"), 300))), uint8(200), uint16(299))
	f.Add([]byte{0x81, 0xFF, 0, 0, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4}, uint8(2), uint16(65535))
	f.Fuzz(func(t *testing.T, stream []byte, piece uint8, limit uint16) {
		cut := &pieces{rest: bytes.Clone(stream), size: int(piece) + 1}
		whole := &pieces{rest: bytes.Clone(stream), size: len(stream)}
		got, most, err := cut.read(int(limit))
		want, _, wantErr := whole.read(int(limit))
		if !bytes.Equal(got, want) || err.Error() != wantErr.Error() || !bytes.Equal(cut.written.Bytes(), whole.written.Bytes()) {
			t.Errorf("in pieces %q %v, in one %q %v", got, err, want, wantErr)
		}
		if most > 3*(len(stream)+readBytes) {
			t.Errorf("%d bytes were kept of %d", most, len(stream))
		}
	})
}

func TestStreamEndsMessagesThatHaveNoLineEnd(t *testing.T) {
	for what, c := range map[string]struct {
		stream []byte
		want   string
		err    error
	}{
		"closed":         {join(masked(ws.OpText, true, "a"), masked(ws.OpText, true, "b\n"), masked(ws.OpText, true, ""), masked(ws.OpClose, true, "")), "a\nb\n\n", io.EOF},
		"gone":           {masked(ws.OpText, true, "a"), "a\n", io.ErrUnexpectedEOF},
		"in parts":       {join(masked(ws.OpText, false, "a"), masked(ws.OpContinuation, true, "b"), masked(ws.OpClose, true, "\x03\xe9")), "ab\n", io.EOF},
		"another opcode": {masked(ws.OpCode(3), true, "a"), "", &CloseError{Code: CodeProtocolError}},
		"too big":        {masked(ws.OpText, true, "12345678901"), "", &CloseError{Code: CodeMessageTooBig}},
	} {
		got, _, err := (&pieces{rest: c.stream, size: 5}).read(10)
		var closed *CloseError
		same := errors.Is(err, c.err)
		if want, ok := c.err.(*CloseError); ok {
			same = errors.As(err, &closed) && closed.Code == want.Code
		}
		if string(got) != c.want || !same {
			t.Errorf("%s: %q %v", what, got, err)
		}
	}
}
