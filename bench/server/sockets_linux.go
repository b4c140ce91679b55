package server

import (
	"encoding/binary"
	"errors"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// SocketMemory returns what the kernel holds for the connections to a TCP port of
// this machine, on the side of the server: sock_diag(7), as ss -m shows it.
func SocketMemory(port uint16) (Sockets, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return Sockets{}, fmt.Errorf("ask for the memory of sockets: %w", err)
	}
	defer unix.Close(fd)
	var sum Sockets
	for _, family := range []byte{unix.AF_INET, unix.AF_INET6} {
		if err := dump(fd, family, port, &sum); err != nil {
			return Sockets{}, fmt.Errorf("ask for the memory of sockets: %w", err)
		}
	}
	return sum, nil
}

// The layout of linux/inet_diag.h.
const (
	sockDiagByFamily = 20     // the type of the request: SOCK_DIAG_BY_FAMILY
	diagRequestBytes = 56     // struct inet_diag_req_v2
	diagAnswerBytes  = 72     // struct inet_diag_msg
	diagMemory       = 7      // the attribute INET_DIAG_SKMEMINFO
	established      = 1 << 1 // of the states of tcp_states.h, as a bit
)

// dump adds up the connections of one address family.
func dump(fd int, family byte, port uint16, sum *Sockets) error {
	request := make([]byte, unix.NLMSG_HDRLEN+diagRequestBytes)
	binary.NativeEndian.PutUint32(request[0:], uint32(len(request)))
	binary.NativeEndian.PutUint16(request[4:], sockDiagByFamily)
	binary.NativeEndian.PutUint16(request[6:], unix.NLM_F_REQUEST|unix.NLM_F_DUMP)
	body := request[unix.NLMSG_HDRLEN:]
	body[0], body[1], body[2] = family, unix.IPPROTO_TCP, 1<<(diagMemory-1)
	binary.NativeEndian.PutUint32(body[4:], established)
	binary.BigEndian.PutUint16(body[8:], port) // of this side
	if err := unix.Sendto(fd, request, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return err
	}
	buffer := make([]byte, 64<<10)
	for {
		n, _, err := unix.Recvfrom(fd, buffer, 0)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return err
		}
		messages, err := syscall.ParseNetlinkMessage(buffer[:n])
		if err != nil {
			return err
		}
		for _, m := range messages {
			switch m.Header.Type {
			case unix.NLMSG_DONE:
				return nil
			case unix.NLMSG_ERROR:
				return errors.New("the kernel refuses the request")
			}
			if err := sum.add(m.Data, port); err != nil {
				return err
			}
		}
	}
}

// add counts one connection in. A kernel may leave the choice by port to us.
func (s *Sockets) add(answer []byte, port uint16) error {
	if len(answer) < diagAnswerBytes {
		return errors.New("malformed answer of the kernel")
	}
	if binary.BigEndian.Uint16(answer[4:]) != port {
		return nil
	}
	for rest := answer[diagAnswerBytes:]; len(rest) >= unix.SizeofNlAttr; {
		length := int(binary.NativeEndian.Uint16(rest))
		if length < unix.SizeofNlAttr || length > len(rest) {
			return errors.New("malformed answer of the kernel")
		}
		if binary.NativeEndian.Uint16(rest[2:]) == diagMemory {
			return s.addMemory(rest[unix.SizeofNlAttr:length])
		}
		rest = rest[min(len(rest), (length+unix.NLA_ALIGNTO-1)&^(unix.NLA_ALIGNTO-1)):]
	}
	return errors.New("the kernel does not tell the memory of a socket")
}

// addMemory reads what SK_MEMINFO of linux/sock_diag.h numbers: what is received
// and not read (0), what is reserved and not used (4), what is queued to be sent
// or confirmed (5).
func (s *Sockets) addMemory(values []byte) error {
	const received, reserved, queued, needed = 0, 4, 5, 6
	if len(values) < needed*4 {
		return errors.New("malformed answer of the kernel")
	}
	for _, i := range []int{received, reserved, queued} {
		s.Bytes += int64(binary.NativeEndian.Uint32(values[i*4:]))
	}
	s.Count++
	return nil
}
