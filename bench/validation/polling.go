package validation

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
)

// maxPackets bounds what one poll may bring.
const maxPackets = 10_000

// lookAtPolling opens a connection of requests, as a browser does whose WebSocket
// is stopped.
func lookAtPolling(ctx context.Context, v *visit) finding {
	p, err := v.newPoller()
	if err != nil {
		return v.trouble(err)
	}
	packet, err := p.hear(ctx)
	if err == nil {
		p.sid, err = parseOpening(packet)
	}
	if err != nil {
		return v.unpolled(err)
	}
	defer p.close(ctx)
	done, err := converse(ctx, v, p)
	if _, ok := errors.AsType[*statusError](err); ok {
		return v.unpolled(err)
	}
	return v.judge(done, err)
}

// unpolled words why requests do not make a connection.
func (v *visit) unpolled(err error) finding {
	status, ok := errors.AsType[*statusError](err)
	if !ok {
		return v.trouble(err)
	}
	if status.code == http.StatusBadRequest {
		return failed("if several engines stand behind this address, the balancer must send a client to the same one each time (by cookie)", "refused: %v", status)
	}
	return v.refused(status.code, "let the proxy before the server forward GET and POST of /socket.io/")
}

// statusError is an answer that is not 200.
type statusError struct {
	code int
	said []byte
}

func (e *statusError) Error() string {
	return fmt.Sprintf("%d %s, %.120q", e.code, http.StatusText(e.code), e.said)
}

// poller is a connection of requests. One goroutine uses it.
type poller struct {
	visit   *visit
	client  *http.Client
	address string
	sid     string
	heard   []string
}

func (v *visit) newPoller() (*poller, error) {
	client := *v.client
	jar, err := cookiejar.New(nil) // balancers keep a client at its engine by a cookie
	if err != nil {
		return nil, err
	}
	client.Jar = jar
	return &poller{visit: v, client: &client, address: v.at("/socket.io/?EIO=4&transport=polling")}, nil
}

// request makes one request of the connection.
func (p *poller) request(ctx context.Context, method string, body io.Reader) ([]byte, error) {
	address := p.address
	if p.sid != "" {
		address += "&sid=" + url.QueryEscape(p.sid)
	}
	a, err := p.visit.ask(ctx, p.client, method, address, body)
	if err != nil {
		return nil, err
	}
	if a.status != http.StatusOK {
		return nil, &statusError{code: a.status, said: a.body}
	}
	return a.body, nil
}

func (p *poller) say(ctx context.Context, packet string) error {
	_, err := p.request(ctx, http.MethodPost, strings.NewReader(packet))
	return err
}

func (p *poller) hear(ctx context.Context) (packet string, err error) {
	for len(p.heard) == 0 {
		body, err := p.request(ctx, http.MethodGet, nil)
		if err != nil {
			return "", err
		}
		if p.heard = strings.SplitN(string(body), recordSeparator, maxPackets+1); len(p.heard) > maxPackets {
			return "", fmt.Errorf("a poll brings over %d packets", maxPackets)
		}
	}
	packet, p.heard = p.heard[0], p.heard[1:]
	return packet, nil
}

// close ends the connection, also when ctx has ended.
func (p *poller) close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), partingPatience)
	defer cancel()
	_ = p.say(ctx, engineClose) // a server that does not hear it ends it by itself
}
