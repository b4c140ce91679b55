package bench

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// tokenReserve keeps tokens valid for longer than the longest run, so that none
// is about to expire while it is measured.
const tokenReserve = 12 * time.Hour

// credentials are the tokens of a run: one user for each dashboard, as one user
// may not open thousands of sockets.
type credentials struct {
	dashboards []string
	feed       string
}

// newCredentials signs the tokens, or takes those that were given.
func newCredentials(s Scenario, secret string, user func(i int) string, now time.Time) (c credentials, err error) {
	c.dashboards = make([]string, s.Dashboards)
	if s.Token != "" {
		for i := range c.dashboards {
			c.dashboards[i] = s.Token
		}
		if c.feed = s.FeedToken; c.feed == "" {
			c.feed = s.Token
		}
		return c, nil
	}
	for i := range c.dashboards {
		if c.dashboards[i], err = sign(secret, user(i), nil, now); err != nil {
			return credentials{}, err
		}
	}
	c.feed, err = sign(secret, "bench-feed", []string{"feed"}, now)
	return c, err
}

func sign(secret, user string, roles []string, now time.Time) (string, error) {
	claims := jwt.MapClaims{
		"userId": user,
		"type":   "access",
		"iat":    now.Unix(),
		"exp":    now.Add(tokenReserve).Unix(),
	}
	if roles != nil {
		claims["roles"] = roles
	}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(secret))
	if err != nil {
		return "", fmt.Errorf("sign a token for %s: %w", user, err)
	}
	return token, nil
}

// newSecret returns a secret for a server that is started for one run.
func newSecret() string {
	var secret [32]byte
	rand.Read(secret[:]) // never fails
	return hex.EncodeToString(secret[:])
}
