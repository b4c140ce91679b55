package auth

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"
)

// claims of our tokens and of the platform's. They are read here and not by the
// library's own type, which takes numbers that are no times for some other time. Their
// names are exact.
type claims struct {
	UserID    text     `json:"userId,omitempty"`
	Subject   text     `json:"sub,omitempty"`
	Type      string   `json:"type,omitempty"`
	Roles     roleList `json:"roles,omitempty"`
	IssuedAt  *instant `json:"iat,omitempty"`
	NotBefore *instant `json:"nbf,omitempty"`
	ExpiresAt *instant `json:"exp,omitempty"`

	Issuer   string           `json:"iss,omitempty"`
	Audience jwt.ClaimStrings `json:"aud,omitempty"`
}

// claimError says what is wrong with a claim. It never has the claim's value.
type claimError struct {
	claim, rule string
}

func (e *claimError) Error() string { return "its claim " + e.claim + " " + e.rule }

// UnmarshalJSON reads the claims that are known; the error is a claimError where one of
// them cannot be read. json.Unmarshaler.
func (c *claims) UnmarshalJSON(data []byte) error {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(data, &all); err != nil {
		return err
	}
	for _, known := range []struct {
		name string
		into any
		rule string
	}{
		{"userId", &c.UserID, "must be text or a whole number"},
		{"sub", &c.Subject, "must be text or a whole number"},
		{"type", &c.Type, "must be text"},
		{"roles", &c.Roles, "must be a list of texts, or one text"},
		{"iat", &c.IssuedAt, errNoTime.Error()},
		{"nbf", &c.NotBefore, errNoTime.Error()},
		{"exp", &c.ExpiresAt, errNoTime.Error()},
		{"iss", &c.Issuer, "must be text"},
		{"aud", &c.Audience, "must be a text or a list of texts"},
	} {
		if value, found := all[known.name]; found && json.Unmarshal(value, known.into) != nil {
			return &claimError{known.name, known.rule}
		}
	}
	return nil
}

// text is a claim that some issuers write as a number, which stands for its digits.
type text string

var errNoText = errors.New("must be text or a whole number")

// UnmarshalJSON reads a text, or the digits of a whole number as they are written.
// json.Unmarshaler.
func (t *text) UnmarshalJSON(value []byte) error {
	if len(value) > 0 && (value[0] == '-' || value[0] >= '0' && value[0] <= '9') {
		if bytes.ContainsAny(value, ".eE") {
			return errNoText
		}
		*t = text(value)
		return nil
	}
	return json.Unmarshal(value, (*string)(t))
}

// roleList is a claim that some issuers write as one text, which stands for one role.
type roleList []Role

// UnmarshalJSON reads a list of texts, or one. json.Unmarshaler.
func (r *roleList) UnmarshalJSON(value []byte) error {
	if len(value) > 0 && value[0] == '"' {
		*r = make(roleList, 1)
		return json.Unmarshal(value, &(*r)[0])
	}
	return json.Unmarshal(value, (*[]Role)(r))
}

// maxUserBytes bounds a user's id, which is part of the names of what is kept.
const maxUserBytes = 128

// identity checks what the library does not.
func (c *claims) identity() (Identity, *Refusal) {
	switch c.Type {
	case "", "access", "websocket":
	default: // "refresh" above all: it must never open a connection
		return Identity{}, invalidClaim(&claimError{"type", "must be access, websocket or missing"})
	}
	id := Identity{UserID: string(c.UserID), Roles: c.Roles}
	claim := "userId"
	if id.UserID == "" {
		id.UserID, claim = string(c.Subject), "sub"
	}
	if !isUserID(id.UserID) {
		rule := fmt.Sprintf("must be 1 to %d bytes of text without control characters", maxUserBytes)
		return Identity{}, invalidClaim(&claimError{claim, rule})
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
func (c *claims) GetSubject() (string, error)                  { return string(c.Subject), nil }
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
