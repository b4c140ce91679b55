package auth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
)

// Sealer signs the values of cookies, so that one that was made up is refused
// before anything is looked up.
//
// immutable after construction
type Sealer struct {
	key []byte
}

// NewSealer signs with a secret; without one it makes one up, and no cookie
// outlives the process.
func NewSealer(secret string) *Sealer {
	if secret == "" {
		secret = rand.Text()
	}
	key := sha256.Sum256([]byte("outcry cookies\x00" + secret))
	return &Sealer{key: key[:]}
}

// maxSealedBytes bounds what is looked at.
const maxSealedBytes = 1024

// Seal signs a value for a purpose: the name of its cookie, so that one is not
// taken for another. The value has no dot.
func (s *Sealer) Seal(purpose, value string) string {
	return value + "." + s.signature(purpose, value)
}

// Open returns a sealed value, if the seal is ours.
func (s *Sealer) Open(purpose, sealed string) (value string, ok bool) {
	if len(sealed) > maxSealedBytes {
		return "", false
	}
	value, signature, found := strings.Cut(sealed, ".")
	return value, found && hmac.Equal([]byte(signature), []byte(s.signature(purpose, value)))
}

func (s *Sealer) signature(purpose, value string) string {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(purpose))
	mac.Write([]byte{0})
	mac.Write([]byte(value))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// cookieOf returns a cookie of a Cookie header, empty if there is none. Others of
// the same domain may be anything, also what RFC 6265 does not allow.
func cookieOf(header, name string) string {
	cookie, err := (&http.Request{Header: http.Header{"Cookie": {header}}}).Cookie(name)
	if err != nil {
		return ""
	}
	return cookie.Value
}
