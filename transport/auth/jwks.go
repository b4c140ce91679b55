package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

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
	url        string
	algorithms []string
	client     *http.Client
	log        zerolog.Logger
	ctx        context.Context //nolint:containedctx // the key set's own life
	cancel     context.CancelFunc
	ended      chan struct{} // closed when nothing is fetched any more

	// atomic: written by who fetched, read by everybody who verifies
	known     atomic.Pointer[issuerKeys] // those of the last good set; nil before the first
	saidWhich atomic.Bool                // that tokens name no key was logged

	asking sync.Mutex // held while the issuer is asked, so that those who need the same answer wait for it
	// guarded by asking
	turns *rate.Limiter
	said  map[string]bool // keys of the set before that are not used, which were logged
}

// openKeySet fetches the keys, and again every so often until stop. An issuer
// that does not answer is logged and asked again; its tokens are refused
// meanwhile as a cause that passes.
func openKeySet(o Options, log zerolog.Logger) *keySet {
	k := &keySet{
		url: o.JWKSURL, algorithms: o.JWKSAlgorithms, log: log.With().Str("url", o.JWKSURL).Logger(), ended: make(chan struct{}),
		client: &http.Client{Timeout: jwksTimeout, CheckRedirect: staySecure},
		turns:  rate.NewLimiter(rate.Every(jwksUnknown), 1),
	}
	k.ctx, k.cancel = context.WithCancel(context.Background())
	k.renew()
	go k.keepFresh(o.JWKSInterval)
	return k
}

// stop ends what the key set does by itself.
func (k *keySet) stop() {
	k.cancel()
	<-k.ended
}

func (k *keySet) keepFresh(interval time.Duration) {
	defer close(k.ended)
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-k.ctx.Done():
			return
		case <-ticker.C:
			k.renew()
		}
	}
}

// verify may ask the issuer for its keys, so it may block.
func (k *keySet) verify(token string, parser *jwt.Parser) (Identity, *Refusal) {
	before := k.known.Load()
	c, err := before.parse(token, parser)
	if errors.Is(err, errMayBeOld) && k.ask(before) {
		before = k.known.Load()
		c, err = before.parse(token, parser)
	}
	switch {
	case err == nil:
		return c.identity()
	case errors.Is(err, errUnknownKey) && before == nil:
		return Identity{}, unavailable("the keys of the token issuer are not known yet")
	case errors.Is(err, errWhichKey) && !k.saidWhich.Swap(true):
		k.log.Warn().Err(err).Msg("tokens are refused, since the token issuer has several keys and they name none: have it set kid")
	}
	return Identity{}, refusalOf(err, c)
}

// errMayBeOld is of tokens that a set which the issuer has now may verify.
var errMayBeOld = errors.New("the issuer may have other keys by now")

// parse verifies a token by its key in the set, which is nil before there is one.
func (k *issuerKeys) parse(token string, parser *jwt.Parser) (*claims, error) {
	c, unnamed := &claims{}, false
	_, err := parser.ParseWithClaims(token, c, func(t *jwt.Token) (any, error) {
		id, err := keyName(t)
		if err != nil {
			return nil, err
		}
		unnamed = id == ""
		return k.find(t.Method.Alg(), id)
	})
	if errors.Is(err, errUnknownKey) || unnamed && errors.Is(err, jwt.ErrTokenSignatureInvalid) { // the only key may be another one now
		err = errors.Join(errMayBeOld, err)
	}
	return c, err
}

// ask asks the issuer for its keys, unless somebody did since before was looked at
// or a moment ago. It reports whether there are others than before.
func (k *keySet) ask(before *issuerKeys) bool {
	k.asking.Lock()
	defer k.asking.Unlock()
	if k.known.Load() == before && k.turns.Allow() {
		k.fetch()
	}
	return k.known.Load() != before
}

// renew asks the issuer, whoever did before.
func (k *keySet) renew() {
	k.asking.Lock()
	defer k.asking.Unlock()
	k.fetch()
}

// fetch takes the issuer's keys, if it has any that can be used. It needs asking.
func (k *keySet) fetch() {
	body, err := k.get()
	var keys *issuerKeys
	var unused []unusedKey
	if err == nil {
		keys, unused, err = parseKeys(body, k.algorithms)
	}
	k.tell(unused)
	switch {
	case err == nil:
		k.known.Store(keys)
	case k.ctx.Err() != nil: // it is over
	default:
		k.log.Error().Err(err).Msg("keys of the token issuer not taken: tokens by keys that it had before are good, new ones are refused until it gives a set of keys")
	}
}

// get returns what is at the URL.
func (k *keySet) get() ([]byte, error) {
	request, err := http.NewRequestWithContext(k.ctx, http.MethodGet, k.url, nil)
	if err != nil {
		return nil, fmt.Errorf("ask for the keys: %w", err)
	}
	response, err := k.client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("ask for the keys: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("ask for the keys: the answer is %s", response.Status)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, jwksBytes+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the keys: %w", err)
	case len(body) > jwksBytes:
		return nil, fmt.Errorf("the set is longer than %d bytes", jwksBytes)
	}
	return body, nil
}

// tell logs each key that is not used when it is met first: one that verifies
// nothing though it should is a mistake of the issuer. It needs asking.
func (k *keySet) tell(unused []unusedKey) {
	now := make(map[string]bool, len(unused))
	for _, key := range unused {
		id, why := fmt.Sprintf("%.64s", key.id), fmt.Sprintf("%.256s", key.cause)
		line := id + ": " + why
		if !k.said[line] && !now[line] {
			event := k.log.Warn()
			if errors.Is(key.cause, errOtherPurpose) {
				event = k.log.Info()
			}
			event.Str("kid", id).Str("why", why).Msg("a key of the token issuer is not used")
		}
		now[line] = true
	}
	if len(unused) > 0 {
		k.said = now
	}
}

// staySecure refuses to be sent from https to a page that anybody on the way may
// have written, and follows a few others.
func staySecure(next *http.Request, before []*http.Request) error {
	const most = 5
	if before[0].URL.Scheme == "https" && next.URL.Scheme != "https" {
		return fmt.Errorf("it sends us from https to %s: set auth.jwks_url to an address that answers itself", next.URL.Scheme)
	}
	if len(before) > most {
		return fmt.Errorf("it sends us on more than %d times", most)
	}
	return nil
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
