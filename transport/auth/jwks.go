package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
	"github.com/rs/zerolog"
	"golang.org/x/time/rate"
)

const (
	// jwksTimeout bounds a request for the keys.
	jwksTimeout = 5 * time.Second
	// jwksBytes bounds its answer: a set has a few keys.
	jwksBytes = 1 << 20
	// jwksUnknown is how often a token with a key that is not known makes us ask:
	// an issuer that has changed its keys is met soon, and tokens that were made up
	// do not make us a flood.
	jwksUnknown = 10 * time.Second
)

// keySet are the public keys of an issuer, from a JWKS URL.
type keySet struct {
	// immutable after construction
	known  jwkset.Storage  // the keys that were fetched last
	issuer jwkset.Storage  // the same, which asks the issuer for a key that is not there
	keys   keyfunc.Keyfunc // picks one of known
	ctx    context.Context //nolint:containedctx // the key set's own life
	stop   context.CancelFunc

	asking sync.Mutex    // held while the issuer is asked, so that those who need the same answer wait for it
	turns  *rate.Limiter // guarded by asking
}

// openKeySet begins to fetch keys, and again every so often until stop. An issuer
// that does not answer is logged and asked again; its tokens are refused
// meanwhile as a cause that passes.
func openKeySet(o Options, log zerolog.Logger) (*keySet, error) {
	k := &keySet{known: jwkset.NewMemoryStorage(), turns: rate.NewLimiter(rate.Every(jwksUnknown), 1)}
	k.ctx, k.stop = context.WithCancel(context.Background())
	if err := k.open(o, log); err != nil {
		k.stop()
		return nil, fmt.Errorf("auth.jwks_url: %w", err)
	}
	return k, nil
}

func (k *keySet) open(o Options, log zerolog.Logger) error {
	fetched, err := jwkset.NewStorageFromHTTP(o.JWKSURL, jwkset.HTTPClientStorageOptions{
		Client: &http.Client{Timeout: jwksTimeout, Transport: bounded{http.DefaultTransport}},
		Ctx:    k.ctx, Storage: k.known, HTTPTimeout: jwksTimeout, RefreshInterval: o.JWKSInterval,
		NoErrorReturnFirstHTTPReq: true,
		RefreshErrorHandler: func(_ context.Context, err error) {
			log.Error().Err(err).Str("url", o.JWKSURL).Msg("keys of the token issuer not fetched: its new tokens are refused until they are")
		},
	})
	if err != nil {
		return err
	}
	// RateLimitWaitMax bounds the request, too. Whose turn it is to ask is decided in fetch.
	k.issuer, err = jwkset.NewHTTPClient(jwkset.HTTPClientOptions{
		HTTPURLs:         map[string]jwkset.Storage{o.JWKSURL: fetched},
		RateLimitWaitMax: jwksTimeout, RefreshUnknownKID: rate.NewLimiter(rate.Inf, 1),
	})
	if err != nil {
		return err
	}
	k.keys, err = keyfunc.New(keyfunc.Options{
		Ctx: k.ctx, Storage: k.known,
		UseWhitelist: []jwkset.USE{"", jwkset.UseSig}, // a key to encrypt with signs nothing
	})
	return err
}

// keyOf returns the key that a token names. It may ask the issuer.
func (k *keySet) keyOf(token *jwt.Token) (any, error) {
	if name, ok := token.Header["kid"].(string); ok && !k.has(name) {
		k.fetch(name)
	}
	return k.keys.Keyfunc(token)
}

func (k *keySet) has(name string) bool {
	_, err := k.known.KeyRead(k.ctx, name)
	return err == nil
}

// fetch asks the issuer for a key, if it was not asked a moment ago.
func (k *keySet) fetch(name string) {
	k.asking.Lock()
	defer k.asking.Unlock()
	if !k.has(name) && k.turns.Allow() {
		_, _ = k.issuer.KeyRead(k.ctx, name) // what goes wrong is logged, and known has no such key
	}
}

// issuerRules are what a token of the issuer must be.
func (o Options) issuerRules(now func() time.Time) []jwt.ParserOption {
	rules := []jwt.ParserOption{jwt.WithValidMethods(o.JWKSAlgorithms), jwt.WithLeeway(o.Leeway), jwt.WithTimeFunc(now)}
	if o.JWKSIssuer != "" {
		rules = append(rules, jwt.WithIssuer(o.JWKSIssuer))
	}
	if o.JWKSAudience != "" {
		rules = append(rules, jwt.WithAudience(o.JWKSAudience))
	}
	return rules
}

// verify may ask the issuer for its keys, so it may block.
func (k *keySet) verify(token string, parser *jwt.Parser) (Identity, *Refusal) {
	var c claims
	_, err := parser.ParseWithClaims(token, &c, k.keyOf)
	switch {
	case err == nil:
		return c.identity()
	case errors.Is(err, jwt.ErrTokenUnverifiable) && k.empty():
		return Identity{}, unavailable("the keys of the token issuer are not known yet")
	}
	return Identity{}, refusalOf(err, &c)
}

// empty reports whether no key was ever fetched.
func (k *keySet) empty() bool {
	keys, err := k.known.KeyReadAll(k.ctx)
	return err != nil || len(keys) == 0
}

// bounded cuts answers that are too large.
type bounded struct{ http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		response.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(response.Body, jwksBytes), response.Body}
	}
	return response, err
}
