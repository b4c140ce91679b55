package auth

import (
	"errors"
	"fmt"
	"strconv"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"
)

// claims of our tokens and of the platform's. They are read here and not by the
// library's own type, which takes numbers that are no times for some other time.
type claims struct {
	UserID    string   `json:"userId,omitempty"`
	Subject   string   `json:"sub,omitempty"`
	Type      string   `json:"type,omitempty"`
	Roles     []Role   `json:"roles,omitempty"`
	IssuedAt  *instant `json:"iat,omitempty"`
	NotBefore *instant `json:"nbf,omitempty"`
	ExpiresAt *instant `json:"exp,omitempty"`

	Issuer   string           `json:"iss,omitempty"`
	Audience jwt.ClaimStrings `json:"aud,omitempty"`
}

// maxUserBytes bounds a user's id, which is part of the names of what is kept.
const maxUserBytes = 128

// identity checks what the library does not.
func (c *claims) identity() (Identity, *Refusal) {
	switch c.Type {
	case "", "access", "websocket":
	default: // "refresh" above all: it must never open a connection
		return Identity{}, invalidToken()
	}
	id := Identity{UserID: c.UserID, Roles: c.Roles}
	if id.UserID == "" {
		id.UserID = c.Subject
	}
	if !isUserID(id.UserID) {
		return Identity{}, invalidToken()
	}
	if c.ExpiresAt != nil {
		id.ExpiresAt = c.ExpiresAt.Time
	}
	return id, nil
}

// isUserID reports whether a text can be a user's id: what is shown to people and
// written to logs has no control characters, and what does not show is nobody.
func isUserID(id string) bool {
	if id == "" || len(id) > maxUserBytes || !utf8.ValidString(id) {
		return false
	}
	visible := false
	for _, r := range id {
		if !unicode.IsPrint(r) {
			return false
		}
		visible = visible || !unicode.IsSpace(r)
	}
	return visible
}

// The claims as the library asks for them. jwt.Claims.
func (c *claims) GetExpirationTime() (*jwt.NumericDate, error) { return c.ExpiresAt.date(), nil }
func (c *claims) GetIssuedAt() (*jwt.NumericDate, error)       { return c.IssuedAt.date(), nil }
func (c *claims) GetNotBefore() (*jwt.NumericDate, error)      { return c.NotBefore.date(), nil }
func (c *claims) GetIssuer() (string, error)                   { return c.Issuer, nil }
func (c *claims) GetSubject() (string, error)                  { return c.Subject, nil }
func (c *claims) GetAudience() (jwt.ClaimStrings, error)       { return c.Audience, nil }

// instant is a time in a token: seconds since 1970, RFC 7519 section 2.
type instant struct{ time.Time }

// lastSecond is the end of the year 9999. What is later is no time but a mistake,
// most often milliseconds, with which a token would live for 50,000 years.
const lastSecond = 253402300799

var errNoTime = errors.New("must be seconds since 1970, as a number")

// UnmarshalJSON refuses numbers in quotes and what is no time. json.Unmarshaler.
func (i *instant) UnmarshalJSON(text []byte) error {
	seconds, err := strconv.ParseFloat(string(text), 64)
	if err != nil || seconds < 0 || seconds > lastSecond {
		return fmt.Errorf("%.32q: %w", text, errNoTime)
	}
	i.Time = time.Unix(int64(seconds), 0)
	return nil
}

// MarshalJSON writes whole seconds. json.Marshaler.
func (i *instant) MarshalJSON() ([]byte, error) { return strconv.AppendInt(nil, i.Unix(), 10), nil }

// date is nil for a time that is not set.
func (i *instant) date() *jwt.NumericDate {
	if i == nil {
		return nil
	}
	return &jwt.NumericDate{Time: i.Time}
}
