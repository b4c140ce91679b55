//go:build unix

package netpoll

import (
	"errors"
	"syscall"
)

// isReset: the peer, or our own close with bytes unread, reset the connection.
func isReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}
