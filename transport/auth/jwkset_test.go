package auth

import (
	"crypto/elliptic"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/golang-jwt/jwt/v5"
	"github.com/rs/zerolog"
)

// encodedKey is a public key as a set has it.
func encodedKey(t *testing.T, kid string, public any) string {
	t.Helper()
	key, err := jwkset.NewJWKFromKey(public, jwkset.JWKOptions{Metadata: jwkset.JWKMetadataOptions{KID: kid}})
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(key.Marshal())
	if err != nil {
		t.Fatal(err)
	}
	return string(encoded)
}

// logging is a verifier of the issuer at a URL, and what it logs.
func logging(t *testing.T, url string) (*Verifier, *strings.Builder) {
	t.Helper()
	o := DefaultOptions()
	o.JWKSURL = url
	log := &strings.Builder{}
	v, err := NewVerifier(o, zerolog.New(log), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.Close)
	return v, log
}

// RFC 7517 section 5: keys that are not understood, lack something or have values
// that are not allowed are ignored, and the others are not.
func TestAKeyThatIsNoneTakesNoOtherWithIt(t *testing.T) {
	key := newEC(t, elliptic.P256())
	good := encodedKey(t, "good", key.Public())
	rsaKey := newRSA(t)
	for name, c := range map[string]struct{ key, kid string }{
		"another kind":               {`{"kty":"magic","kid":"k"}`, "k"},
		"no kind":                    {`{"kid":"k"}`, "k"},
		"a kind of another type":     {`{"kty":7,"kid":"k"}`, "k"},
		"a name of another type":     {`{"kty":"EC","kid":7}`, ""},
		"no object":                  {`7`, ""},
		"null":                       {`null`, ""},
		"a list":                     {`[]`, ""},
		"another curve":              {`{"kty":"EC","kid":"k","crv":"secp256k1","x":"AQ","y":"AQ"}`, "k"},
		"no point of the curve":      {`{"kty":"EC","kid":"k","crv":"P-256","x":"AQ","y":"AQ"}`, "k"},
		"the origin of the curve":    {`{"kty":"EC","kid":"k","crv":"P-256","x":"AA","y":"AA"}`, "k"},
		"half a point":               {`{"kty":"EC","kid":"k","crv":"P-256","x":"AQ"}`, "k"},
		"no base64":                  {`{"kty":"EC","kid":"k","crv":"P-256","x":"!!","y":"!!"}`, "k"},
		"another Edwards curve":      {`{"kty":"OKP","kid":"k","crv":"Ed448","x":"AQ"}`, "k"},
		"a short Edwards point":      {`{"kty":"OKP","kid":"k","crv":"Ed25519","x":"AQ"}`, "k"},
		"a key to agree by":          {`{"kty":"OKP","kid":"k","crv":"X25519","x":"` + strings.Repeat("A", 43) + `"}`, "k"},
		"a tiny RSA key":             {`{"kty":"RSA","kid":"k","n":"AQAB","e":"AQAB"}`, "k"},
		"no modulus":                 {`{"kty":"RSA","kid":"k","n":"","e":"AQAB"}`, "k"},
		"an exponent of one":         {strings.Replace(encodedKey(t, "k", rsaKey.Public()), "AQAB", "AQ", 1), "k"},
		"an endless exponent":        {strings.Replace(encodedKey(t, "k", rsaKey.Public()), "AQAB", strings.Repeat("A", 5000)+"B", 1), "k"},
		"an endless modulus":         {`{"kty":"RSA","kid":"k","n":"` + strings.Repeat("_", 3000) + `","e":"AQAB"}`, "k"},
		"a secret":                   {`{"kty":"oct","kid":"k","k":"AQAB"}`, "k"},
		"to encrypt":                 {`{"use":"enc",` + encodedKey(t, "k", rsaKey.Public())[1:], "k"},
		"another use":                {`{"use":"magic",` + encodedKey(t, "k", rsaKey.Public())[1:], "k"},
		"to sign, not to verify":     {`{"key_ops":["sign"],` + encodedKey(t, "k", rsaKey.Public())[1:], "k"},
		"another algorithm":          {`{"alg":"PS256",` + encodedKey(t, "k", rsaKey.Public())[1:], "k"},
		"a certificate that is none": {`{"x5c":["AQAB"],` + encodedKey(t, "k", rsaKey.Public())[1:], "k"},
		"an address that is none":    {`{"x5u":"::",` + encodedKey(t, "k", rsaKey.Public())[1:], "k"},
		"the same name":              {encodedKey(t, "good", newEC(t, elliptic.P256()).Public()), "good"},
	} {
		body := `{"keys":[` + c.key + `,` + good + `]}`
		if c.kid == "good" { // the first is the one
			body = `{"keys":[` + good + `,` + c.key + `]}`
		}
		keys, unused, err := parseKeys([]byte(body), jwksAlgorithms)
		if err != nil {
			t.Errorf("%s: the whole set is refused: %v", name, err)
			continue
		}
		if len(keys.all) != 1 || !key.PublicKey.Equal(keys.all[0].public) {
			t.Errorf("%s: taken are %d keys", name, len(keys.all))
		}
		if len(unused) != 1 || unused[0].id != c.kid || unused[0].cause == nil {
			t.Errorf("%s: left out are %v", name, unused)
		}
	}
}

func TestASetIsLimited(t *testing.T) {
	good := encodedKey(t, "good", newEC(t, elliptic.P256()).Public())
	for name, c := range map[string]struct{ body, says string }{
		"as many as may be":  {`{"keys":[` + good + strings.Repeat(`,{}`, jwksKeys-1) + `]}`, ""},
		"too many":           {`{"keys":[` + good + strings.Repeat(`,{}`, jwksKeys) + `]}`, "must be 256 at most"},
		"none":               {`{"keys":[]}`, "none of the 0 keys"},
		"another member":     {`{"kids":[` + good + `]}`, "none of the 0 keys"},
		"all of other kinds": {`{"keys":[{},{"kty":"magic"}]}`, "none of the 2 keys"},
		"half a set":         {`{"keys":[` + good, "no set of keys"},
		"more behind it":     {`{"keys":[` + good + `]}{"keys":[]}`, "no set of keys"},
	} {
		_, _, err := parseKeys([]byte(c.body), jwksAlgorithms)
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
	}
	if _, unused, err := parseKeys([]byte(`{"keys":[`+good+`]}`), []string{"RS256"}); err == nil || len(unused) != 1 || !strings.Contains(unused[0].cause.Error(), "auth.jwks_algorithms are RS256") {
		t.Errorf("keys of an algorithm that the settings leave out: %v, %v", err, unused)
	}
}

// A set that no token can be verified by is a mistake of the issuer: nobody is
// locked out by it who had a good token.
func TestASetWithoutAGoodKeyKeepsTheOneBefore(t *testing.T) {
	key := newEC(t, elliptic.P256())
	good := encodedKey(t, "e", key.Public())
	token := issueWith(t, jwt.SigningMethodES256, key, map[string]any{"kid": "e"}, nil)
	for name, c := range map[string]struct {
		status     int
		body, says string
	}{
		"no keys":          {200, `{"keys":[]}`, "none of the 0 keys"},
		"no good key":      {200, `{"keys":[{"kty":"EC","kid":"broken","crv":"P-256","x":"AQ","y":"AQ"}]}`, "none of the 1 keys"},
		"a page":           {200, "<html>", "no set of keys"},
		"nothing":          {200, "", "no set of keys"},
		"far too long":     {200, `{"keys":[` + good + `]` + strings.Repeat(" ", jwksBytes) + `}`, "longer than 1048576 bytes"},
		"a failure":        {502, `{"keys":[` + good + `]}`, "502"},
		"not where it was": {404, "", "404"},
	} {
		var later atomic.Bool
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if !later.Load() {
				_, _ = w.Write([]byte(`{"keys":[` + good + `]}`))
				return
			}
			w.WriteHeader(c.status)
			_, _ = w.Write([]byte(c.body))
		}))
		v, log := logging(t, server.URL)
		later.Store(true)
		v.issuer.renew()
		if _, refusal := v.Verify(token); refusal != nil {
			t.Errorf("%s: %v", name, refusal)
		}
		v.Close()
		server.Close()
		if said := log.String(); !strings.Contains(said, "keys of the token issuer not taken") || !strings.Contains(said, c.says) {
			t.Errorf("%s: the log says %q, want %q", name, said, c.says)
		}
	}
}

func TestAKeyThatIsNotUsedIsLoggedOnce(t *testing.T) {
	good := encodedKey(t, "good", newEC(t, elliptic.P256()).Public())
	bodies := []string{
		`{"keys":[{"kty":"magic","kid":"a\n` + strings.Repeat("x", 1000) + `"},{"kty":"magic","kid":"a\n` + strings.Repeat("x", 1000) + `"},` + good + `]}`,
		`{"keys":[{"kty":"magic","kid":"b"},` + good + `]}`,
		`{"keys":[{"kty":"magic","kid":"b"},` + good + `]}`,
		`{"keys":[` + good + `]}`,
		`<html>`,
		`{"keys":[{"kty":"magic","kid":"b"},` + good + `]}`,
	}
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(bodies[asked.Add(1)-1]))
	}))
	defer server.Close()
	v, log := logging(t, server.URL)
	for range len(bodies) - 1 {
		v.issuer.renew()
	}
	v.Close()
	var named []string
	for line := range strings.Lines(log.String()) {
		var said struct{ Kid, Why, Message string }
		if err := json.Unmarshal([]byte(line), &said); err != nil {
			t.Fatal(err)
		}
		if said.Message == "a key of the token issuer is not used" {
			named = append(named, said.Kid)
			if !strings.Contains(said.Why, "unsupported") {
				t.Errorf("why: %q", said.Why)
			}
		}
	}
	if want := []string{"a\n" + strings.Repeat("x", 62), "b"}; !slices.Equal(named, want) {
		t.Errorf("logged were %q, want %q", named, want)
	}
}

// What comes without TLS may have been changed on its way.
func TestKeysAreNotTakenFromWhereTLSEnds(t *testing.T) {
	request := func(text string) *http.Request {
		u, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return &http.Request{URL: u}
	}
	for name, c := range map[string]struct {
		from, to string
		before   int
		ok       bool
	}{
		"to another https": {"https://id.example", "https://keys.example", 1, true},
		"to http":          {"https://id.example", "http://id.example", 1, false},
		"from http":        {"http://127.0.0.1", "http://127.0.0.2", 1, true},
		"in circles":       {"https://id.example", "https://id.example", 6, false},
	} {
		before := make([]*http.Request, c.before)
		before[0] = request(c.from)
		if err := staySecure(request(c.to), before); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParseKeys(f *testing.F) {
	for _, body := range []string{
		`{"keys":[]}`, `{"keys":[{}]}`, `<html>`,
		`{"keys":[{"kty":"OKP","kid":"d","crv":"Ed25519","alg":"EdDSA","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`,
		`{"keys":[{"kty":"EC","kid":"e","crv":"P-256","x":"axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY","y":"T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU"},{"kty":"oct","k":"AQAB"}]}`,
		`{"keys":[{"kty":"RSA","kid":"r","use":"sig","key_ops":["verify"],"n":"` + strings.Repeat("_", 342) + `","e":"AQAB","x5c":["AQAB"]}]}`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		keys, unused, err := parseKeys(body, jwksAlgorithms)
		if err != nil {
			if keys != nil {
				t.Fatalf("%v and keys", err)
			}
			return
		}
		if n := len(keys.all) + len(unused); len(keys.all) == 0 || n > jwksKeys {
			t.Fatalf("%d keys are taken and %d are not", len(keys.all), len(unused))
		}
		for i, key := range keys.all {
			if algorithm, err := algorithmOf(key.public); err != nil || algorithm != key.algorithm {
				t.Fatalf("key %d of %s: %s, %v", i, key.algorithm, algorithm, err)
			}
			if key.id == "" {
				continue
			}
			if found, err := keys.find(key.algorithm, key.id); err != nil || fmt.Sprint(found) != fmt.Sprint(key.public) {
				t.Fatalf("key %d, %q, is not found: %v", i, key.id, err)
			}
		}
		for _, key := range unused {
			if key.cause == nil {
				t.Fatalf("%q is left out for nothing", key.id)
			}
		}
	})
}
