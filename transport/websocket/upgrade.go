package websocket

import (
	"io"

	"github.com/gobwas/httphead"
	"github.com/gobwas/ws"

	"outcry/transport/netpoll"
)

// upgrade answers an upgrade request and, when it is granted, makes c a
// WebSocket. It returns how many bytes of rest, which followed the head, were
// consumed. Event loop only.
func (a *Acceptor) upgrade(c netpoll.Conn, head, rest []byte) (consumed int) {
	s := takeScratch()
	defer s.release()
	u := upgrading{a: a, req: &Request{RemoteAddr: c.RemoteAddr()}}
	err := u.answer(head, s)
	switch {
	case u.reject != nil:
		a.refuse(c, u.reject, errRejected)
		return len(rest)
	case err != nil: // the answer says what is wrong with the request
		a.log.Debug().Err(err).Stringer("peer", c.RemoteAddr()).Msg("bad upgrade request")
		_, _ = c.Write(s.b)
		c.CloseAfterFlush(err)
		return len(rest)
	}
	conn := &Conn{a: a, nc: c, h: u.handler}
	c.SetHandler((*inbound)(conn))
	_, _ = c.Write(s.b) // that it fails shows in Closed
	if u.opened != nil {
		u.opened(conn)
	}
	return (*inbound)(conn).Data(c, rest)
}

// upgrading is one upgrade request while it is answered.
type upgrading struct {
	a       *Acceptor
	req     *Request
	handler Handler
	opened  func(*Conn)
	reject  *Reject
}

// answer parses head and appends the response to s. With an error, other than
// for a reject, the response says so.
func (u *upgrading) answer(head []byte, s *scratch) error {
	upgrader := ws.Upgrader{
		OnRequest: u.uri, OnHost: u.host, OnHeader: u.header, OnBeforeUpgrade: u.ask, ProtocolCustom: firstProtocol,
	}
	_, err := upgrader.Upgrade(&memory{in: head, out: s})
	return err
}

// firstProtocol chooses the first of the subprotocols that a client asks for, as the
// official server does: a browser that asks and gets none closes the connection. What
// is no list of subprotocols asks for none.
func firstProtocol(asked []byte) (protocol string, ok bool) {
	httphead.ScanTokens(asked, func(token []byte) bool {
		protocol = string(token)
		return false
	})
	return protocol, true
}

func (u *upgrading) uri(uri []byte) error {
	u.req.URI = u.a.uris.of(uri)
	return nil
}

func (u *upgrading) host(host []byte) error {
	u.req.Host = u.a.hosts.of(host)
	return nil
}

// header keeps what Request holds. The upgrader gives names in canonical form.
func (u *upgrading) header(name, value []byte) error {
	switch string(name) {
	case "Origin":
		u.req.Origin = u.a.origins.of(value)
	case "Authorization":
		u.req.Authorization = string(value)
	case "Cookie":
		u.req.Cookie = string(value)
	case "X-Forwarded-For":
		if u.req.ForwardedFor != "" {
			u.req.ForwardedFor += ", "
		}
		u.req.ForwardedFor += string(value)
	}
	return nil
}

// ask lets Open decide, before anything is answered.
func (u *upgrading) ask() (ws.HandshakeHeader, error) {
	u.handler, u.opened, u.reject = u.a.open(u.req)
	if u.reject != nil {
		return nil, errRejected
	}
	if u.handler == nil {
		panic("websocket: Open returned neither a handler nor a reject")
	}
	return nil, nil
}

// memory is a connection whose request is read already.
type memory struct {
	in  []byte
	out *scratch
}

func (m *memory) Read(p []byte) (int, error) {
	if len(m.in) == 0 {
		return 0, io.EOF
	}
	n := copy(p, m.in)
	m.in = m.in[n:]
	return n, nil
}

func (m *memory) Write(p []byte) (int, error) {
	m.out.b = append(m.out.b, p...)
	return len(p), nil
}
