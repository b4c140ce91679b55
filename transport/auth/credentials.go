package auth

import (
	"encoding/json"
	"strings"
)

// maxTokenBytes bounds what is parsed as a token.
const maxTokenBytes = 8 << 10

// TokenFromConnect picks the credentials of a Socket.IO CONNECT: auth.token of
// its payload (raw JSON, may be nil), else the handshake request's
// Authorization header.
func TokenFromConnect(payload []byte, authorization string) (token string, refusal *Refusal) {
	var credentials struct {
		Token     string `json:"token"`
		SessionID string `json:"sessionID"`
		UserID    string `json:"userId"`
	}
	if payload != nil {
		if err := json.Unmarshal(payload, &credentials); err != nil {
			return "", invalidToken()
		}
	}
	if credentials.Token != "" {
		return credentials.Token, nil
	}
	if bearer, ok := BearerToken(authorization); ok {
		return bearer, nil
	}
	if credentials.SessionID != "" {
		return "", unknownSession() // no session was ever issued
	}
	return "", noCredentials()
}

// BearerToken returns the token of an Authorization header.
func BearerToken(header string) (token string, ok bool) {
	scheme, token, _ := strings.Cut(header, " ")
	token = strings.TrimSpace(token)
	return token, strings.EqualFold(scheme, "Bearer") && token != ""
}
