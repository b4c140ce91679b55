package main

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"outcry/config"
	"outcry/transport/auth"
)

// forge signs any header and any payload by HS256, whatever the header says.
func forge(header, payload, key string) string {
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(header)) + "." + encode([]byte(payload))
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(signed))
	return signed + "." + encode(mac.Sum(nil))
}

// issuerOf publishes the public half of a new key as "r".
func issuerOf(t *testing.T) (url, publicPEM string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	set := fmt.Sprintf(`{"keys":[{"kty":"RSA","kid":"r","n":%q,"e":%q}]}`, encode(key.N.Bytes()), encode(big.NewInt(int64(key.E)).Bytes()))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(set)) }))
	t.Cleanup(server.Close)
	return server.URL, string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// connected is the answer to a CONNECT, by either transport.
type connected func(t *testing.T, e *Engine, payload string, lines ...string) (answer string)

// connects are the ways to ask to be let in. Each leaves before it returns.
var connects = map[string]connected{
	"websocket": func(t *testing.T, e *Engine, payload string, lines ...string) string {
		t.Helper()
		b := openBrowser(t, e, lines...)
		b.say("40" + payload)
		answer := b.await("4")
		b.leave()
		return answer
	},
	"polling": func(t *testing.T, e *Engine, payload string, lines ...string) string {
		t.Helper()
		p := openPoller(t, e, lines...)
		p.post("40" + payload)
		answer := p.poll().body
		p.post("1")
		return answer
	},
}

// login signs somebody in as another process would have: in the store.
func login(t *testing.T, e *Engine, user string, roles ...auth.Role) (id, cookie string) {
	t.Helper()
	id, _, err := auth.NewLogins(e.journal, time.Hour, time.Now).Create(t.Context(), auth.Login{UserID: user, Name: user, Roles: roles})
	if err != nil {
		t.Fatal(err)
	}
	return id, sessionCookie(e.verifier.Sealer(), id)
}

func sessionCookie(s *auth.Sealer, id string) (line string) {
	return "Cookie: __Host-outcry_session=" + s.Seal("__Host-outcry_session", id)
}

// credentials are what somebody shows, and the code of the refusal; empty where
// they are let in as ann.
type credentials struct {
	payload string   // of the CONNECT
	lines   []string // of every request
	code    string
}

func inPayload(token, code string) credentials {
	return credentials{`{"token":"` + token + `"}`, nil, code}
}

func inHeader(token, code string) credentials {
	return credentials{"", []string{"Authorization: Bearer " + token}, code}
}

func inCookie(line, code string) credentials { return credentials{"", []string{line}, code} }

// expect shows them in every way there is: to sockets, and where a request can have
// them to HTTP.
func (c credentials) expect(t *testing.T, e *Engine) {
	t.Helper()
	for way, connect := range connects {
		answer := connect(t, e, c.payload, c.lines...)
		switch {
		case c.code == "" && (!strings.HasPrefix(answer, `40{"sid":`) || strings.Contains(answer, "error")):
			t.Errorf("%s: not let in but %q", way, answer)
		case c.code != "" && (!strings.HasPrefix(answer, "44{") || !strings.Contains(answer, `"code":"`+c.code+`"`)):
			t.Errorf("%s: answered %q, want %s", way, answer, c.code)
		}
	}
	if c.payload != "" {
		return
	}
	status, user := http.StatusUnauthorized, `"user":null`
	if c.code == "" {
		status, user = http.StatusOK, `"id":"ann"`
	}
	if a := answerTo(t, e, "GET", "/api/portfolio", c.lines...); a.StatusCode != status || c.code != "" && !strings.Contains(a.body, `"code":"`+c.code+`"`) {
		t.Errorf("HTTP: %s %q, want %d %s", a.Status, a.body, status, c.code)
	}
	if a := answerTo(t, e, "GET", "/auth/status", c.lines...); !strings.Contains(a.body, user) {
		t.Errorf("HTTP: signed in is %q, want %s", a.body, user)
	}
}

func TestForgedTokensOpenNothing(t *testing.T) {
	url, publicPEM := issuerOf(t)
	const hs256, user = `{"alg":"HS256"}`, `{"sub":"ann"}`
	unsigned := func(alg string) string {
		token := forge(`{"alg":"`+alg+`","kid":"r"}`, user, testSecret)
		return token[:strings.LastIndex(token, ".")+1]
	}
	invalid := map[string]string{
		"none": unsigned("none"), "None": unsigned("None"), "NONE": unsigned("NONE"), "nOnE": unsigned("nOnE"), "no algorithm": unsigned(""),
		"none with a signature":   forge(`{"alg":"none"}`, user, testSecret),
		"another secret":          forge(hs256, user, "another-secret-altogether"),
		"no secret":               forge(hs256, user, ""),
		"the public key":          forge(`{"alg":"HS256","kid":"r"}`, user, publicPEM),
		"the public key as RS256": forge(`{"alg":"RS256","kid":"r"}`, user, publicPEM),
		"our secret as RS256":     forge(`{"alg":"RS256","kid":"r"}`, user, testSecret),
		"our secret as HS512":     forge(`{"alg":"HS512"}`, user, testSecret),
		"a file as the key":       forge(`{"alg":"HS256","kid":"../../../dev/null"}`, user, ""),
		"an unknown key":          forge(`{"alg":"RS256","kid":"nobody's"}`, user, testSecret),
		"refresh":                 forge(hs256, `{"sub":"ann","type":"refresh"}`, testSecret),
		"nobody":                  forge(hs256, `{"type":"access"}`, testSecret),
		"an end in quotes":        forge(hs256, `{"sub":"ann","exp":"9999999999"}`, testSecret),
		"a negative end":          forge(hs256, `{"sub":"ann","exp":-1}`, testSecret),
		"an end beyond all time":  forge(hs256, `{"sub":"ann","exp":1e300}`, testSecret),
		"an end in milliseconds":  forge(hs256, `{"sub":"ann","exp":1790000000000}`, testSecret),
		"two parts":               "a.b",
		"four parts":              forge(hs256, user, testSecret) + ".x",
		"no token at all":         "x",
		"longer than any":         strings.Repeat("x", 9000),
	}
	cases := map[string]credentials{
		"good":               inHeader(forge(hs256, user, testSecret), ""),
		"good, in a payload": inPayload(forge(hs256, user, testSecret), ""),
		"expired":            inHeader(forge(hs256, `{"sub":"ann","exp":1}`, testSecret), "TOKEN_EXPIRED"),
		"too early":          inHeader(forge(hs256, `{"sub":"ann","nbf":253402300799}`, testSecret), "TOKEN_NOT_BEFORE"),
	}
	for name, token := range invalid {
		cases[name] = inHeader(token, "INVALID_TOKEN")
		cases[name+", in a payload"] = inPayload(token, "INVALID_TOKEN")
	}
	both := func(s *config.Settings) { s.Auth.JWKSURL = url }
	eachEngine(t, both, func(t *testing.T, e *Engine) {
		for name, c := range cases {
			t.Run(name, func(t *testing.T) { c.expect(t, e) })
		}
	})
}

func TestForgedSessionsOpenNothing(t *testing.T) {
	eachEngine(t, nil, func(t *testing.T, e *Engine) {
		ours := e.verifier.Sealer()
		id, good := login(t, e, "ann", auth.Trader)
		bobs, bobsCookie := login(t, e, "bob", auth.Trader)
		sealed := strings.TrimPrefix(good, "Cookie: __Host-outcry_session=")
		session := func(id, user, code string) credentials {
			return credentials{fmt.Sprintf(`{"sessionID":%q,"userId":%q}`, id, user), nil, code}
		}
		for name, c := range map[string]credentials{
			"good":                          inCookie(good, ""),
			"among others":                  inCookie("Cookie: a={\"b\":1}; "+strings.TrimPrefix(good, "Cookie: "), ""),
			"no seal":                       inCookie("Cookie: __Host-outcry_session="+id, "INVALID_SESSION"),
			"an empty seal":                 inCookie("Cookie: __Host-outcry_session="+id+".", "INVALID_SESSION"),
			"half a seal":                   inCookie("Cookie: __Host-outcry_session="+sealed[:len(sealed)-4], "INVALID_SESSION"),
			"a seal and more":               inCookie("Cookie: __Host-outcry_session="+sealed+"A", "INVALID_SESSION"),
			"a seal of another secret":      inCookie(sessionCookie(auth.NewSealer("another-secret-altogether"), id), "INVALID_SESSION"),
			"a seal of something else":      inCookie("Cookie: __Host-outcry_session="+ours.Seal("outcry_oauth", id), "INVALID_SESSION"),
			"the seal of another session":   inCookie("Cookie: __Host-outcry_session="+id+bobsCookie[strings.LastIndex(bobsCookie, "."):], "INVALID_SESSION"),
			"a session that nobody has":     inCookie(sessionCookie(ours, strings.Repeat("A", len(id))), "INVALID_SESSION"),
			"a sealed path":                 inCookie(sessionCookie(ours, "../../login"), "INVALID_SESSION"),
			"an endless cookie":             inCookie("Cookie: __Host-outcry_session="+strings.Repeat("x", 8000), "INVALID_SESSION"),
			"a cookie of another name":      inCookie("Cookie: Outcry_Session="+sealed, "NO_SESSION_ID"),
			"a session's id":                session(id, "ann", ""),
			"an id with another user":       session(id, "bob", "USER_MISMATCH"),
			"another's id":                  session(bobs, "ann", "USER_MISMATCH"),
			"an id that nobody has":         session(strings.Repeat("A", len(id)), "ann", "INVALID_SESSION"),
			"half an id":                    session(id[:len(id)/2], "ann", "INVALID_SESSION"),
			"a sealed id":                   session(sealed, "ann", "INVALID_SESSION"),
			"an id in a list":               {`{"sessionID":["` + id + `"]}`, nil, "INVALID_TOKEN"},
			"a user alone":                  {`{"userId":"ann"}`, nil, "NO_SESSION_ID"},
			"another's cookie with a user":  {`{"userId":"ann"}`, []string{bobsCookie}, "USER_MISMATCH"},
			"a bad token before a cookie":   {`{"token":"x"}`, []string{good}, "INVALID_TOKEN"},
			"a bad header before a cookie":  {"{}", []string{"Authorization: Bearer x", good}, "INVALID_TOKEN"},
			"a token in the place of an id": session(tokenOf(t, "ann"), "ann", "INVALID_SESSION"),
		} {
			t.Run(name, func(t *testing.T) {
				if c.code == "NO_SESSION_ID" && c.payload == "" {
					for way, connect := range connects { // HTTP has another word for it
						if answer := connect(t, e, c.payload, c.lines...); !strings.Contains(answer, c.code) {
							t.Errorf("%s: %q", way, answer)
						}
					}
					return
				}
				c.expect(t, e)
			})
		}
	})
}
