package auth

import (
	"errors"
	"fmt"
	"time"
)

// minSecretBytes is the least that makes guessing an HS256 secret hopeless.
const minSecretBytes = 16

// Options of token verification.
type Options struct {
	// Secrets sign tokens (HS256). Several allow rotation: the first signs, all verify.
	Secrets []string `koanf:"secrets" secret:"true"`
	// Leeway is how far the clocks of issuer and verifier may differ.
	Leeway time.Duration `koanf:"leeway"`
}

// DefaultOptions have no secret, which each deployment must choose.
func DefaultOptions() Options { return Options{Leeway: 10 * time.Second} }

// Validate reports every setting that is not allowed. Secrets are not repeated.
func (o Options) Validate() error {
	var errs []error
	for i, secret := range o.Secrets {
		if len(secret) < minSecretBytes {
			errs = append(errs, fmt.Errorf("secrets: number %d has %d characters: must be at least %d", i+1, len(secret), minSecretBytes))
		}
	}
	if o.Leeway < 0 || o.Leeway > 5*time.Minute {
		errs = append(errs, fmt.Errorf("leeway: %s is not allowed: must be between 0 and 5m", o.Leeway))
	}
	return errors.Join(errs...)
}
