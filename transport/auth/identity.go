package auth

import (
	"fmt"
	"slices"
	"time"
)

// Role is what a user may do beyond watching quotes.
type Role string

// The roles.
const (
	Trader   Role = "trader"
	Feed     Role = "feed"     // may publish ticks
	Executor Role = "executor" // may publish trades
	Operator Role = "operator"
)

// ParseRole checks the name of a role.
func ParseRole(name string) (Role, error) {
	switch r := Role(name); r {
	case Trader, Feed, Executor, Operator:
		return r, nil
	}
	return "", fmt.Errorf("role %q is not known: must be trader, feed, executor or operator", name)
}

// Identity is a user whose token was verified.
type Identity struct {
	UserID    string
	Roles     []Role
	ExpiresAt time.Time // zero: never
}

// Has reports whether the user has a role.
func (i Identity) Has(r Role) bool { return slices.Contains(i.Roles, r) }
