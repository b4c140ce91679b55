package auth

import (
	"fmt"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
)

// recentVerifier is a verifier whose clock the test moves.
func recentVerifier(t testing.TB) (v *Verifier, clock *time.Time) {
	t.Helper()
	at := now
	o := DefaultOptions()
	o.Secrets = []string{secret}
	v, err := NewVerifier(o, zerolog.Nop(), func() time.Time { return at })
	if err != nil {
		t.Fatal(err)
	}
	return v, &at
}

func TestRememberedTokenIsRefusedOnceItIsExpired(t *testing.T) {
	v, clock := recentVerifier(t)
	token := sign(t, jwt.SigningMethodHS256, []byte(secret), jwt.MapClaims{"sub": "s", "exp": now.Add(time.Hour).Unix(), "nbf": now.Unix()})
	first, refusal := v.VerifyRequest(token)
	if refusal != nil {
		t.Fatal(refusal)
	}
	again, refusal := v.VerifyRequest(token)
	if diff := cmp.Diff(first, again); refusal != nil || diff != "" {
		t.Errorf("%v %s", refusal, diff)
	}
	*clock = now.Add(2 * time.Hour)
	if _, refusal := v.VerifyRequest(token); refusal == nil || refusal.Code != "TOKEN_EXPIRED" {
		t.Errorf("%+v", refusal)
	}
	*clock = now.Add(-time.Hour)
	if _, refusal := v.VerifyRequest(token); refusal == nil || refusal.Code != "TOKEN_NOT_BEFORE" {
		t.Errorf("with the clock set back: %+v", refusal)
	}
}

func TestRefusedTokenIsNotRemembered(t *testing.T) {
	v, clock := recentVerifier(t)
	early := sign(t, jwt.SigningMethodHS256, []byte(secret), jwt.MapClaims{"sub": "s", "nbf": now.Add(time.Hour).Unix()})
	for range 2 {
		if _, refusal := v.VerifyRequest(early); refusal == nil {
			t.Fatal("taken before its time")
		}
	}
	*clock = now.Add(time.Hour)
	if _, refusal := v.VerifyRequest(early); refusal != nil {
		t.Error(refusal)
	}
	other := sign(t, jwt.SigningMethodHS256, []byte("another secret altogether"), jwt.MapClaims{"sub": "s"})
	for range 2 {
		if _, refusal := v.VerifyRequest(other); refusal == nil || refusal.Code != "INVALID_TOKEN" {
			t.Errorf("%+v", refusal)
		}
	}
}

// An issuer withdraws a key that got lost: tokens that it signed end, too.
func TestRememberedTokenIsRefusedSoonAfterItsKeyIsWithdrawn(t *testing.T) {
	v, clock := recentVerifier(t)
	token := sign(t, jwt.SigningMethodHS256, []byte(secret), jwt.MapClaims{"sub": "s"})
	if _, refusal := v.VerifyRequest(token); refusal != nil {
		t.Fatal(refusal)
	}
	v.keys = []any{[]byte(older)}
	*clock = now.Add(recentTrust - time.Second)
	if _, refusal := v.VerifyRequest(token); refusal != nil {
		t.Errorf("it is not remembered: %v", refusal)
	}
	*clock = now.Add(recentTrust)
	if _, refusal := v.VerifyRequest(token); refusal == nil || refusal.Code != "INVALID_TOKEN" {
		t.Errorf("%+v", refusal)
	}
}

func TestMemoryForTokensIsBounded(t *testing.T) {
	v, _ := recentVerifier(t)
	used := sign(t, jwt.SigningMethodHS256, []byte(secret), jwt.MapClaims{"sub": "used"})
	for i := range 3 * recentGeneration {
		token := sign(t, jwt.SigningMethodHS256, []byte(secret), jwt.MapClaims{"sub": fmt.Sprint("u", i)})
		for _, each := range []string{token, used} {
			if _, refusal := v.VerifyRequest(each); refusal != nil {
				t.Fatal(refusal)
			}
		}
	}
	if n := len(v.recent.young) + len(v.recent.old); n > 2*recentGeneration {
		t.Errorf("%d tokens remembered", n)
	}
	if _, found := v.recent.find(used); !found {
		t.Error("a token in constant use was forgotten")
	}
}

func BenchmarkVerifyRequest(b *testing.B) {
	v, _ := recentVerifier(b)
	token := sign(b, jwt.SigningMethodHS256, []byte(secret), jwt.MapClaims{"sub": "s", "roles": []string{"executor"}, "exp": now.Add(time.Hour).Unix()})
	for name, verify := range map[string]func(string) (Identity, *Refusal){"each time": v.Verify, "remembered": v.VerifyRequest} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, refusal := verify(token); refusal != nil {
					b.Fatal(refusal)
				}
			}
		})
	}
}
