package validation

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	// maxAnswerBytes bounds a body: the largest script of a dashboard is below it.
	maxAnswerBytes = 8 << 20
	// maxHeadBytes bounds the headers of an answer.
	maxHeadBytes = 64 << 10
)

// errTooLarge is about an answer that is over maxAnswerBytes.
var errTooLarge = fmt.Errorf("the answer is over %d MiB", maxAnswerBytes>>20)

// visit is one look at a server.
type visit struct {
	// immutable after construction
	url       *url.URL
	token     string
	anonymous bool
	patience  time.Duration
	now       func() time.Time
	tls       *tls.Config
	client    *http.Client

	// each written by one check, read when all are done
	health      *Health  // by health
	roundTripMs *float64 // by websocket
}

func newVisit(o Options) (*visit, error) {
	u, err := parseURL(o.URL)
	if err != nil {
		return nil, err
	}
	v := &visit{url: u, token: o.Token, anonymous: o.Anonymous, patience: o.Patience, now: o.Now}
	if v.now == nil {
		v.now = time.Now
	}
	v.tls = &tls.Config{RootCAs: o.Trusted, Time: v.now, MinVersion: tls.VersionTLS12}
	v.client = &http.Client{
		// The transport writes into its TLS configuration, hence a clone. It takes no
		// proxy of our own side: WebSocket does not take it either.
		Transport: &http.Transport{TLSClientConfig: v.tls.Clone(), MaxResponseHeaderBytes: maxHeadBytes, ForceAttemptHTTP2: true},
		// A redirect is an answer of its own to look at.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return v, nil
}

func (v *visit) close() { v.client.CloseIdleConnections() }

// at returns the address of a path below the server's.
func (v *visit) at(path string) string { return v.url.String() + path }

// origin is what a browser says whose page is the server's own. A server behind a proxy
// may not know that address for its own, and then refuses all browsers.
func (v *visit) origin() string {
	usual := map[string]string{"http": ":80", "https": ":443"}[v.url.Scheme]
	return v.url.Scheme + "://" + strings.TrimSuffix(v.url.Host, usual)
}

// answer is a whole answer over HTTP.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// get asks for a path below the server's address.
func (v *visit) get(ctx context.Context, path string) (*answer, error) {
	return v.ask(ctx, v.client, http.MethodGet, v.at(path), nil)
}

// ask makes a request, as a page of the server's would, and reads its answer as far as
// that is allowed to go.
func (v *visit) ask(ctx context.Context, client *http.Client, method, address string, body io.Reader) (*answer, error) {
	request, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Origin", v.origin())
	response, err := client.Do(request)
	if err != nil {
		var wrapped *url.Error // its text repeats method and address
		if errors.As(err, &wrapped) {
			err = wrapped.Err
		}
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswerBytes+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) > maxAnswerBytes:
		return nil, errTooLarge
	}
	return &answer{status: response.StatusCode, header: response.Header, body: text}, nil
}

// unexpected words an answer that is not 200.
func (a *answer) unexpected(path string) finding {
	switch to := a.header.Get("Location"); {
	case a.status >= 300 && a.status < 400 && to != "":
		return failed(followRedirect, "%s answers %d and leads to %.120q", path, a.status, to)
	case a.status == http.StatusNotFound:
		return failed("look whether this is the right address, and whether the proxy before it forwards "+path, "%s answers 404 Not Found", path)
	case a.status == http.StatusBadGateway || a.status == http.StatusGatewayTimeout:
		return failed(lookBehindProxy, "%s answers %d %s, which is the word of a proxy", path, a.status, http.StatusText(a.status))
	}
	return failed("read the server's log", "%s answers %d %s: %.200q", path, a.status, http.StatusText(a.status), a.body)
}
