package auth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/MicahParks/jwkset"
	"github.com/golang-jwt/jwt/v5"

	"outcry/actors/jsonline"
)

const (
	// jwksKeys bounds the keys of a set: an issuer has a few, and each that we do not
	// use is logged.
	jwksKeys = 256
	// RSA keys have the length that RFC 7518 section 3.3 demands, and none that takes
	// long to verify by.
	minRSABits, maxRSABits = 2048, 8192
)

// issuerKey is one that an issuer signs tokens with, by one algorithm.
type issuerKey struct {
	id        string // kid, empty without one
	algorithm string
	public    crypto.PublicKey
}

// issuerKeys are those of one set that tokens can be verified by.
//
// immutable after construction
type issuerKeys struct {
	all []issuerKey
}

// unusedKey is one of a set that no token is verified by.
type unusedKey struct {
	id    string
	cause error
}

var (
	errUnknownKey = errors.New("the issuer has no such key")
	errWhichKey   = errors.New("the token does not say by kid which of the issuer's keys signed it")
	errKeyName    = errors.New("kid must be a text")

	// errOtherPurpose is of keys that are good for something else.
	errOtherPurpose = errors.New("is not for tokens")
)

// keyName is the name that a token gives its key, empty where it names none: kid is
// optional, RFC 7515 section 4.1.4.
func keyName(token *jwt.Token) (string, error) {
	switch kid := token.Header["kid"].(type) {
	case string:
		return kid, nil
	case nil:
		if _, present := token.Header["kid"]; !present {
			return "", nil
		}
	}
	return "", errKeyName
}

// find returns the key that a token is to be verified by, which only one can be: to
// try one after the other is to guess. On nil, which is before there is a set, it
// finds none.
func (k *issuerKeys) find(algorithm, id string) (crypto.PublicKey, error) {
	if k == nil {
		return nil, errUnknownKey
	}
	var found []issuerKey
	for _, key := range k.all {
		if key.algorithm == algorithm && (id == "" || key.id == id) {
			found = append(found, key)
		}
	}
	switch len(found) {
	case 0:
		return nil, errUnknownKey
	case 1:
		return found[0].public, nil
	}
	return nil, fmt.Errorf("%w: there are %d for %s", errWhichKey, len(found), algorithm)
}

// parseKeys reads a set, RFC 7517 section 5. What is not understood, lacks
// something or is for something else is left out, whatever the other keys are. A
// set without any key of the algorithms is an error.
func parseKeys(body []byte, algorithms []string) (keys *issuerKeys, unused []unusedKey, err error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(jsonline.TrimMark(body), &set); err != nil {
		return nil, nil, fmt.Errorf("it is no set of keys: %w", err)
	}
	if len(set.Keys) > jwksKeys {
		return nil, nil, fmt.Errorf("the set has %d keys: must be %d at most", len(set.Keys), jwksKeys)
	}
	keys = &issuerKeys{}
	for _, text := range set.Keys {
		key, err := parseKey(text)
		switch {
		case err != nil:
		case !slices.Contains(algorithms, key.algorithm):
			err = fmt.Errorf("%w: it is for %s, and auth.jwks_algorithms are %s", errOtherPurpose, key.algorithm, strings.Join(algorithms, ", "))
		case keys.have(key):
			err = errors.New("another key before it has the same name")
		}
		if err != nil {
			unused = append(unused, unusedKey{id: key.id, cause: err})
			continue
		}
		keys.all = append(keys.all, key)
	}
	if len(keys.all) == 0 {
		return nil, unused, fmt.Errorf("none of the %d keys in the set can verify a token", len(set.Keys))
	}
	return keys, unused, nil
}

// have reports whether a token that names a key could mean another one.
func (k *issuerKeys) have(key issuerKey) bool {
	return key.id != "" && slices.ContainsFunc(k.all, func(other issuerKey) bool { return other.id == key.id && other.algorithm == key.algorithm })
}

// parseKey reads one key. With an error it returns the key's name, if that can be
// read. A private part, which nobody should publish, is not looked at.
func parseKey(text []byte) (issuerKey, error) {
	var named struct {
		ID string `json:"kid"`
	}
	_ = json.Unmarshal(text, &named) // what cannot be read has no name
	key := issuerKey{id: named.ID}
	jwk, err := jwkset.NewJWKFromRawJSON(text, jwkset.JWKMarshalOptions{}, jwkset.JWKValidateOptions{SkipUse: true, SkipKeyOps: true})
	if err != nil {
		return key, err
	}
	said := jwk.Marshal()
	if said.USE != "" && said.USE != jwkset.UseSig {
		return key, fmt.Errorf("%w: its use is %.32q", errOtherPurpose, said.USE)
	}
	if len(said.KEYOPS) > 0 && !slices.Contains(said.KEYOPS, jwkset.KeyOpsVerify) {
		return key, fmt.Errorf("%w: verify is not among its key_ops", errOtherPurpose)
	}
	if key.algorithm, err = algorithmOf(jwk.Key()); err != nil {
		return key, err
	}
	if said.ALG != "" && said.ALG.String() != key.algorithm {
		return key, fmt.Errorf("%w: it is for %.32q, and a key of its kind is used for %s", errOtherPurpose, said.ALG, key.algorithm)
	}
	key.public = jwk.Key()
	return key, nil
}

// algorithmOf returns the one of jwksAlgorithms that a key is for: there is one for
// each kind.
func algorithmOf(public any) (string, error) {
	switch key := public.(type) {
	case *rsa.PublicKey:
		if bits := key.N.BitLen(); bits < minRSABits || bits > maxRSABits {
			return "", fmt.Errorf("it has %d bits: must have %d to %d", bits, minRSABits, maxRSABits)
		}
		return jwt.SigningMethodRS256.Alg(), nil
	case *ecdsa.PublicKey:
		if key.Curve != elliptic.P256() {
			return "", fmt.Errorf("%w: its curve is %s, and tokens are signed by P-256", errOtherPurpose, key.Curve.Params().Name)
		}
		return jwt.SigningMethodES256.Alg(), nil
	case ed25519.PublicKey:
		return jwt.SigningMethodEdDSA.Alg(), nil
	}
	return "", fmt.Errorf("%w: nothing is signed by a %T", errOtherPurpose, public)
}
