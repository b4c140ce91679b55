package auth

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/golang-jwt/jwt/v5"
	"github.com/rs/zerolog"
)

// issuer is a stand-in for one that signs tokens and publishes its keys.
type issuer struct {
	t      *testing.T
	server *httptest.Server

	mu     sync.Mutex // guards the next block
	keys   []jwkset.JWKMarshal
	broken bool
	asked  int
	slow   time.Duration // how long an answer takes
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	i := &issuer{t: t}
	i.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		i.mu.Lock()
		defer i.mu.Unlock()
		i.asked++
		time.Sleep(i.slow)
		if i.broken {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"keys": i.keys})
	}))
	t.Cleanup(i.server.Close)
	return i
}

// publish adds a key, also one that nobody should have published.
func (i *issuer) publish(kid string, public any) {
	i.t.Helper()
	jwk, err := jwkset.NewJWKFromKey(public, jwkset.JWKOptions{
		Metadata: jwkset.JWKMetadataOptions{KID: kid},
		Marshal:  jwkset.JWKMarshalOptions{Private: true},
	})
	if err != nil {
		i.t.Fatal(err)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.keys = append(i.keys, jwk.Marshal())
}

func (i *issuer) verifier(change func(*Options)) *Verifier {
	i.t.Helper()
	o := DefaultOptions()
	o.JWKSURL = i.server.URL
	if change != nil {
		change(&o)
	}
	v, err := NewVerifier(o, zerolog.Nop(), time.Now)
	if err != nil {
		i.t.Fatal(err)
	}
	i.t.Cleanup(v.Close)
	return v
}

func issue(t *testing.T, method jwt.SigningMethod, kid string, key any, expires time.Duration) string {
	t.Helper()
	token := jwt.NewWithClaims(method, jwt.MapClaims{"sub": "ann", "exp": time.Now().Add(expires).Unix()})
	token.Header["kid"] = kid
	text, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func newRSA(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newEC(t *testing.T, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newEd(t *testing.T) ed25519.PrivateKey {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestTokensOfAnIssuerAreVerifiedByItsKeys(t *testing.T) {
	i := newIssuer(t)
	rsaKey, ecKey, edKey := newRSA(t), newEC(t, elliptic.P256()), newEd(t)
	i.publish("r", rsaKey.Public())
	i.publish("e", ecKey.Public())
	i.publish("d", edKey.Public())
	i.publish("secret", []byte("a secret that nobody should publish"))
	v := i.verifier(nil)
	der, err := x509.MarshalPKIXPublicKey(rsaKey.Public())
	if err != nil {
		t.Fatal(err)
	}
	publicPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	other := newRSA(t)
	for name, c := range map[string]struct {
		token, code string
	}{
		"RS256":                      {issue(t, jwt.SigningMethodRS256, "r", rsaKey, time.Hour), ""},
		"ES256":                      {issue(t, jwt.SigningMethodES256, "e", ecKey, time.Hour), ""},
		"EdDSA":                      {issue(t, jwt.SigningMethodEdDSA, "d", edKey, time.Hour), ""},
		"expired":                    {issue(t, jwt.SigningMethodRS256, "r", rsaKey, -time.Hour), "TOKEN_EXPIRED"},
		"another algorithm":          {issue(t, jwt.SigningMethodRS512, "r", rsaKey, time.Hour), "INVALID_TOKEN"},
		"another's key":              {issue(t, jwt.SigningMethodRS256, "r", other, time.Hour), "INVALID_TOKEN"},
		"a key of another kind":      {issue(t, jwt.SigningMethodRS256, "e", rsaKey, time.Hour), "INVALID_TOKEN"},
		"the public key as a secret": {issue(t, jwt.SigningMethodHS256, "r", publicPEM, time.Hour), "INVALID_TOKEN"},
		"a secret among the keys":    {issue(t, jwt.SigningMethodHS256, "secret", []byte("a secret that nobody should publish"), time.Hour), "INVALID_TOKEN"},
		"alg none":                   {issue(t, jwt.SigningMethodNone, "r", jwt.UnsafeAllowNoneSignatureType, time.Hour), "INVALID_TOKEN"},
		"garbage":                    {"a.b.c", "INVALID_TOKEN"},
		"nothing":                    {"", "INVALID_TOKEN"},
	} {
		identity, refusal := v.Verify(c.token)
		code := ""
		if refusal != nil {
			code = refusal.Code
		}
		if code != c.code || code == "" && identity.UserID != "ann" {
			t.Errorf("%s: %q, want %q (%+v)", name, code, c.code, identity)
		}
	}
}

func TestSecretsAndAnIssuerMayBothSign(t *testing.T) {
	i := newIssuer(t)
	ecKey := newEC(t, elliptic.P256())
	i.publish("e", ecKey.Public())
	v := i.verifier(func(o *Options) { o.Secrets = []string{"0123456789abcdef"} })
	for token, blocks := range map[string]bool{
		issue(t, jwt.SigningMethodES256, "e", ecKey, time.Hour):                     true,
		issue(t, jwt.SigningMethodHS256, "", []byte("0123456789abcdef"), time.Hour): false,
	} {
		if _, refusal := v.Verify(token); refusal != nil || v.Blocks(Presented{Token: token}) != blocks {
			t.Errorf("%v, blocks %v, want %v", refusal, v.Blocks(Presented{Token: token}), blocks)
		}
	}
}

func TestARotatedKeyIsFetchedOnceForManyTokens(t *testing.T) {
	i := newIssuer(t)
	old := newEC(t, elliptic.P256())
	i.publish("old", old.Public())
	v := i.verifier(nil)
	if _, refusal := v.Verify(issue(t, jwt.SigningMethodES256, "old", old, time.Hour)); refusal != nil {
		t.Fatal(refusal)
	}
	young := newEC(t, elliptic.P256())
	i.publish("young", young.Public())
	if _, refusal := v.Verify(issue(t, jwt.SigningMethodES256, "young", young, time.Hour)); refusal != nil {
		t.Errorf("the new key was not fetched: %v", refusal)
	}
	if _, refusal := v.Verify(issue(t, jwt.SigningMethodES256, "old", old, time.Hour)); refusal != nil {
		t.Errorf("the old key is gone though it is published: %v", refusal)
	}
	i.mu.Lock()
	before := i.asked
	i.mu.Unlock()
	for range 50 {
		if _, refusal := v.Verify(issue(t, jwt.SigningMethodES256, "made up", young, time.Hour)); refusal == nil || refusal.Code != "INVALID_TOKEN" {
			t.Fatal(refusal)
		}
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.asked > before+1 {
		t.Errorf("made-up keys made us ask %d times", i.asked-before)
	}
}

// An issuer is not on this machine: everybody whose key is new waits for one answer.
func TestARotatedKeyIsWaitedFor(t *testing.T) {
	i := newIssuer(t)
	v := i.verifier(nil)
	key := newEC(t, elliptic.P256())
	i.publish("young", key.Public())
	i.mu.Lock()
	i.slow = 100 * time.Millisecond
	before := i.asked
	i.mu.Unlock()
	token := issue(t, jwt.SigningMethodES256, "young", key, time.Hour)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, refusal := v.Verify(token); refusal != nil {
				t.Errorf("%v", refusal)
			}
		})
	}
	all.Wait()
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.asked != before+1 {
		t.Errorf("the issuer was asked %d times", i.asked-before)
	}
}

func TestAnIssuerThatIsDownIsACauseThatPasses(t *testing.T) {
	i := newIssuer(t)
	i.broken = true
	v := i.verifier(nil)
	key := newEC(t, elliptic.P256())
	if _, refusal := v.Verify(issue(t, jwt.SigningMethodES256, "e", key, time.Hour)); refusal == nil || !refusal.Transient {
		t.Errorf("%+v", refusal)
	}
}

func TestJWKSOptionsAreChecked(t *testing.T) {
	for name, change := range map[string]func(*Options){
		"no URL":             func(o *Options) { o.JWKSURL = "keys.json" },
		"another scheme":     func(o *Options) { o.JWKSURL = "file:///etc/passwd" },
		"symmetric":          func(o *Options) { o.JWKSAlgorithms = []string{"HS256"} },
		"none":               func(o *Options) { o.JWKSURL, o.JWKSAlgorithms = "https://a.example", nil },
		"asked all the time": func(o *Options) { o.JWKSURL, o.JWKSInterval = "https://a.example", time.Second },
	} {
		o := DefaultOptions()
		change(&o)
		if o.Validate() == nil {
			t.Errorf("%s: allowed", name)
		}
	}
}
