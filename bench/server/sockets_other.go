//go:build !linux

package server

import "errors"

// SocketMemory fails, as there is no sock_diag here.
func SocketMemory(uint16) (Sockets, error) {
	return Sockets{}, errors.New("the memory of sockets is known on Linux only")
}
