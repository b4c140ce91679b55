package netpoll

import (
	"errors"
	"net/netip"
	"os"

	"github.com/rs/zerolog"
	"golang.org/x/sys/unix"
)

// errWouldBlock: the kernel has no bytes, or no room, at the moment.
var errWouldBlock = errors.New("would block")

// readOnce is read(2) without its interruptions.
func readOnce(fd int, p []byte) (int, error) {
	for {
		n, err := unix.Read(fd, p)
		switch err {
		case nil:
			return n, nil
		case unix.EINTR:
		case unix.EAGAIN:
			return 0, errWouldBlock
		default:
			return 0, os.NewSyscallError("read", err)
		}
	}
}

// peek reports whether there are bytes to read.
func peek(fd int) bool {
	var p [1]byte
	n, _, err := unix.Recvfrom(fd, p[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
	return err == nil && n > 0
}

// writeOnce is write(2) without its interruptions; it may take less than p.
func writeOnce(fd int, p []byte) (int, error) {
	for {
		n, err := unix.Write(fd, p)
		switch err {
		case nil:
			return n, nil
		case unix.EINTR:
		case unix.EAGAIN:
			return 0, errWouldBlock
		default:
			return 0, os.NewSyscallError("write", err)
		}
	}
}

// closeDescriptor closes fd. Linux frees the number even when close fails, so
// there is nothing to retry.
func closeDescriptor(fd int, log zerolog.Logger) {
	if err := unix.Close(fd); err != nil && err != unix.EINTR {
		log.Warn().Err(err).Int("fd", fd).Msg("closing a descriptor failed")
	}
}

// setOptions sets what each connection needs. A listener would pass it on, but
// not to the connections that it took before it was served. A failure is not
// worth losing the connection for.
func setOptions(fd, sendBufferBytes int, log zerolog.Logger) {
	err := errors.Join(
		os.NewSyscallError("TCP_NODELAY", unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)),
		os.NewSyscallError("SO_SNDBUF", unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, sendBufferBytes)),
	)
	if err != nil {
		log.Debug().Err(err).Int("fd", fd).Msg("setting socket options failed")
	}
}

func addrPort(sa unix.Sockaddr) netip.AddrPort {
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(sa.Addr).Unmap(), uint16(sa.Port))
	default:
		return netip.AddrPort{}
	}
}
