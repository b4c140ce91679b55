package websocket

import (
	"net"
	"net/http"

	"github.com/rs/zerolog"

	"outcry/transport/netpoll"
)

// Acceptor is what a fresh connection meets first.
type Acceptor struct{}

// NewAcceptor returns an Acceptor that upgrades requests whose URI match accepts
// and open grants.
func NewAcceptor(o Options, match func(uri []byte) bool, open Open, log zerolog.Logger) *Acceptor {
	return &Acceptor{}
}

// Accept is the accept function of netpoll.Poller.Serve.
func (a *Acceptor) Accept(c netpoll.Conn) netpoll.Handler { return nil }

// Listener yields the connections that are handed over to net/http.
func (a *Acceptor) Listener() net.Listener { return nil }

// UpgradeHTTP upgrades a request that reached net/http; the connection joins p.
func (a *Acceptor) UpgradeHTTP(w http.ResponseWriter, r *http.Request, p *netpoll.Poller) {}

// Close stops the Acceptor's goroutines and closes its Listener.
func (a *Acceptor) Close() {}
