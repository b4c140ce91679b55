package tracing

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// Options of tracing. Without an Endpoint there is none.
type Options struct {
	// Endpoint is where traces are sent to, by OTLP over HTTP, such as
	// http://localhost:4318; empty for no traces. A path other than /v1/traces is
	// taken as it is.
	Endpoint string `koanf:"endpoint"`
	// Headers are sent along, each as name=value, such as what a hosted collector
	// knows its customers by.
	Headers []string `koanf:"headers" secret:"true"`
	// SampleRatio is the share of trades and orders that are followed, from 0 to 1.
	// What an executor follows itself, by the header traceparent, is followed here if
	// it says so.
	SampleRatio float64 `koanf:"sample_ratio"`
	// Service is what this engine calls itself in traces.
	Service string `koanf:"service"`
}

// DefaultOptions follow nothing.
func DefaultOptions() Options { return Options{SampleRatio: 0.01, Service: "outcry"} }

// Enabled reports whether anything is followed.
func (o Options) Enabled() bool { return o.Endpoint != "" }

// Validate reports every setting that is not allowed.
func (o Options) Validate() error {
	var errs []error
	if u, err := url.Parse(o.Endpoint); o.Enabled() && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		errs = append(errs, fmt.Errorf("endpoint: %q is not allowed: must be empty or a URL such as http://localhost:4318", o.Endpoint))
	}
	for _, header := range o.Headers {
		if name, _, ok := strings.Cut(header, "="); !ok || strings.TrimSpace(name) == "" {
			errs = append(errs, errors.New("headers: one of them has no name and value: each must be name=value"))
		}
	}
	if !(o.SampleRatio >= 0 && o.SampleRatio <= 1) {
		errs = append(errs, fmt.Errorf("sample_ratio: %v is not allowed: must be between 0 and 1", o.SampleRatio))
	}
	if o.Service == "" {
		errs = append(errs, errors.New("service: must not be empty"))
	}
	return errors.Join(errs...)
}

// url is the endpoint with the path that OTLP has where none is given.
func (o Options) url() string {
	if u, err := url.Parse(o.Endpoint); err == nil && strings.Trim(u.Path, "/") == "" {
		return u.JoinPath("v1", "traces").String()
	}
	return o.Endpoint
}

func (o Options) headers() map[string]string {
	headers := make(map[string]string, len(o.Headers))
	for _, header := range o.Headers {
		name, value, _ := strings.Cut(header, "=")
		headers[strings.TrimSpace(name)] = strings.TrimSpace(value)
	}
	return headers
}
