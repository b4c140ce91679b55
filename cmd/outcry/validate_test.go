package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"outcry/bench/validation"
	"outcry/config"
	"outcry/transport/auth"
)

// The dashboard may not be built where Go tests run; validate.test.mjs asks for it.
func TestEngineIsValidatedInBothModes(t *testing.T) {
	eachEngine(t, nil, validates)
	eachTLSEngine(t, func(s *config.Settings) { s.Server.TLS.CheckInterval = time.Hour }, validates)
}

func validates(t *testing.T, e *Engine) {
	o := validation.Options{URL: strings.Replace(e.URL(), "127.0.0.1", "localhost", 1), Patience: badInputPatience, Only: []string{"health", "api", "websocket", "polling", "headers", "tls"}}
	if trust := trustOf(e); trust != nil {
		o.Trusted = trust.RootCAs
	}
	for _, token := range []string{"", tokenOf(t, "ann", auth.Trader)} {
		o.Token = token
		report, err := validation.Run(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if !report.Passed || report.Health == nil || (report.RoundTripMs != nil) != (token != "") {
			t.Errorf("token %q: %+v", token, report)
		}
	}
}

func TestValidateHasExitCodesOfItsOwn(t *testing.T) {
	t.Setenv("VALIDATE_TOKEN", "")
	e := serve(t, nil)
	authority := filepath.Join(t.TempDir(), "authority")
	if err := os.WriteFile(authority, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		code int
		args []string
	}{
		{0, []string{e.URL(), "--only=health"}},
		{1, []string{e.URL() + "/nowhere", "--only=health"}},
		{2, []string{"nonsense"}},
		{2, []string{e.URL(), "--only=helth"}},
		{2, []string{e.URL(), "--patience=0s"}},
		{2, []string{e.URL(), "--ca=" + authority}},
		{2, []string{e.URL(), "--watch", "--only=health"}},
		{2, []string{e.URL(), "--watch", "--for=1s"}},
	} {
		if code := run(append([]string{"validate"}, test.args...)); code != test.code {
			t.Errorf("validate %q: exit code %d, want %d", test.args, code, test.code)
		}
	}
}
