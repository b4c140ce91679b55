package executor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"
)

// firstRead is the size of a connection's buffer: answers are a few hundred bytes.
const firstRead = 2 << 10

// connection is a kept-alive connection that sends a request after the other.
//
// owned by one goroutine; anybody may close conn to end what it waits for.
type connection struct {
	conn   net.Conn
	buffer []byte
	hangUp func() bool // stops closing conn at the end of a context
}

// dial opens a connection that is closed when ctx ends.
func dial(ctx context.Context, address netip.AddrPort, patience time.Duration) (*connection, error) {
	dialer := net.Dialer{Timeout: patience}
	conn, err := dialer.DialContext(ctx, "tcp", address.String())
	if err != nil {
		return nil, err
	}
	c := &connection{conn: conn, buffer: make([]byte, firstRead)}
	c.hangUp = context.AfterFunc(ctx, func() { conn.Close() })
	return c, nil
}

var errMoreThanAsked = errors.New("the server sent more than the answer")

// exchange sends a request and reads its answer, whose body lies in the
// connection's buffer until the next exchange.
func (c *connection) exchange(request []byte, patience time.Duration) (answer, error) {
	if err := c.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return answer{}, fmt.Errorf("send: %w", err)
	}
	if _, err := c.conn.Write(request); err != nil {
		return answer{}, fmt.Errorf("send: %w", err)
	}
	for held := 0; ; {
		if held == len(c.buffer) {
			c.buffer = append(c.buffer, make([]byte, len(c.buffer))...)
		}
		n, err := c.conn.Read(c.buffer[held:])
		if err != nil {
			return answer{}, fmt.Errorf("wait for the answer: %w", err)
		}
		held += n
		a, size, err := readAnswer(c.buffer[:held])
		switch {
		case err != nil:
			return answer{}, err
		case size == 0:
			continue
		case size < held:
			return answer{}, errMoreThanAsked
		}
		return a, nil
	}
}

func (c *connection) close() {
	c.hangUp()
	c.conn.Close()
}
