package netpoll

import (
	"errors"
	"syscall"
)

const wsaECONNABORTED = syscall.Errno(10053)

// isReset: the peer, or our own close with bytes unread, reset the connection.
func isReset(err error) bool {
	return errors.Is(err, syscall.WSAECONNRESET) || errors.Is(err, wsaECONNABORTED)
}
