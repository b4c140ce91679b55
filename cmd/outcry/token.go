package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"outcry/transport/auth"
)

// TokenCmd makes a token: `outcry token --user ann --role feed`.
type TokenCmd struct {
	User   string        `required:"" help:"Whom the token identifies."`
	Role   []string      `help:"What the user may do: trader, feed, executor or operator. Repeatable."`
	TTL    time.Duration `name:"ttl" default:"1h" help:"How long the token is valid."`
	Secret string        `env:"JWT_SECRET" help:"What signs it, as the engine has it."`
}

// Run prints the token alone, so that it can go into a variable.
func (c *TokenCmd) Run() error {
	roles := make([]auth.Role, 0, len(c.Role))
	for _, name := range c.Role {
		role, err := auth.ParseRole(name)
		if err != nil {
			return err
		}
		roles = append(roles, role)
	}
	token, err := mint(c.Secret, auth.Claims{User: c.User, Roles: roles, TTL: c.TTL})
	if err != nil {
		return err
	}
	fmt.Println(token)
	return nil
}

// mint signs a token with the first of a list of secrets, as JWT_SECRET has it.
func mint(secrets string, c auth.Claims) (string, error) {
	first, _, _ := strings.Cut(secrets, ",")
	if first = strings.TrimSpace(first); first == "" {
		return "", errors.New("no secret: set JWT_SECRET to the engine's, or give --secret")
	}
	o := auth.DefaultOptions()
	o.Secrets = []string{first}
	if err := o.Validate(); err != nil {
		return "", err
	}
	return auth.Mint(first, c, time.Now())
}
