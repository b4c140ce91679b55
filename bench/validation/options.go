package validation

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Options is which server is looked at, and how.
type Options struct {
	// URL is where the server is, http or https, with the path it lies under.
	URL string
	// Token signs the connections in; without one, being refused for lack of
	// credentials shows that the server is up.
	Token string
	// Trusted are further authorities whose certificates count; nil: the system's.
	Trusted *x509.CertPool
	// Only names the checks to make; empty: all.
	Only []string
	// Patience bounds each check; all are made at the same time.
	Patience time.Duration
	// Anonymous connections end before they would be refused for lack of
	// credentials. A watch sets it: the server counts refusals, and those of a look
	// twice a minute would be most of the connects of a quiet one, and its alert.
	Anonymous bool
	// Now is the time that certificates are held against; nil: time.Now.
	Now func() time.Time
}

// maxURLBytes is more than any address has that people type.
const maxURLBytes = 2048

// Validate says what is wrong with the options.
func (o *Options) Validate() error {
	var errs []error
	if _, err := parseURL(o.URL); err != nil {
		errs = append(errs, err)
	}
	for _, name := range o.Only {
		if !slices.Contains(Names(), name) {
			errs = append(errs, fmt.Errorf("only: no check is called %q: must be of %s", name, strings.Join(Names(), ", ")))
		}
	}
	if o.Patience <= 0 {
		errs = append(errs, fmt.Errorf("patience: %v is not allowed: must be over 0, such as 10s", o.Patience))
	}
	if strings.ContainsFunc(o.Token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		errs = append(errs, errors.New("token: it has blanks or other characters that no token has: give what `outcry token` printed, alone"))
	}
	return errors.Join(errs...)
}

// parseURL takes the address of a server.
func parseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case len(text) > maxURLBytes || err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("URL %.80q is not allowed: must be like http://localhost:8080 or https://dashboard.example", text)
	case u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		return nil, fmt.Errorf("URL %.80q is not allowed: leave out everything but scheme, host, port and path", u.Redacted())
	}
	u.Path = strings.TrimSuffix(u.Path, "/")
	u.RawPath = ""
	return u, nil
}
