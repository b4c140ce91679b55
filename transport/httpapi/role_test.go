package httpapi

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/rs/zerolog"

	"outcry/transport/auth"
)

// Who is refused for what their issuer does learns what it is.
func TestATokenThatNamesNoneOfSeveralKeysIsAnsweredWithTheReason(t *testing.T) {
	var keys []*ecdsa.PrivateKey
	var encoded []string
	for i := range 2 {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		point, err := key.PublicKey.Bytes() // 4, x, y: SEC 1 section 2.3.3
		if err != nil {
			t.Fatal(err)
		}
		encode := base64.RawURLEncoding.EncodeToString
		keys = append(keys, key)
		encoded = append(encoded, fmt.Sprintf(`{"kty":"EC","kid":"%d","crv":"P-256","x":"%s","y":"%s"}`, i, encode(point[1:33]), encode(point[33:])))
	}
	issuer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"keys":[`+strings.Join(encoded, ",")+`]}`)
	}))
	defer issuer.Close()
	o := auth.DefaultOptions()
	o.JWKSURL = issuer.URL
	v, err := auth.NewVerifier(o, zerolog.Nop(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()

	for kid, want := range map[string]string{
		"":  "Authentication failed: Invalid JWT token: the token names no key in kid, and its issuer has several: have the issuer name it",
		"1": "Authentication failed: Invalid JWT token", // signed by another
		"0": "",
	} {
		token := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{"sub": "ann"})
		if kid != "" {
			token.Header["kid"] = kid
		}
		signed, err := token.SignedString(keys[0])
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest(http.MethodGet, "/api/orders", nil)
		r.Header.Set("Authorization", "Bearer "+signed)
		w := httptest.NewRecorder()
		if _, ok := requireUser(w, r, v); ok != (want == "") {
			t.Errorf("kid %q: let in %t", kid, ok)
		}
		var p Problem
		if want != "" && (json.Unmarshal(w.Body.Bytes(), &p) != nil || p.Status != http.StatusUnauthorized || p.Detail != want) {
			t.Errorf("kid %q: %s", kid, w.Body)
		}
	}
}
