package websocket

import (
	"errors"
	"syscall"
)

const wsaECONNABORTED = syscall.Errno(10053)

// isReset: the other end closed with bytes unread.
func isReset(err error) bool {
	return errors.Is(err, syscall.WSAECONNRESET) || errors.Is(err, wsaECONNABORTED)
}
