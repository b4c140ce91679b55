package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"outcry/transport/engineio"
	"outcry/transport/netpoll"
	"outcry/transport/socketio"
	"outcry/transport/websocket"
)

// The paths that the suites ask for.
const (
	enginePath = "/engine.io/"
	socketPath = "/socket.io/"
)

// shutdownTimeout is how long clients may take to take leave.
const shutdownTimeout = 5 * time.Second

// server is both protocols on one listener.
type server struct {
	// immutable after construction
	poller   *netpoll.Poller
	acceptor *websocket.Acceptor
	http     *http.Server
	engines  map[string]*engineio.Server // by path
}

// newServer starts the rooms; serve ends them. po is how sockets are served.
func newServer(po netpoll.Options) (*server, error) {
	log := zerolog.New(os.Stderr).Level(zerolog.WarnLevel)
	limits := websocket.DefaultOptions()
	// Clients of the Socket.IO suite that test the heartbeat never connect: they must
	// not be closed for that before their third ping, however slow they are.
	sockets, err := socketio.NewServer(socketio.Options{ConnectTimeout: 2 * time.Second}, limits.MaxMessageBytes, newEchoEvents(), socketio.Root, "/custom")
	if err != nil {
		return nil, err
	}
	s := &server{engines: make(map[string]*engineio.Server)}
	for path, handler := range map[string]engineio.Handler{enginePath: echoMessages{}, socketPath: sockets} {
		engine, err := engineio.NewServer(engineOptions(), limits.MaxMessageBytes, handler, time.Now)
		if err != nil {
			return nil, errors.Join(err, s.close())
		}
		s.engines[path] = engine
	}
	if s.poller, err = netpoll.New(po, log); err != nil {
		return nil, errors.Join(err, s.close())
	}
	s.acceptor = websocket.NewAcceptor(limits, s.serves, s.open, log)
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: limits.HeaderTimeout, MaxHeaderBytes: limits.MaxHeaderBytes}
	return s, nil
}

// engineOptions are the times that the suites count on.
func engineOptions() engineio.Options {
	o := engineio.DefaultOptions()
	o.PingInterval, o.PingTimeout = 300*time.Millisecond, 200*time.Millisecond
	return o
}

// engineOf returns the server of a request URI, nil for other paths.
func (s *server) engineOf(uri string) *engineio.Server {
	path, _, _ := strings.Cut(uri, "?")
	return s.engines[strings.TrimSuffix(path, "/")+"/"]
}

func (s *server) serves(uri []byte) bool { return s.engineOf(string(uri)) != nil }

// open is a websocket.Open; it is asked only about what is served.
func (s *server) open(r *websocket.Request) (websocket.Handler, func(*websocket.Conn), *websocket.Reject) {
	return s.engineOf(r.URI).OpenWebSocket(r)
}

// ServeHTTP serves polls, and upgrades of connections that polled before.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	engine := s.engineOf(r.RequestURI)
	switch {
	case engine == nil:
		http.Error(w, "not found: there are "+enginePath+" and "+socketPath, http.StatusNotFound)
	case strings.EqualFold(r.Header.Get("Upgrade"), "websocket"):
		s.acceptor.UpgradeHTTP(w, r, s.poller)
	default:
		engine.ServeHTTP(w, r)
	}
}

// serve accepts connections until ctx ends or the listener fails, and then ends
// everything. It closes ln.
func (s *server) serve(ctx context.Context, ln net.Listener) error {
	var serving sync.WaitGroup
	failed := make(chan error, 2)
	serving.Go(func() { failed <- s.poller.Serve(ln, s.acceptor.Accept) })
	serving.Go(func() { failed <- s.http.Serve(s.acceptor.Listener()) })
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
		err = fmt.Errorf("serve: %w", err)
	}
	_ = ln.Close() // that it is closed already is what failed says
	err = errors.Join(err, s.close())
	serving.Wait()
	return err
}

// close ends what newServer started, in the order of the data.
func (s *server) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	var err error
	for _, engine := range s.engines {
		err = errors.Join(err, engine.Close(ctx))
	}
	if s.http != nil {
		err = errors.Join(err, s.http.Shutdown(ctx))
		s.acceptor.Close()
	}
	if s.poller != nil {
		err = errors.Join(err, s.poller.Close())
	}
	return err
}
