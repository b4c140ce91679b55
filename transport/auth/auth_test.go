package auth

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
)

const (
	secret = "the-first-secret-of-two"
	older  = "the-second-secret-of-two"
)

var now = time.Date(2026, 3, 2, 15, 0, 0, 0, time.UTC)

func verifier(t testing.TB) *Verifier {
	t.Helper()
	o := DefaultOptions()
	o.Secrets = []string{secret, older}
	v, err := NewVerifier(o, zerolog.Nop(), func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// sign makes a token of any claims with any method.
func sign(t testing.TB, method jwt.SigningMethod, key any, c jwt.MapClaims) string {
	t.Helper()
	token, err := jwt.NewWithClaims(method, c).SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestTokensOfTheContractAreAccepted(t *testing.T) {
	v := verifier(t)
	exp := now.Add(time.Hour).Unix()
	cases := map[string]struct {
		key    string
		claims jwt.MapClaims
		want   Identity
	}{
		"userId before sub": {secret, jwt.MapClaims{"userId": "u", "sub": "s", "exp": exp}, Identity{UserID: "u", ExpiresAt: time.Unix(exp, 0)}},
		"sub alone":         {secret, jwt.MapClaims{"sub": "s", "type": "access", "exp": exp}, Identity{UserID: "s", ExpiresAt: time.Unix(exp, 0)}},
		"websocket type":    {secret, jwt.MapClaims{"sub": "s", "type": "websocket"}, Identity{UserID: "s"}},
		"rotated secret":    {older, jwt.MapClaims{"sub": "s", "roles": []string{"feed", "trader"}}, Identity{UserID: "s", Roles: []Role{Feed, Trader}}},
		"within the leeway": {secret, jwt.MapClaims{"sub": "s", "exp": now.Add(-9 * time.Second).Unix(), "nbf": now.Add(9 * time.Second).Unix()}, Identity{UserID: "s", ExpiresAt: now.Add(-9 * time.Second)}},
	}
	for name, c := range cases {
		got, refusal := v.Verify(sign(t, jwt.SigningMethodHS256, []byte(c.key), c.claims))
		if refusal != nil {
			t.Errorf("%s: %v", name, refusal)
			continue
		}
		if !got.ExpiresAt.Equal(c.want.ExpiresAt) {
			t.Errorf("%s: expires %s, want %s", name, got.ExpiresAt, c.want.ExpiresAt)
		}
		got.ExpiresAt, c.want.ExpiresAt = time.Time{}, time.Time{}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestEveryOtherTokenIsRefusedInTheContractsWords(t *testing.T) {
	v := verifier(t)
	good := jwt.MapClaims{"sub": "s"}
	expired := now.Add(-time.Minute)
	encode := base64.RawURLEncoding.EncodeToString
	cases := map[string]struct {
		token, code, message string
	}{
		"garbage":       {"abc", "INVALID_TOKEN", "Authentication failed: Invalid JWT token"},
		"empty":         {"", "INVALID_TOKEN", "Authentication failed: Invalid JWT token"},
		"wrong secret":  {sign(t, jwt.SigningMethodHS256, []byte("some-other-secret-1234"), good), "INVALID_TOKEN", "Authentication failed: Invalid JWT token"},
		"another hash":  {sign(t, jwt.SigningMethodHS512, []byte(secret), good), "INVALID_TOKEN", "Authentication failed: Invalid JWT token"},
		"alg none":      {sign(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, good), "INVALID_TOKEN", "Authentication failed: Invalid JWT token"},
		"alg confusion": {encode([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." + encode([]byte(`{"sub":"s"}`)) + "." + encode([]byte("signature")), "INVALID_TOKEN", "Authentication failed: Invalid JWT token"},
		"refresh":       {sign(t, jwt.SigningMethodHS256, []byte(secret), jwt.MapClaims{"sub": "s", "type": "refresh"}), "INVALID_TOKEN", "Authentication failed: Invalid JWT token"},
		"no user":       {sign(t, jwt.SigningMethodHS256, []byte(secret), jwt.MapClaims{"exp": now.Add(time.Hour).Unix()}), "INVALID_TOKEN", "Authentication failed: Invalid JWT token"},
		"far too long":  {strings.Repeat("a", maxTokenBytes+1), "INVALID_TOKEN", "Authentication failed: Invalid JWT token"},
		"expired":       {sign(t, jwt.SigningMethodHS256, []byte(secret), jwt.MapClaims{"sub": "s", "exp": expired.Unix()}), "TOKEN_EXPIRED", "Authentication failed: JWT token expired"},
		"not yet valid": {sign(t, jwt.SigningMethodHS256, []byte(older), jwt.MapClaims{"sub": "s", "nbf": now.Add(time.Minute).Unix()}), "TOKEN_NOT_BEFORE", "Authentication failed: JWT token not yet valid"},
		"forged expiry": {sign(t, jwt.SigningMethodHS256, []byte("some-other-secret-1234"), jwt.MapClaims{"sub": "s", "exp": expired.Unix()}), "INVALID_TOKEN", "Authentication failed: Invalid JWT token"},
	}
	for name, c := range cases {
		_, refusal := v.Verify(c.token)
		if refusal == nil {
			t.Errorf("%s: accepted", name)
			continue
		}
		if refusal.Code != c.code || refusal.Message != c.message {
			t.Errorf("%s: %s %q", name, refusal.Code, refusal.Message)
		}
		var data map[string]any
		if err := json.Unmarshal(refusal.Data(), &data); err != nil || data["code"] != c.code {
			t.Errorf("%s: data %s", name, refusal.Data())
		}
		if c.code == "TOKEN_EXPIRED" && data["expiredAt"] != float64(expired.UnixMilli()) {
			t.Errorf("%s: data %s", name, refusal.Data())
		}
	}
}

func TestUserIDHasABound(t *testing.T) {
	v := verifier(t)
	for length, ok := range map[int]bool{maxUserBytes: true, maxUserBytes + 1: false} {
		_, refusal := v.Verify(sign(t, jwt.SigningMethodHS256, []byte(secret), jwt.MapClaims{"sub": strings.Repeat("u", length)}))
		if (refusal == nil) != ok {
			t.Errorf("%d bytes: %v", length, refusal)
		}
	}
}

func TestCredentialsAreTakenInTheContractsOrder(t *testing.T) {
	cases := []struct{ payload, header, token, code string }{
		{`{"token":"a"}`, "Bearer b", "a", ""},
		{`{"token":""}`, "bearer b", "b", ""},
		{``, "Bearer b", "b", ""},
		{``, "Basic b", "", "NO_SESSION_ID"},
		{`{}`, "", "", "NO_SESSION_ID"},
		{`{"sessionID":"x","userId":"u"}`, "", "", "INVALID_SESSION"},
		{`{"token":7}`, "", "", "INVALID_TOKEN"},
	}
	for _, c := range cases {
		var payload []byte
		if c.payload != "" {
			payload = []byte(c.payload)
		}
		presented, refusal := verifier(t).FromConnect(payload, Handshake{Authorization: c.header})
		if refusal == nil && presented.Token == "" {
			_, refusal = verifier(t).Check(presented)
		}
		token := presented.Token
		code := ""
		if refusal != nil {
			code = refusal.Code
		}
		if token != c.token || code != c.code {
			t.Errorf("%s / %s: token %q code %q", c.payload, c.header, token, code)
		}
	}
}

func TestMintedTokenVerifies(t *testing.T) {
	token, err := Mint(secret, Claims{User: "ann", Roles: []Role{Feed}, TTL: time.Hour}, now)
	if err != nil {
		t.Fatal(err)
	}
	id, refusal := verifier(t).Verify(token)
	if refusal != nil || id.UserID != "ann" || !id.Has(Feed) || id.Has(Operator) || !id.ExpiresAt.Equal(now.Add(time.Hour)) {
		t.Errorf("%+v %v", id, refusal)
	}
	if _, err := Mint(secret, Claims{TTL: time.Hour}, now); err == nil {
		t.Error("a token for nobody")
	}
	if _, err := Mint(secret, Claims{User: "ann"}, now); err == nil {
		t.Error("a token that never was valid")
	}
}

func TestOptionsNameTheKeyAndKeepTheSecret(t *testing.T) {
	err := Options{Secrets: []string{"short"}, Leeway: -1}.Validate()
	if err == nil || !strings.Contains(err.Error(), "secrets: number 1") || !strings.Contains(err.Error(), "leeway") || strings.Contains(err.Error(), "short") {
		t.Error(err)
	}
	if _, err := NewVerifier(DefaultOptions(), zerolog.Nop(), time.Now); err == nil {
		t.Error("a verifier without a secret")
	}
}

func FuzzFromConnect(f *testing.F) {
	f.Add([]byte(`{"token":"a"}`), "Bearer b")
	f.Add([]byte(`{"sessionID":"x","userId":"u"}`), "")
	f.Add([]byte(`{"token":{}}`), "Bearer")
	v := verifier(f)
	f.Fuzz(func(t *testing.T, payload []byte, header string) {
		p, refusal := v.FromConnect(payload, Handshake{Authorization: header, Cookie: header, URI: header})
		if (p.Token == "" && p.SessionID == "") == (refusal == nil) {
			t.Fatalf("%+v and refusal %v", p, refusal)
		}
		if _, refusal := v.Check(p); refusal == nil {
			t.Fatalf("%+v was accepted", p)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	v := verifier(b)
	token, err := Mint(secret, Claims{User: "ann", TTL: time.Hour}, now)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, refusal := v.Verify(token); refusal != nil {
			b.Fatal(refusal)
		}
	}
}

func TestALeewayThatIsChangedHoldsForTokensFromThenOn(t *testing.T) {
	now := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	o := DefaultOptions()
	o.Secrets = []string{"a secret of this test alone"}
	v, err := NewVerifier(o, zerolog.Nop(), func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	token, err := Mint(o.Secrets[0], Claims{User: "ann", TTL: time.Hour}, now.Add(-time.Hour-30*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		leeway time.Duration
		code   string
	}{{10 * time.Second, "TOKEN_EXPIRED"}, {time.Minute, ""}, {0, "TOKEN_EXPIRED"}} {
		o.Leeway = c.leeway
		if err := v.Configure(o); err != nil {
			t.Fatal(err)
		}
		code := ""
		if _, refusal := v.VerifyRequest(token); refusal != nil {
			code = refusal.Code
		}
		if code != c.code || v.Leeway() != c.leeway {
			t.Errorf("with a leeway of %s a token that ended 30s ago is answered %q, want %q", c.leeway, code, c.code)
		}
	}
	o.Leeway = -1
	if err := v.Configure(o); err == nil || v.Leeway() != 0 {
		t.Errorf("%v, %s in force", err, v.Leeway())
	}
}
