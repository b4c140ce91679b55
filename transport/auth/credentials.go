package auth

import (
	"encoding/json"
	"net/url"
	"strings"
)

// maxTokenBytes bounds what is parsed as a token.
const maxTokenBytes = 8 << 10

// Presented are the credentials of somebody who asks to be let in.
type Presented struct {
	Token     string // a JWT, empty for none
	SessionID string // of a login, empty for none
	UserID    string // whose login it must be, empty where they do not say
}

// Handshake is what of a handshake request credentials may be in.
type Handshake struct {
	URI           string
	Authorization string
	Cookie        string
}

// FromConnect picks the credentials of a Socket.IO CONNECT, in the order of the
// wire contract: auth.token of its payload (raw JSON, may be nil), the handshake's
// Authorization, its cookie, auth.sessionID with auth.userId. A token in the URL
// counts only where that is allowed, since URLs end up in logs.
func (v *Verifier) FromConnect(payload []byte, h Handshake) (Presented, *Refusal) {
	var credentials struct {
		Token     string `json:"token"`
		SessionID string `json:"sessionID"`
		UserID    string `json:"userId"`
	}
	if payload != nil {
		if err := json.Unmarshal(payload, &credentials); err != nil {
			return Presented{}, invalidToken()
		}
	}
	if credentials.Token != "" {
		return Presented{Token: credentials.Token}, nil
	}
	if bearer, ok := BearerToken(h.Authorization); ok {
		return Presented{Token: bearer}, nil
	}
	if token := v.queryToken(h.URI); token != "" {
		return Presented{Token: token}, nil
	}
	cookie, presented := v.sessionOf(h.Cookie)
	switch {
	case cookie != "":
		return Presented{SessionID: cookie, UserID: credentials.UserID}, nil
	case credentials.SessionID != "":
		return Presented{SessionID: credentials.SessionID, UserID: credentials.UserID}, nil
	case presented:
		return Presented{}, unknownSession()
	}
	return Presented{}, noCredentials()
}

// queryToken returns the token of a URL where that is allowed.
func (v *Verifier) queryToken(uri string) string {
	if !v.allowQuery {
		return ""
	}
	_, rawQuery, _ := strings.Cut(uri, "?")
	query, _ := url.ParseQuery(rawQuery) // what cannot be parsed counts as absent
	return query.Get("token")
}

// Check verifies what was presented. It may block if Blocks says so.
func (v *Verifier) Check(p Presented) (Identity, *Refusal) {
	if p.Token != "" {
		return v.Verify(p.Token)
	}
	if v.logins == nil {
		return Identity{}, unknownSession()
	}
	login, refusal := v.logins.Find(p.SessionID)
	if refusal != nil {
		return Identity{}, refusal
	}
	if p.UserID != "" && p.UserID != login.UserID {
		return Identity{}, UserMismatch()
	}
	return login.Identity(), nil
}

// SignedOut reports whether a session was signed out by this process.
func (v *Verifier) SignedOut(sessionID string) bool {
	return v.logins != nil && sessionID != "" && v.logins.hasEnded(sessionID)
}

// Blocks reports whether Check may wait for the network or the disk.
func (v *Verifier) Blocks(p Presented) bool {
	if p.Token == "" {
		return true
	}
	return len(p.Token) <= maxTokenBytes && !v.isOurs(p.Token)
}

// BearerToken returns the token of an Authorization header.
func BearerToken(header string) (token string, ok bool) {
	scheme, token, _ := strings.Cut(header, " ")
	token = strings.TrimSpace(token)
	return token, strings.EqualFold(scheme, "Bearer") && token != ""
}
