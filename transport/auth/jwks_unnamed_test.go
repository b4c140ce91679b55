package auth

import (
	"crypto/elliptic"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/MicahParks/jwkset"
	"github.com/golang-jwt/jwt/v5"
)

// kid is optional, RFC 7515 section 4.1.4: the algorithm finds a key that is the only
// one of its kind.
func TestTokensThatNameNoKeyAreVerifiedByTheOnlyOneOfTheirAlgorithm(t *testing.T) {
	i := newIssuer(t)
	rsaKey, ecKey, edKey := newRSA(t), newEC(t, elliptic.P256()), newEd(t)
	i.publish("r", rsaKey.Public())
	i.publish("e", ecKey.Public())
	i.publish("", edKey.Public())
	i.mark("to encrypt", newRSA(t).Public(), func(k *jwkset.JWKMarshal) { k.USE = jwkset.UseEnc }) // is no second one
	i.mark("of RS512", newRSA(t).Public(), func(k *jwkset.JWKMarshal) { k.ALG = jwkset.AlgRS512 })
	v := i.verifier(func(o *Options) { o.Secrets = []string{secret} })
	for name, token := range map[string]string{
		"RSA":           issueWith(t, jwt.SigningMethodRS256, rsaKey, nil, nil),
		"a curve":       issueWith(t, jwt.SigningMethodES256, ecKey, nil, nil),
		"Edwards":       issueWith(t, jwt.SigningMethodEdDSA, edKey, nil, nil),
		"an empty name": issueWith(t, jwt.SigningMethodRS256, rsaKey, map[string]any{"kid": ""}, nil),
	} {
		if id, refusal := v.Verify(token); refusal != nil || id.UserID != "ann" {
			t.Errorf("%s: %+v, %v", name, id, refusal)
		}
	}
}

// A token that names no key must not be tried by keys that are for something else,
// nor by our own secrets.
func TestTokensThatNameNoKeyAreNotTriedByOthers(t *testing.T) {
	i := newIssuer(t)
	signs, encrypts, strong, wide := newEC(t, elliptic.P256()), newRSA(t), newRSA(t), newEC(t, elliptic.P384())
	i.publish("e", signs.Public())
	i.publish("wide", wide.Public())
	i.mark("to encrypt", encrypts.Public(), func(k *jwkset.JWKMarshal) { k.USE = jwkset.UseEnc })
	i.mark("to wrap", encrypts.Public(), func(k *jwkset.JWKMarshal) { k.KEYOPS = []jwkset.KEYOPS{jwkset.KeyOpsWrapKey} })
	i.mark("of RS512", strong.Public(), func(k *jwkset.JWKMarshal) { k.ALG = jwkset.AlgRS512 })
	i.mark("of HS256", []byte("a secret that nobody should publish"), func(k *jwkset.JWKMarshal) { k.ALG = jwkset.AlgHS256 })
	v := i.verifier(func(o *Options) { o.Secrets = []string{secret, older} })
	der, err := x509.MarshalPKIXPublicKey(signs.Public())
	if err != nil {
		t.Fatal(err)
	}
	publicPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	for name, token := range map[string]string{
		"the key to encrypt":             issueWith(t, jwt.SigningMethodRS256, encrypts, nil, nil),
		"the key to wrap, named":         issueWith(t, jwt.SigningMethodRS256, encrypts, map[string]any{"kid": "to wrap"}, nil),
		"the key of another strength":    issueWith(t, jwt.SigningMethodRS256, strong, nil, nil),
		"that strength":                  issueWith(t, jwt.SigningMethodRS512, strong, nil, nil),
		"PSS":                            issueWith(t, jwt.SigningMethodPS256, strong, nil, nil),
		"the wide curve":                 issueWith(t, jwt.SigningMethodES384, wide, nil, nil),
		"a key of nobody":                issueWith(t, jwt.SigningMethodES256, newEC(t, elliptic.P256()), nil, nil),
		"the published secret":           issueWith(t, jwt.SigningMethodHS256, []byte("a secret that nobody should publish"), nil, nil),
		"the public key as a secret":     issueWith(t, jwt.SigningMethodHS256, publicPEM, nil, nil),
		"its bytes as a secret":          issueWith(t, jwt.SigningMethodHS256, der, nil, nil),
		"our secret, said to be RSA":     forge(`{"alg":"RS256"}`, `{"sub":"ann"}`, secret),
		"our secret, said to be a curve": forge(`{"alg":"ES256"}`, `{"sub":"ann"}`, older),
		"no name, as null":               issueWith(t, jwt.SigningMethodES256, signs, map[string]any{"kid": nil}, nil),
		"a name that is a list":          issueWith(t, jwt.SigningMethodES256, signs, map[string]any{"kid": []string{}}, nil),
		"a name that is a number":        issueWith(t, jwt.SigningMethodES256, signs, map[string]any{"kid": 0}, nil),
		"the name of no key":             issueWith(t, jwt.SigningMethodES256, signs, map[string]any{"kid": " "}, nil),
	} {
		if id, refusal := v.Verify(token); codeOf(refusal) != "INVALID_TOKEN" {
			t.Errorf("%s: %q (%+v)", name, codeOf(refusal), id)
		}
	}
	if _, refusal := v.Verify(issueWith(t, jwt.SigningMethodES256, signs, nil, nil)); refusal != nil {
		t.Errorf("the key that signs: %v", refusal)
	}
}

// Of two keys we would have to try both. The operator and who reads an answer over
// HTTP are told what is wrong, and the socket in the contract's words.
func TestTokensThatNameNoneOfSeveralKeysAreRefusedWithAReason(t *testing.T) {
	i := newIssuer(t)
	one, other := newRSA(t), newRSA(t)
	i.publish("one", one.Public())
	i.publish("other", other.Public())
	v, log := logging(t, i.server.URL)
	for range 2 {
		_, refusal := v.Verify(issueWith(t, jwt.SigningMethodRS256, one, nil, nil))
		if codeOf(refusal) != "INVALID_TOKEN" || refusal.Message != invalidToken().Message || !strings.Contains(refusal.Hint, "kid") || strings.Contains(string(refusal.Data()), "kid") {
			t.Fatalf("%+v", refusal)
		}
	}
	if said := log.String(); strings.Count(said, "\n") != 1 || !strings.Contains(said, "there are 2 for RS256") || !strings.Contains(said, "have it set kid") {
		t.Errorf("the log says %q", said)
	}
	if _, refusal := v.Verify(issueWith(t, jwt.SigningMethodRS256, one, map[string]any{"kid": "one"}, nil)); refusal != nil {
		t.Errorf("named: %v", refusal)
	}
}

// An issuer with one key that changes it has tokens which say nothing of that.
func TestTheOnlyKeyIsFetchedAgainWhenItDoesNotVerify(t *testing.T) {
	i := newIssuer(t)
	old, young := newEC(t, elliptic.P256()), newEC(t, elliptic.P256())
	i.publish("old", old.Public())
	v := i.verifier(nil)
	if _, refusal := v.Verify(issueWith(t, jwt.SigningMethodES256, old, nil, nil)); refusal != nil {
		t.Fatal(refusal)
	}
	i.mu.Lock()
	i.keys = nil
	i.mu.Unlock()
	i.publish("young", young.Public())
	if _, refusal := v.Verify(issueWith(t, jwt.SigningMethodES256, young, nil, nil)); refusal != nil {
		t.Errorf("the new key was not fetched: %v", refusal)
	}
	if _, refusal := v.Verify(issueWith(t, jwt.SigningMethodES256, old, nil, nil)); codeOf(refusal) != "INVALID_TOKEN" {
		t.Errorf("the old key is still good: %v", refusal)
	}
	i.mu.Lock()
	before := i.asked
	i.mu.Unlock()
	for range 50 {
		if _, refusal := v.Verify(issueWith(t, jwt.SigningMethodES256, old, nil, nil)); codeOf(refusal) != "INVALID_TOKEN" {
			t.Fatal(refusal)
		}
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.asked > before+1 {
		t.Errorf("signatures that were made up made us ask %d times", i.asked-before)
	}
}
