package auth

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// minSecretBytes is the least that makes guessing an HS256 secret hopeless.
const minSecretBytes = 16

// Options of token verification.
type Options struct {
	// Secrets sign tokens (HS256). Several allow rotation: the first signs, all verify.
	Secrets []string `koanf:"secrets" secret:"true"`
	// JWKSURL is where an issuer publishes its public keys; empty for none.
	JWKSURL string `koanf:"jwks_url"`
	// JWKSAlgorithms are those that its tokens may be signed with.
	JWKSAlgorithms []string `koanf:"jwks_algorithms"`
	// JWKSInterval is how often the keys are fetched again.
	JWKSInterval time.Duration `koanf:"jwks_interval"`
	// Leeway is how far the clocks of issuer and verifier may differ.
	Leeway time.Duration `koanf:"leeway"`
}

// DefaultOptions have no secret, which each deployment must choose.
func DefaultOptions() Options {
	return Options{Leeway: 10 * time.Second, JWKSAlgorithms: slices.Clone(jwksAlgorithms), JWKSInterval: 15 * time.Minute}
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
	if o.Leeway < 0 || o.Leeway > 5*time.Minute {
		errs = append(errs, fmt.Errorf("leeway: %s is not allowed: must be between 0 and 5m", o.Leeway))
	}
	return errors.Join(errs...)
}
