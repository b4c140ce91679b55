package metrics

import "fmt"

// Options of GET /metrics.
type Options struct {
	// Enabled says whether metrics are served.
	Enabled bool `koanf:"enabled"`
	// Token is what a scrape must show as Authorization: Bearer; empty lets anybody
	// scrape. Set it where the server can be reached by others than your Prometheus.
	Token string `koanf:"token" secret:"true"`
}

// DefaultOptions serve metrics to anybody, as Prometheus expects of a target.
func DefaultOptions() Options { return Options{Enabled: true} }

// minTokenBytes keeps a token from being guessed.
const minTokenBytes = 16

// Validate reports every setting that is not allowed.
func (o Options) Validate() error {
	if o.Token != "" && len(o.Token) < minTokenBytes {
		return fmt.Errorf("token: it has %d characters: must be empty or at least %d", len(o.Token), minTokenBytes)
	}
	return nil
}
