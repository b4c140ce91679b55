package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
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
	parser *jwt.Parser
	keys   keyfunc.Keyfunc
	stop   context.CancelFunc
}

// openKeySet begins to fetch keys, and again every so often until stop. An issuer
// that does not answer is logged and asked again; its tokens are refused
// meanwhile as a cause that passes.
func openKeySet(o Options, log zerolog.Logger, now func() time.Time) (*keySet, error) {
	ctx, stop := context.WithCancel(context.Background())
	keys, err := keyfunc.NewDefaultOverrideCtx(ctx, []string{o.JWKSURL}, keyfunc.Override{
		Client:            &http.Client{Timeout: jwksTimeout, Transport: bounded{http.DefaultTransport}},
		HTTPTimeout:       jwksTimeout,
		RefreshInterval:   o.JWKSInterval,
		RateLimitWaitMax:  time.Millisecond, // nobody waits for a turn to ask
		RefreshUnknownKID: rate.NewLimiter(rate.Every(jwksUnknown), 1),
		RefreshErrorHandlerFunc: func(url string) func(context.Context, error) {
			return func(_ context.Context, err error) {
				log.Error().Err(err).Str("url", url).Msg("keys of the token issuer not fetched: its new tokens are refused until they are")
			}
		},
	})
	if err != nil {
		stop()
		return nil, fmt.Errorf("auth.jwks_url: %w", err)
	}
	signing, err := keyfunc.New(keyfunc.Options{
		Ctx: ctx, Storage: keys.Storage(),
		UseWhitelist: []jwkset.USE{"", jwkset.UseSig}, // a key to encrypt with signs nothing
	})
	if err != nil {
		stop()
		return nil, fmt.Errorf("auth.jwks_url: %w", err)
	}
	return &keySet{keys: signing, stop: stop, parser: jwt.NewParser(o.issuerRules(now)...)}, nil
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
func (k *keySet) verify(token string) (Identity, *Refusal) {
	var c claims
	_, err := k.parser.ParseWithClaims(token, &c, k.keys.Keyfunc)
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
	keys, err := k.keys.Storage().KeyReadAll(context.Background())
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
