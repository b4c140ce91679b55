package auth

import (
	"crypto/elliptic"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/golang-jwt/jwt/v5"
)

// mark publishes a key with what a set says about its use.
func (i *issuer) mark(kid string, public any, change func(*jwkset.JWKMarshal)) {
	i.t.Helper()
	i.publish(kid, public)
	i.mu.Lock()
	defer i.mu.Unlock()
	change(&i.keys[len(i.keys)-1])
}

// issueWith is issue with more in the header; a nil value takes a field away.
func issueWith(t *testing.T, method jwt.SigningMethod, key any, header, claims map[string]any) string {
	t.Helper()
	all := jwt.MapClaims{"sub": "ann", "exp": time.Now().Add(time.Hour).Unix()}
	for name, value := range claims {
		all[name] = value
	}
	token := jwt.NewWithClaims(method, all)
	for name, value := range header {
		token.Header[name] = value
	}
	text, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func codeOf(refusal *Refusal) string {
	if refusal == nil {
		return ""
	}
	return refusal.Code
}

// A key of the issuer signs what the issuer made it for, and a token that shows a
// key of its own has none.
func TestKeysSignWhatTheyAreFor(t *testing.T) {
	i := newIssuer(t)
	rsaKey, ecKey, wide, foreign := newRSA(t), newEC(t, elliptic.P256()), newEC(t, elliptic.P384()), newRSA(t)
	i.publish("r", rsaKey.Public())
	i.publish("e", ecKey.Public())
	i.publish("wide", wide.Public())
	i.mark("to encrypt", rsaKey.Public(), func(k *jwkset.JWKMarshal) { k.USE = jwkset.UseEnc })
	i.mark("to sign", rsaKey.Public(), func(k *jwkset.JWKMarshal) { k.USE = jwkset.UseSig })
	i.mark("of RS512", rsaKey.Public(), func(k *jwkset.JWKMarshal) { k.ALG = jwkset.AlgRS512 })
	i.mark("of HS256", []byte("a secret that nobody should publish"), func(k *jwkset.JWKMarshal) { k.ALG = jwkset.AlgHS256 })
	v := i.verifier(func(o *Options) { o.Secrets = []string{secret} })

	own, err := jwkset.NewJWKFromKey(foreign.Public(), jwkset.JWKOptions{Metadata: jwkset.JWKMetadataOptions{KID: "r"}})
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(rsaKey.Public())
	if err != nil {
		t.Fatal(err)
	}
	publicPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	named := func(kid any) map[string]any { return map[string]any{"kid": kid} }
	for name, c := range map[string]struct{ token, code string }{
		"a key to sign with":        {issueWith(t, jwt.SigningMethodRS256, rsaKey, named("to sign"), nil), ""},
		"a key to encrypt with":     {issueWith(t, jwt.SigningMethodRS256, rsaKey, named("to encrypt"), nil), "INVALID_TOKEN"},
		"a key of another strength": {issueWith(t, jwt.SigningMethodRS256, rsaKey, named("of RS512"), nil), "INVALID_TOKEN"},
		"a secret of the set":       {issueWith(t, jwt.SigningMethodHS256, []byte("a secret that nobody should publish"), named("of HS256"), nil), "INVALID_TOKEN"},
		"a secret's name":           {issueWith(t, jwt.SigningMethodRS256, rsaKey, named("of HS256"), nil), "INVALID_TOKEN"},
		"a curve of another width":  {issueWith(t, jwt.SigningMethodES256, ecKey, named("wide"), nil), "INVALID_TOKEN"},
		"a wide curve's token":      {issueWith(t, jwt.SigningMethodES384, wide, named("wide"), nil), "INVALID_TOKEN"},
		"RSA named as a curve":      {issueWith(t, jwt.SigningMethodRS256, rsaKey, named("e"), nil), "INVALID_TOKEN"},
		"PSS":                       {issueWith(t, jwt.SigningMethodPS256, rsaKey, named("r"), nil), "INVALID_TOKEN"},
		"the public key as secret":  {issueWith(t, jwt.SigningMethodHS256, publicPEM, named("r"), nil), "INVALID_TOKEN"},
		"its bytes as secret":       {issueWith(t, jwt.SigningMethodHS256, der, named("r"), nil), "INVALID_TOKEN"},
		"a key in the token":        {issueWith(t, jwt.SigningMethodRS256, foreign, map[string]any{"kid": "r", "jwk": own.Marshal()}, nil), "INVALID_TOKEN"},
		"an address in the token":   {issueWith(t, jwt.SigningMethodRS256, foreign, map[string]any{"kid": "r", "jku": i.server.URL, "x5u": i.server.URL}, nil), "INVALID_TOKEN"},
		"nobody's key":              {issueWith(t, jwt.SigningMethodRS256, foreign, nil, nil), "INVALID_TOKEN"},
		"a path":                    {issueWith(t, jwt.SigningMethodRS256, rsaKey, named("../r"), nil), "INVALID_TOKEN"},
		"several names":             {issueWith(t, jwt.SigningMethodRS256, rsaKey, named([]string{"r"}), nil), "INVALID_TOKEN"},
		"a number for a name":       {issueWith(t, jwt.SigningMethodRS256, rsaKey, named(7), nil), "INVALID_TOKEN"},
		"refresh":                   {issueWith(t, jwt.SigningMethodRS256, rsaKey, named("r"), map[string]any{"type": "refresh"}), "INVALID_TOKEN"},
		"nobody":                    {issueWith(t, jwt.SigningMethodRS256, rsaKey, named("r"), map[string]any{"sub": ""}), "INVALID_TOKEN"},
		"an end in quotes":          {issueWith(t, jwt.SigningMethodRS256, rsaKey, named("r"), map[string]any{"exp": "9999999999"}), "INVALID_TOKEN"},
		"too early":                 {issueWith(t, jwt.SigningMethodRS256, rsaKey, named("r"), map[string]any{"nbf": time.Now().Add(time.Hour).Unix()}), "TOKEN_NOT_BEFORE"},
	} {
		if id, refusal := v.Verify(c.token); codeOf(refusal) != c.code || c.code == "" && id.UserID != "ann" {
			t.Errorf("%s: %q, want %q (%+v)", name, codeOf(refusal), c.code, id)
		}
	}
}

// One who issues tokens for several services says for which: a token for another
// one must not open an account here.
func TestTokensForOtherServicesAreRefused(t *testing.T) {
	i := newIssuer(t)
	key := newEC(t, elliptic.P256())
	i.publish("e", key.Public())
	v := i.verifier(func(o *Options) { o.JWKSIssuer, o.JWKSAudience = "https://id.example", "outcry" })
	for name, c := range map[string]struct {
		issuer, audience any
		code             string
	}{
		"ours":            {"https://id.example", "outcry", ""},
		"ours, of many":   {"https://id.example", []string{"chat", "outcry"}, ""},
		"another service": {"https://id.example", "chat", "INVALID_TOKEN"},
		"nobody's":        {"https://id.example", nil, "INVALID_TOKEN"},
		"another issuer":  {"https://id.example.evil.example", "outcry", "INVALID_TOKEN"},
		"no issuer":       {nil, "outcry", "INVALID_TOKEN"},
	} {
		claims := map[string]any{}
		if c.issuer != nil {
			claims["iss"] = c.issuer
		}
		if c.audience != nil {
			claims["aud"] = c.audience
		}
		if _, refusal := v.Verify(issueWith(t, jwt.SigningMethodES256, key, map[string]any{"kid": "e"}, claims)); codeOf(refusal) != c.code {
			t.Errorf("%s: %q, want %q", name, codeOf(refusal), c.code)
		}
	}
}

// Whatever an issuer sends, it is no key of ours and ends nothing.
func TestSetsThatAreNoneVerifyNothing(t *testing.T) {
	key := newEC(t, elliptic.P256())
	token := issueWith(t, jwt.SigningMethodES256, key, map[string]any{"kid": "e"}, nil)
	for name, body := range map[string]string{
		"nothing":               "",
		"a page":                "<html>",
		"another shape":         `[]`,
		"keys of another shape": `{"keys":{"kid":"e"}}`,
		"no keys":               `{"keys":[]}`,
		"an unknown kind":       `{"keys":[{"kty":"magic","kid":"e"}]}`,
		"a kind that lies":      `{"keys":[{"kty":"RSA","kid":"e","crv":"P-256","x":"AA","y":"AA"}]}`,
		"no point of the curve": `{"keys":[{"kty":"EC","kid":"e","crv":"P-256","x":"AQ","y":"AQ"}]}`,
		"a tiny RSA key":        `{"keys":[{"kty":"RSA","kid":"e","n":"AQAB","e":"AQAB"}]}`,
		"an exponent of one":    `{"keys":[{"kty":"RSA","kid":"e","n":"AQAB","e":"AQ"}]}`,
		"no base64":             `{"keys":[{"kty":"EC","kid":"e","crv":"P-256","x":"!!","y":"!!"}]}`,
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) }))
		v := (&issuer{t: t, server: server}).verifier(nil)
		for range 2 {
			if id, refusal := v.Verify(token); refusal == nil {
				t.Errorf("%s: %+v", name, id)
			}
		}
		server.Close()
	}
}
