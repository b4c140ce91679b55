//go:build unix

package websocket

import (
	"errors"
	"syscall"
)

// isReset: the other end closed with bytes unread.
func isReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}
