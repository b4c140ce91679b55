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

// dashboardTokens signs one token for each dashboard, as one user may not open
// thousands of sockets, or takes the one that was given.
func dashboardTokens(s Scenario, secret string, user func(i int) string, now time.Time) (tokens []string, err error) {
	tokens = make([]string, s.Dashboards)
	for i := range tokens {
		if tokens[i] = s.Token; tokens[i] != "" {
			continue
		}
		if tokens[i], err = sign(secret, user(i), nil, now); err != nil {
			return nil, err
		}
	}
	return tokens, nil
}

// feedToken signs the feed's token, or takes the one that was given.
func feedToken(s Scenario, secret string, now time.Time) (string, error) {
	switch {
	case s.FeedToken != "" && s.Token != "":
		return s.FeedToken, nil
	case s.Token != "":
		return s.Token, nil
	}
	return sign(secret, "bench-feed", []string{"feed"}, now)
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
