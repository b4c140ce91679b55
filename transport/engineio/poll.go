package engineio

import (
	"cmp"
	"context"
	"errors"
	"io"
	"math"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"outcry/transport/websocket"
)

// bodyTimeout is how long a client may take to send a payload.
const bodyTimeout = 10 * time.Second

// ServeHTTP serves long-polling: the handshake, polls and posts. Requests that are
// none of them are refused as the official server does.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	query, _ := url.ParseQuery(r.URL.RawQuery) // a parameter that cannot be parsed counts as absent
	transport := last(query, "transport")
	switch sid := last(query, "sid"); {
	case transport != transportPolling && transport != transportWebSocket:
		s.refuse(w, sid, unknownTransport)
	case !validHeader(r.Header.Get("Origin")):
		s.refuse(w, sid, badRequest)
	case sid != "":
		s.serveSession(w, r, sid, query)
	case r.Method != http.MethodGet:
		s.refuse(w, sid, badHandshakeMethod)
	case transport != transportPolling:
		s.refuse(w, sid, badRequest) // a WebSocket handshake that does not upgrade
	default:
		s.openPolling(w, r, query)
	}
}

// refuse answers a request that is not served; sid is its session's id, "" for a
// handshake.
func (s *Server) refuse(w http.ResponseWriter, sid string, refusal *websocket.Reject) {
	s.refusals.count(sid, refusal)
	refusal.Respond(w)
}

// openPolling is the handshake of a client that polls.
func (s *Server) openPolling(w http.ResponseWriter, r *http.Request, query url.Values) {
	request := websocket.RequestOf(r)
	reject := s.checkAllowed(request, query)
	if reject == nil {
		reject = s.enter()
	}
	if reject != nil {
		s.refuse(w, "", reject)
		return
	}
	socket := &Socket{server: s, id: NewID(), request: request}
	p := &polling{socket: socket}
	p.deadline.Owner = p
	socket.carrier = p
	s.byPolling.Add(1)
	s.remember(socket)
	rhythm := s.heartbeat.rhythm()
	p.open(rhythm)
	if err := s.respond(w, s.openPacket(rhythm, socket.id, transportWebSocket)); err != nil {
		p.cancel(err, true)
	}
}

// open tells the Handler of the socket.
func (p *polling) open(r *rhythm) {
	s := p.socket.server
	p.calls.Lock()
	s.heartbeat.add(r, p.socket, s.now())
	s.handler.Open(p.socket)
	p.calls.Unlock()
	if s.isClosing() { // see opened
		p.socket.shutDown()
	}
}

// serveSession serves a request with a session's id.
func (s *Server) serveSession(w http.ResponseWriter, r *http.Request, sid string, query url.Values) {
	socket := s.polled(sid)
	switch {
	case socket == nil:
		s.refuse(w, sid, unknownSession)
	case last(query, "EIO") != protocolVersion:
		s.refuse(w, sid, unsupportedVersion)
	case last(query, "transport") != transportPolling:
		s.refuse(w, sid, badRequest)
	case s.heartbeat.expired(socket, s.now()): // the next step would find it
		s.timeOut(socket)
		s.refuse(w, sid, unknownSession)
	case r.Method == http.MethodGet:
		s.servePoll(w, r, socket)
	case r.Method == http.MethodPost:
		s.servePost(w, r, socket)
	default:
		w.Header().Set("Allow", "GET, POST")
		s.refuse(w, sid, badMethod)
	}
}

// changeOverPace is how long a poll may wait while a WebSocket is about to take
// over, as in the official server. If that never comes, the client polls at this
// pace until UpgradeTimeout, and is still told what there is.
const changeOverPace = 100 * time.Millisecond

// servePoll waits for what there is to tell the client.
func (s *Server) servePoll(w http.ResponseWriter, r *http.Request, socket *Socket) {
	p := socket.carrier.(*polling)
	a := p.wait(r.Context())
	if a.refusal != nil {
		s.refuse(w, socket.id, a.refusal)
		return
	}
	payload := appendPayload(make([]byte, 0, len(a.frames)+2), a.frames)
	if a.last != 0 {
		payload = append(beginPacket(payload), byte(a.last))
	}
	err := r.Context().Err() // a write to a client that has gone can still succeed
	if err == nil {
		err = s.respond(w, payload)
	}
	if err != nil {
		p.cancel(errPollCancelled, len(a.frames) > 0)
	}
}

// wait takes a poll and waits for its answer or the end of its request.
func (p *polling) wait(request context.Context) answer {
	wait, ready, changing := p.begin()
	if ready {
		p.writable()
	}
	var enough <-chan time.Time
	if changing {
		enough = time.After(changeOverPace)
	}
	select {
	case a := <-wait:
		return a
	case <-enough:
		p.release()
	case <-request.Done():
		p.cancel(errPollCancelled, false)
	}
	return <-wait // release or cancel has answered it, if nothing else had
}

// respond sends a payload of packets. A client that does not read it shall not
// hold it for ever.
func (s *Server) respond(w http.ResponseWriter, payload []byte) error {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=UTF-8")
	h.Set("Content-Length", strconv.Itoa(len(payload)))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	control := http.NewResponseController(w)
	_ = control.SetWriteDeadline(time.Now().Add(s.options.Load().PingTimeout)) // fails only with the writers of tests
	_, err := w.Write(payload)
	if err == nil {
		err = control.Flush()
	}
	_ = control.SetWriteDeadline(time.Time{})
	return err
}

// servePost takes packets of the client.
func (s *Server) servePost(w http.ResponseWriter, r *http.Request, socket *Socket) {
	p := socket.carrier.(*polling)
	if refusal := p.beginPost(); refusal != nil {
		s.refuse(w, socket.id, refusal)
		return
	}
	defer p.endPost()
	if isBinaryBody(r) { // of an older protocol
		p.cancel(errBinaryBody, true)
		s.refuse(w, socket.id, badRequest)
		return
	}
	payload, refusal := s.readPayload(w, r, p)
	if refusal != nil {
		s.refuse(w, socket.id, refusal)
		return
	}
	if err := p.receive(payload); err != nil {
		s.refuse(w, socket.id, badRequest)
		return
	}
	w.Header().Set("Content-Type", "text/html")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = io.WriteString(w, "ok") // the client is gone if this fails
}

var errBinaryBody = errors.New("a payload of the type application/octet-stream is not allowed")

func isBinaryBody(r *http.Request) bool {
	contentType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return contentType == "application/octet-stream"
}

// readPayload reads the body of a post.
func (s *Server) readPayload(w http.ResponseWriter, r *http.Request, p *polling) ([]byte, *websocket.Reject) {
	limit := int64(cmp.Or(s.maxBytes, math.MaxInt))
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(bodyTimeout)) // fails only with the writers of tests
	if r.ContentLength > limit {
		// A client that is cut off while it sends may never read why.
		_, _ = io.CopyN(io.Discard, r.Body, limit)
		s.largePayloads.Add(1)
		return nil, tooLarge
	}
	payload, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		s.largePayloads.Add(1)
		return nil, tooLarge
	case err != nil:
		p.cancel(errPostCancelled, true)
		return nil, badRequest
	}
	_ = control.SetReadDeadline(time.Time{})
	return payload, nil
}
