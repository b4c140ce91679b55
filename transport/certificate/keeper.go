package certificate

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
)

// Keeper holds the certificate that new connections get. Those that are open keep
// the one they have.
type Keeper struct {
	// immutable after construction
	o   Options
	log zerolog.Logger
	now func() time.Time

	// atomic: written by the one goroutine of Watch
	current atomic.Pointer[tls.Certificate]

	// owned by the goroutine of Watch
	served pair // what current was made from
}

// pair is what the two files hold.
type pair struct{ cert, key []byte }

func (p pair) equal(q pair) bool { return bytes.Equal(p.cert, q.cert) && bytes.Equal(p.key, q.key) }

// NewKeeper reads the certificate. One that cannot serve is an error.
func NewKeeper(o Options, log zerolog.Logger, now func() time.Time) (*Keeper, error) {
	k := &Keeper{o: o, log: log, now: now}
	if _, err := k.reload(); err != nil {
		return nil, err
	}
	return k, nil
}

// Ends is when the certificate expires.
func (k *Keeper) Ends() time.Time { return k.current.Load().Leaf.NotAfter }

// Watch reads the files again and again until ctx ends. It compares what they
// hold and not their times, so it sees a rename, a link that was turned and a
// copy with an old date alike.
func (k *Keeper) Watch(ctx context.Context) {
	ticker := time.NewTicker(k.o.CheckInterval)
	defer ticker.Stop()
	said := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		changed, err := k.reload()
		switch {
		case err != nil && err.Error() != said: // once is enough
			said = err.Error()
			k.log.Warn().Err(err).Time("certificateExpiresAt", k.Ends()).Msg("new TLS certificate not taken: the old one is served on")
		case err == nil:
			said = ""
			if changed {
				k.log.Info().Time("certificateExpiresAt", k.Ends()).Msg("new TLS certificate taken")
			}
		}
	}
}

// reload takes the pair in the files, if it is new and good.
func (k *Keeper) reload() (changed bool, err error) {
	found, err := k.read()
	if err != nil {
		return false, err
	}
	if k.current.Load() != nil && found.equal(k.served) {
		return false, nil
	}
	certificate, err := k.parse(found)
	if err != nil {
		return false, err
	}
	k.served = found
	k.current.Store(certificate)
	return true, nil
}

func (k *Keeper) read() (p pair, err error) {
	if p.cert, err = os.ReadFile(k.o.CertFile); err != nil {
		return p, fmt.Errorf("cert_file: %w: name a PEM file that the server may read", err)
	}
	if p.key, err = os.ReadFile(k.o.KeyFile); err != nil {
		return p, fmt.Errorf("key_file: %w: name a PEM file that the server may read", err)
	}
	return p, nil
}

func (k *Keeper) parse(p pair) (*tls.Certificate, error) {
	certificate, err := tls.X509KeyPair(p.cert, p.key)
	if err != nil {
		return nil, fmt.Errorf("%s with %s: %w: they must be a PEM certificate and its own private key", k.o.CertFile, k.o.KeyFile, err)
	}
	now, leaf := k.now(), certificate.Leaf
	if now.After(leaf.NotAfter) {
		return nil, fmt.Errorf("%s: the certificate ended at %s: renew it", k.o.CertFile, leaf.NotAfter.Format(time.RFC3339))
	}
	if now.Before(leaf.NotBefore) {
		return nil, fmt.Errorf("%s: the certificate begins at %s: wait, or set the clock right", k.o.CertFile, leaf.NotBefore.Format(time.RFC3339))
	}
	return &certificate, nil
}
