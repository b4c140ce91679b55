package auth

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// minSecretBytes is the least that makes guessing an HS256 secret hopeless.
const minSecretBytes = 16

// Options of token verification.
type Options struct {
	// Secrets are what tokens are signed with (HS256). Several allow rotation: the
	// first signs, all verify. Also JWT_SECRET.
	Secrets []string `koanf:"secrets" secret:"true"`
	// JWKSURL is where an issuer publishes its public keys; empty for none.
	JWKSURL string `koanf:"jwks_url"`
	// JWKSAlgorithms are the algorithms that an issuer's tokens may be signed with.
	JWKSAlgorithms []string `koanf:"jwks_algorithms"`
	// JWKSIssuer is what an issuer's tokens must say in iss; empty for anything.
	JWKSIssuer string `koanf:"jwks_issuer"`
	// JWKSAudience is what an issuer's tokens must say in aud; empty for anything.
	// One who issues tokens for several services says there for which.
	JWKSAudience string `koanf:"jwks_audience"`
	// JWKSInterval is how often the keys are fetched again.
	JWKSInterval time.Duration `koanf:"jwks_interval"`
	// QueryToken says whether tokens are taken from the URL of a handshake, too.
	// URLs end up in logs.
	QueryToken bool `koanf:"query_token"`
	// SessionSecret is what the session cookie is signed with. Without it the first
	// of Secrets is. Also SESSION_SECRET.
	SessionSecret string `koanf:"session_secret" secret:"true"`
	// SessionLifetime is how long somebody stays signed in.
	SessionLifetime time.Duration `koanf:"session_lifetime"`
	// CookieName is the name of the session cookie. Outside development it has __Host-
	// before it, so that no other host of the domain can set it.
	CookieName string `koanf:"cookie_name"`
	// Leeway is how far the clocks of issuer and verifier may differ. Sockets that are
	// open keep the end that they were given.
	Leeway time.Duration `koanf:"leeway" live:"true"`
}

// DefaultOptions have no secret, which each deployment must choose.
func DefaultOptions() Options {
	return Options{Leeway: 10 * time.Second, JWKSAlgorithms: slices.Clone(jwksAlgorithms), JWKSInterval: 15 * time.Minute,
		SessionLifetime: 7 * 24 * time.Hour, CookieName: "outcry_session"}
}

// sealSecret is what signs cookies, empty if one has to be made up.
func (o Options) sealSecret() string {
	if o.SessionSecret == "" && len(o.Secrets) > 0 {
		return o.Secrets[0]
	}
	return o.SessionSecret
}

// jwksAlgorithms are those of public keys that we verify.
var jwksAlgorithms = []string{"RS256", "ES256", "EdDSA"}

// Validate reports every setting that is not allowed. Secrets are not repeated.
func (o Options) Validate() error {
	var errs []error
	for i, secret := range o.Secrets {
		if len(secret) < minSecretBytes {
			errs = append(errs, fmt.Errorf("secrets: number %d has %d characters: must be at least %d", i+1, len(secret), minSecretBytes))
		}
	}
	if u, err := url.Parse(o.JWKSURL); o.JWKSURL != "" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http") {
		errs = append(errs, fmt.Errorf("jwks_url: %q is not allowed: must be an https URL", o.JWKSURL))
	}
	for _, name := range o.JWKSAlgorithms {
		if !slices.Contains(jwksAlgorithms, name) {
			errs = append(errs, fmt.Errorf("jwks_algorithms: %q is not allowed: must be among %s", name, strings.Join(jwksAlgorithms, ", ")))
		}
	}
	if o.JWKSURL != "" && len(o.JWKSAlgorithms) == 0 {
		errs = append(errs, errors.New("jwks_algorithms: none is set: must be among "+strings.Join(jwksAlgorithms, ", ")))
	}
	if o.JWKSURL != "" && (o.JWKSInterval < 10*time.Second || o.JWKSInterval > 24*time.Hour) {
		errs = append(errs, fmt.Errorf("jwks_interval: %s is not allowed: must be between 10s and 24h", o.JWKSInterval))
	}
	if o.SessionSecret != "" && len(o.SessionSecret) < minSecretBytes {
		errs = append(errs, fmt.Errorf("session_secret: it has %d characters: must be at least %d", len(o.SessionSecret), minSecretBytes))
	}
	if o.SessionLifetime < time.Minute || o.SessionLifetime > 366*24*time.Hour {
		errs = append(errs, fmt.Errorf("session_lifetime: %s is not allowed: must be between 1m and 8784h", o.SessionLifetime))
	}
	if (&http.Cookie{Name: o.CookieName, Value: "x"}).Valid() != nil {
		errs = append(errs, fmt.Errorf("cookie_name: %q is not allowed: must be letters, digits and underscores", o.CookieName))
	}
	if o.Leeway < 0 || o.Leeway > 5*time.Minute {
		errs = append(errs, fmt.Errorf("leeway: %s is not allowed: must be between 0 and 5m", o.Leeway))
	}
	return errors.Join(errs...)
}
