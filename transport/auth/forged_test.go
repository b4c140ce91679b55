package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
)

// forge signs any header and any payload by HS256, whatever the header says.
func forge(header, payload, key string) string {
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(header)) + "." + encode([]byte(payload))
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(signed))
	return signed + "." + encode(mac.Sum(nil))
}

const hs256 = `{"alg":"HS256","typ":"JWT"}`

// bothKinds are a verifier of secrets alone, and one that has an issuer, too.
func bothKinds(t *testing.T) map[string]*Verifier {
	t.Helper()
	i := newIssuer(t)
	i.publish("ours", newRSA(t).Public())
	return map[string]*Verifier{
		"secrets":               verifier(t),
		"secrets and an issuer": i.verifier(func(o *Options) { o.Secrets = []string{secret, older} }),
	}
}

func TestNoSignatureIsNoneHoweverItIsSpelt(t *testing.T) {
	for kind, v := range bothKinds(t) {
		for _, alg := range []string{`"none"`, `"None"`, `"NONE"`, `"nOnE"`, `" none"`, `"none\u0000"`, `""`, `null`, `7`, `["HS256"]`, `"hs256"`, `"HS256 "`, `"HS384"`, `"RS256"`, `"ES256"`, `"EdDSA"`} {
			header := `{"alg":` + alg + `,"typ":"JWT","kid":"ours"}`
			signed := forge(header, `{"sub":"s"}`, secret)
			bare := signed[:strings.LastIndex(signed, ".")+1]
			for name, token := range map[string]string{"signed": signed, "unsigned": bare, "without a dot": strings.TrimSuffix(bare, "."), "signed by nothing": forge(header, `{"sub":"s"}`, "")} {
				if id, refusal := v.Verify(token); refusal == nil || refusal.Code != "INVALID_TOKEN" {
					t.Errorf("%s, alg %s, %s: %+v, %v", kind, alg, name, id, refusal)
				}
			}
		}
		if _, refusal := v.Verify(forge(`{"alg":"none","alg":"HS256"}`, `{"sub":"s"}`, older)); refusal != nil {
			t.Errorf("%s: the last of two algorithms is not the one: %v", kind, refusal) // encoding/json's rule, in every place that reads it
		}
	}
}

// A header may name a key, and where to find one: we know ours without it.
func TestHeadersChooseNoKey(t *testing.T) {
	for kind, v := range bothKinds(t) {
		for name, more := range map[string]string{
			"a file":            `"kid":"../../../../dev/null"`,
			"a query":           `"kid":"x' UNION SELECT 'key"`,
			"a known key":       `"kid":"ours"`,
			"several":           `"kid":["ours"]`,
			"a number":          `"kid":0`,
			"a key of its own":  `"jwk":{"kty":"oct","k":"AA"}`,
			"an address":        `"jku":"https://evil.example/keys.json"`,
			"a certificate":     `"x5u":"https://evil.example/cert.pem"`,
			"critical headers":  `"crit":["exp"]`,
			"a compressed body": `"zip":"DEF"`,
		} {
			header := `{"alg":"HS256",` + more + `}`
			for key, token := range map[string]string{"nothing": "", "its own key": "\x00", "its key's name": "ours"} {
				if id, refusal := v.Verify(forge(header, `{"sub":"s"}`, token)); refusal == nil || refusal.Code != "INVALID_TOKEN" {
					t.Errorf("%s, %s, signed by %s: %+v, %v", kind, name, key, id, refusal)
				}
			}
		}
	}
}

func TestTimesMustBeTimes(t *testing.T) {
	v := verifier(t)
	soon := now.Add(time.Hour).Unix()
	for payload, code := range map[string]string{
		`{"sub":"s","exp":%d}`:                         "",
		`{"sub":"s","exp":%d.75}`:                      "",
		`{"sub":"s","exp":253402300799}`:               "", // the last second of 9999
		`{"sub":"s","exp":null}`:                       "",
		`{"sub":"s","exp":"%d"}`:                       "INVALID_TOKEN",
		`{"sub":"s","exp":%d000}`:                      "INVALID_TOKEN", // milliseconds
		`{"sub":"s","exp":253402300800}`:               "INVALID_TOKEN",
		`{"sub":"s","exp":9223372036854775807}`:        "INVALID_TOKEN",
		`{"sub":"s","exp":18446744073709551616}`:       "INVALID_TOKEN",
		`{"sub":"s","exp":1e300}`:                      "INVALID_TOKEN",
		`{"sub":"s","exp":1e400}`:                      "INVALID_TOKEN",
		`{"sub":"s","exp":-1}`:                         "INVALID_TOKEN",
		`{"sub":"s","exp":-1e300}`:                     "INVALID_TOKEN",
		`{"sub":"s","exp":true}`:                       "INVALID_TOKEN",
		`{"sub":"s","exp":[%d]}`:                       "INVALID_TOKEN",
		`{"sub":"s","exp":{}}`:                         "INVALID_TOKEN",
		`{"sub":"s","exp":""}`:                         "INVALID_TOKEN",
		`{"sub":"s","exp":"never"}`:                    "INVALID_TOKEN",
		`{"sub":"s","exp":0}`:                          "TOKEN_EXPIRED",
		`{"sub":"s","exp":%d,"exp":1}`:                 "TOKEN_EXPIRED",
		`{"sub":"s","nbf":%d}`:                         "TOKEN_NOT_BEFORE",
		`{"sub":"s","nbf":1e300}`:                      "INVALID_TOKEN",
		`{"sub":"s","nbf":"%d"}`:                       "INVALID_TOKEN",
		`{"sub":"s","nbf":-5}`:                         "INVALID_TOKEN",
		`{"sub":"s","iat":%d}`:                         "", // says nothing about what is valid, RFC 7519 section 4.1.6
		`{"sub":"s","iat":"yesterday"}`:                "INVALID_TOKEN",
		`{"sub":"s","exp":1,"nbf":%d}`:                 "TOKEN_EXPIRED",
		`{"sub":"s","type":"refresh","exp":1}`:         "TOKEN_EXPIRED",
		`{"sub":"s","type":"refresh","exp":%d}`:        "INVALID_TOKEN",
		`{"sub":"s","exp":%d,"aud":7}`:                 "INVALID_TOKEN",
		`{"sub":"s","exp":%d,"aud":["a","b"]}`:         "",
		`{"sub":"s","exp":%d,"iss":{"a":"b"}}`:         "INVALID_TOKEN",
		`{"sub":"s","exp":%d,"roles":"operator"}`:      "",
		`{"sub":"s","exp":%d,"roles":7}`:               "INVALID_TOKEN",
		`{"sub":"s","exp":%d,"roles":["trader",7]}`:    "INVALID_TOKEN",
		`{"sub":"s","exp":%d,"Roles":7,"EXP":1}`:       "", // not claims of ours
		`{"sub":"s","exp":%d,"roles":["root","root"]}`: "",
	} {
		payload = strings.Replace(payload, "%d", fmt.Sprint(soon), 1)
		id, refusal := v.Verify(forge(hs256, payload, secret))
		got := ""
		if refusal != nil {
			got = refusal.Code
		}
		if got != code || got == "" && id.UserID != "s" {
			t.Errorf("%s: %q, want %q", payload, got, code)
		}
	}
}

func TestTokensNameAUser(t *testing.T) {
	v := verifier(t)
	for payload, user := range map[string]string{
		`{"sub":"ann"}`:                    "ann",
		`{"userId":"","sub":"ann"}`:        "ann",
		`{"userId":null,"sub":"ann"}`:      "ann",
		`{"userId":"Ann Å, 2nd"}`:          "Ann Å, 2nd",
		`{"userId":"a/../b"}`:              "a/../b", // names of streams are no paths
		`{"sub":"ann","type":"websocket"}`: "ann",
		`{}`:                               "",
		`{"sub":""}`:                       "",
		`{"sub":null}`:                     "",
		`{"sub":7}`:                        "7",
		`{"userId":7,"sub":"ann"}`:         "7",
		`{"userId":12345678901234567890}`:  "12345678901234567890", // as it is written, not as a float
		`{"userId":0}`:                     "0",
		`{"userId":7.5}`:                   "",
		`{"userId":7e3}`:                   "",
		`{"userId":true}`:                  "",
		`{"USERID":"ann"}`:                 "",
		`{"userId":["ann"]}`:               "",
		`{"userId":{"$ne":""}}`:            "",
		`{"userId":" "}`:                   "",
		`{"userId":"a\u0000b"}`:            "",
		`{"userId":"a\nb"}`:                "",
		`{"userId":"a\u202eb"}`:            "", // turns what is behind it around
		`{"userId":"` + strings.Repeat("u", 129) + `"}`: "",
		`{"sub":"ann","type":"refresh"}`:                "",
		`{"sub":"ann","type":"Refresh"}`:                "",
		`{"sub":"ann","type":"id"}`:                     "",
		`{"sub":"ann","type":["access"]}`:               "",
		`{"name":"ann"}`:                                "",
		`"ann"`:                                         "",
		`["ann"]`:                                       "",
		`null`:                                          "",
		``:                                              "",
	} {
		id, refusal := v.Verify(forge(hs256, payload, secret))
		if id.UserID != user || (refusal == nil) != (user != "") || refusal != nil && refusal.Code != "INVALID_TOKEN" {
			t.Errorf("%s: %q, %v", payload, id.UserID, refusal)
		}
	}
	for _, user := range []string{"", " ", "a\x00b", "a\xffb", strings.Repeat("u", maxUserBytes+1)} {
		if _, err := Mint(secret, Claims{User: user, TTL: time.Hour}, now); err == nil {
			t.Errorf("a token for %q", user)
		}
	}
}

func TestOneRoleMayBeAText(t *testing.T) {
	v := verifier(t)
	for payload, want := range map[string][]Role{
		`{"sub":"s","roles":"executor"}`:           {Executor},
		`{"sub":"s","roles":["feed","executor"]}`:  {Feed, Executor},
		`{"sub":"s","roles":[]}`:                   {},
		`{"sub":"s","roles":null}`:                 nil,
		`{"sub":"s","roles":"executor, operator"}`: {"executor, operator"}, // one role, which there is not
	} {
		id, refusal := v.Verify(forge(hs256, payload, secret))
		if refusal != nil || !slices.Equal(id.Roles, want) {
			t.Errorf("%s: %q, %v; want %q", payload, id.Roles, refusal, want)
		}
	}
}

func TestWrongClaimsAreLoggedOnceAMinute(t *testing.T) {
	var log strings.Builder
	clock := now
	o := DefaultOptions()
	o.Secrets = []string{secret}
	v, err := NewVerifier(o, zerolog.New(&log), func() time.Time { return clock })
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	wrong := func() {
		for _, payload := range []string{`{"sub":["secret"]}`, `{"sub":["secret"]}`, `{"sub":"s","exp":"soon"}`, `{"sub":"s","type":"refresh"}`, `{}`} {
			v.Verify(forge(hs256, payload, secret))
		}
	}
	wrong()
	wrong()
	clock = clock.Add(wrongClaimInterval)
	wrong()
	for text, want := range map[string]int{`"claim":"sub"`: 2, `"claim":"exp"`: 2, `"claim":"type"`: 2, "secret": 0, "\n": 6} {
		if got := strings.Count(log.String(), text); got != want {
			t.Errorf("%q is in the log %d times, want %d:\n%s", text, got, want, &log)
		}
	}
}

// Cookies of others on the same domain may be anything.
func TestOurCookieIsFoundAmongBrokenOnes(t *testing.T) {
	for header, want := range map[string]string{
		`a={"b":"c"}; outcry_session=x.y`:                            "x.y",
		`outcry_session=x.y; a="; b c=d`:                             "x.y",
		`; ;; =; outcry_session=x.y`:                                 "x.y",
		`novalue; outcry_session=x.y`:                                "x.y",
		`a[]=1; outcry_session="x.y"`:                                "x.y",
		`Outcry_Session=x.y`:                                         "",
		`outcry_session`:                                             "",
		`a=outcry_session=x.y`:                                       "",
		strings.Repeat("a=b; ", 100_000) + `outcry_session=x.y`:      "",        // more than anybody has
		`outcry_session=first.y; outcry_session=second.y`:            "first.y", // the more specific path, RFC 6265 section 5.4
		`outcry_session=` + strings.Repeat("x", 10) + "\x00; b=c":    "",
		`xoutcry_session=x.y; outcry_sessionx=x.y; outcry_session=z`: "z",
	} {
		if got := cookieOf(header, "outcry_session"); got != want {
			t.Errorf("%.60s: %q, want %q", header, got, want)
		}
	}
}
