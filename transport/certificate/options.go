package certificate

import (
	"errors"
	"fmt"
	"time"
)

// Options say where the certificate is. Without files there is no TLS.
type Options struct {
	// CertFile is the certificate with its chain, PEM. Without one there is no TLS.
	CertFile string `koanf:"cert_file"`
	// KeyFile is the certificate's private key, PEM.
	KeyFile string `koanf:"key_file"`
	// CheckInterval is how often the files of the certificate are read again.
	CheckInterval time.Duration `koanf:"check_interval"`
}

// DefaultOptions serve without TLS.
func DefaultOptions() Options { return Options{CheckInterval: 10 * time.Second} }

// Enabled reports whether there is TLS.
func (o Options) Enabled() bool { return o.CertFile != "" }

// Validate reports every option that is not allowed.
func (o Options) Validate() error {
	var errs []error
	if o.CertFile == "" && o.KeyFile != "" {
		errs = append(errs, errors.New("cert_file: must be set, since key_file is: both, or neither for no TLS"))
	}
	if o.CertFile != "" && o.KeyFile == "" {
		errs = append(errs, errors.New("key_file: must be set, since cert_file is: both, or neither for no TLS"))
	}
	if o.CheckInterval < 100*time.Millisecond || o.CheckInterval > time.Hour {
		errs = append(errs, fmt.Errorf("check_interval: %s is not allowed: must be between 100ms and 1h", o.CheckInterval))
	}
	return errors.Join(errs...)
}
