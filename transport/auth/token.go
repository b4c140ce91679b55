package auth

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/rs/zerolog"
)

// Verifier checks tokens.
type Verifier struct {
	// immutable after construction
	keys    []any   // HS256 secrets
	issuer  *keySet // nil without a JWKS URL
	options Options // those it was made with
	now     func() time.Time

	logins     *Logins // nil where nobody signs in here
	sealer     *Sealer
	origins    Origins
	cookie     string // the session cookie's name
	former     string // what it was called before it had a prefix, empty where it has none
	secure     bool   // cookies are for https only
	allowQuery bool

	recent recentTokens // has a lock of its own
	wrong  wrongClaims  // has a lock of its own

	// atomic: written by Configure, read by everybody who verifies
	rules atomic.Pointer[rules]
}

// rules are what tokens must be.
type rules struct {
	leeway       time.Duration
	ours, theirs *jwt.Parser // of tokens that are signed with our secrets, and by the issuer
}

func newRules(o Options, now func() time.Time) *rules {
	return &rules{
		leeway: o.Leeway,
		ours:   jwt.NewParser(jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithLeeway(o.Leeway), jwt.WithTimeFunc(now)),
		theirs: jwt.NewParser(o.issuerRules(now)...),
	}
}

// NewVerifier returns a verifier that accepts a token signed with any of the
// secrets, or by the issuer of the JWKS URL. Close ends it.
func NewVerifier(o Options, log zerolog.Logger, now func() time.Time) (*Verifier, error) {
	if err := o.Validate(); err != nil {
		return nil, fmt.Errorf("token verifier: %w", err)
	}
	if len(o.Secrets) == 0 && o.JWKSURL == "" {
		return nil, errors.New("token verifier: neither a secret nor a JWKS URL is set")
	}
	v := &Verifier{wrong: wrongClaims{log: log, now: now}, options: o, now: now, cookie: o.cookieName(), allowQuery: o.QueryToken, sealer: NewSealer(o.sealSecret())}
	v.rules.Store(newRules(o, now))
	for _, secret := range o.Secrets {
		v.keys = append(v.keys, []byte(secret))
	}
	if o.JWKSURL != "" {
		v.issuer = openKeySet(o, log)
	}
	return v, nil
}

// WithLogins lets people in by the session cookie and by session ids, too. Pages
// of these origins may make requests with the cookie; secure keeps it to https.
// Call it before anything is verified.
func (v *Verifier) WithLogins(l *Logins, origins Origins, secure bool) {
	v.logins, v.origins, v.secure = l, origins, secure
	plain := v.options.cookieName()
	if v.cookie, v.former = v.CookieName(plain), ""; v.cookie != plain {
		v.former = plain
	}
}

// Sealer is what signs cookies.
func (v *Verifier) Sealer() *Sealer { return v.sealer }

// Configure changes the leeway, for tokens that are verified from then on.
func (v *Verifier) Configure(o Options) error {
	if err := o.Validate(); err != nil {
		return fmt.Errorf("token verifier: %w", err)
	}
	next := v.options
	next.Leeway = o.Leeway
	v.rules.Store(newRules(next, v.now))
	return nil
}

// Leeway is how far the clocks of issuer and verifier may differ.
func (v *Verifier) Leeway() time.Duration { return v.rules.Load().leeway }

// Close ends what the verifier does by itself.
func (v *Verifier) Close() {
	if v.issuer != nil {
		v.issuer.stop()
	}
}

// isOurs reports whether a token says that it is signed with a secret. That only
// chooses by which keys it is verified, each of which has its own algorithms.
func (v *Verifier) isOurs(token string) bool {
	if v.issuer == nil {
		return true
	}
	parsed, _, err := v.rules.Load().ours.ParseUnverified(token, &claims{})
	return err != nil || parsed.Method.Alg() == jwt.SigningMethodHS256.Alg()
}

// Verify returns whom a token identifies, or why it does not.
func (v *Verifier) Verify(token string) (Identity, *Refusal) {
	identity, refusal := v.verify(token)
	if refusal != nil {
		v.wrong.note(refusal)
	}
	return identity, refusal
}

func (v *Verifier) verify(token string) (Identity, *Refusal) {
	if len(token) > maxTokenBytes {
		return Identity{}, invalidToken()
	}
	if !v.isOurs(token) {
		return v.issuer.verify(token, v.rules.Load().theirs)
	}
	refusal, parser := invalidToken(), v.rules.Load().ours
	for _, key := range v.keys {
		var c claims
		_, err := parser.ParseWithClaims(token, &c, func(*jwt.Token) (any, error) { return key, nil })
		if err == nil {
			return c.identity()
		}
		refusal = refusalOf(err, &c)
		if !errors.Is(err, jwt.ErrTokenSignatureInvalid) {
			break // another secret would not mend it
		}
	}
	return Identity{}, refusal
}

// refusalOf translates the library's error. The signature is checked before
// the times, so an expired token is known to be one of ours.
func refusalOf(err error, c *claims) *Refusal {
	var wrong *claimError
	switch {
	case errors.As(err, &wrong):
		return invalidClaim(wrong)
	case errors.Is(err, jwt.ErrTokenExpired) && c.ExpiresAt != nil:
		return expiredToken(c.ExpiresAt.Time)
	case errors.Is(err, jwt.ErrTokenSignatureInvalid):
		return invalidSignature()
	case errors.Is(err, jwt.ErrTokenNotValidYet):
		return earlyToken()
	case errors.Is(err, jwt.ErrTokenUsedBeforeIssued):
		return invalidClaim(&claimError{"iat", "is in the future: compare the clocks of its issuer and of this server"})
	case errors.Is(err, jwt.ErrTokenInvalidIssuer):
		return invalidClaim(&claimError{"iss", "is not the one of auth.jwks_issuer"})
	case errors.Is(err, jwt.ErrTokenInvalidAudience):
		return invalidClaim(&claimError{"aud", "does not name the one of auth.jwks_audience"})
	case errors.Is(err, jwt.ErrTokenRequiredClaimMissing):
		return invalidClaim(&claimError{"exp, iss or aud", "is missing"})
	case errors.Is(err, errWhichKey):
		refusal := invalidToken()
		refusal.Hint = "the token names no key in kid, and its issuer has several: have the issuer name it"
		return refusal
	}
	return invalidToken()
}

// Claims of a token to be made.
type Claims struct {
	User  string
	Roles []Role
	TTL   time.Duration
}

// Mint signs a token with secret.
func Mint(secret string, c Claims, now time.Time) (string, error) {
	if !isUserID(c.User) {
		return "", fmt.Errorf("mint a token: the user %.32q is not allowed: must be 1 to %d bytes of text without control characters", c.User, maxUserBytes)
	}
	if c.TTL <= 0 {
		return "", fmt.Errorf("mint a token: a time to live of %s is not allowed: must be positive", c.TTL)
	}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, &claims{
		UserID:    text(c.User),
		Subject:   text(c.User),
		Type:      "access",
		Roles:     c.Roles,
		IssuedAt:  &instant{now},
		ExpiresAt: &instant{now.Add(c.TTL)},
	}).SignedString([]byte(secret))
	if err != nil {
		return "", fmt.Errorf("mint a token for %s: %w", c.User, err)
	}
	return token, nil
}
