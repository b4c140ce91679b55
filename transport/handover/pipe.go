package handover

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// kind says what a message is.
type kind string

// The messages, in their order.
const (
	kindHello    kind = "hello"    // of the predecessor: who it is
	kindPrepared kind = "prepared" // of the successor: it has all but what the other one holds
	kindTake     kind = "take"     // of the predecessor: it has stopped, and this is what it leaves
	kindServing  kind = "serving"  // of the successor
	kindRelease  kind = "release"  // of the predecessor: it ends the successor no more, which joins this process group
	kindReleased kind = "released" // of the successor: whether it did
	kindFailed   kind = "failed"   // of the successor, instead of any of its own
)

// message is one message.
type message struct {
	Kind kind            `json:"kind"`
	Body json.RawMessage `json:"body"`
}

// maxMessageBytes bounds a message: the quotes of a million symbols are less.
const maxMessageBytes = 1 << 30

// writeMessage writes a message behind its length.
func writeMessage(w io.Writer, k kind, body any) error {
	encoded, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encode %s: %w", k, err)
	}
	data, err := json.Marshal(message{k, encoded})
	if err != nil {
		return fmt.Errorf("encode %s: %w", k, err)
	}
	if len(data) > maxMessageBytes {
		return fmt.Errorf("encode %s: %d bytes are too many", k, len(data))
	}
	_, err = w.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(data))), data...))
	return err
}

// errForeign is that who is at the other end does not speak as we do.
var errForeign = errors.New("what it said is not understood: it is not an outcry, or one of another time")

// readMessage reads one message. It takes no memory for what does not come.
func readMessage(r io.Reader) (m message, err error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return m, err
	}
	size := int64(binary.BigEndian.Uint32(head[:]))
	if size > maxMessageBytes {
		return m, errForeign
	}
	var data bytes.Buffer
	if _, err := io.CopyN(&data, r, size); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return m, err
	}
	if err := json.Unmarshal(data.Bytes(), &m); err != nil {
		return m, errForeign
	}
	return m, nil
}

// pipes are the two ways between two processes. Messages are sent by one
// goroutine and received by one at a time.
type pipes struct{ from, to *os.File }

// send sends a message, or gives up when ctx ends.
func (p pipes) send(ctx context.Context, k kind, body any) error {
	stop := context.AfterFunc(ctx, func() { _ = p.to.SetWriteDeadline(time.Unix(1, 0)) }) // it is open
	defer stop()
	if err := writeMessage(p.to, k, body); err != nil {
		return fmt.Errorf("send %s: %w", k, because(ctx, err))
	}
	return nil
}

// receive waits for a message of a kind, or until ctx ends. A message that the
// other one failed is a *Failure.
func (p pipes) receive(ctx context.Context, want kind, into any) error {
	stop := context.AfterFunc(ctx, func() { _ = p.from.SetReadDeadline(time.Unix(1, 0)) }) // it is open
	defer stop()
	m, err := readMessage(p.from)
	switch {
	case err != nil:
		return fmt.Errorf("wait for %s: %w", want, because(ctx, err))
	case m.Kind == kindFailed:
		failure := &Failure{}
		if json.Unmarshal(m.Body, &failure.Reason) != nil {
			return errForeign
		}
		return failure
	case m.Kind != want:
		return fmt.Errorf("wait for %s: got %q: %w", want, m.Kind, errForeign)
	}
	if err := json.Unmarshal(m.Body, into); err != nil {
		return fmt.Errorf("%s: %w (%w)", want, errForeign, err)
	}
	return nil
}

// because is the end of ctx where that is what ended a read or a write.
func because(ctx context.Context, err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

func (p pipes) close() {
	_ = p.from.Close() // nothing is lost with them
	_ = p.to.Close()
}

// Failure is why the other process gave up, in its own words.
type Failure struct{ Reason string }

func (f *Failure) Error() string { return f.Reason }
