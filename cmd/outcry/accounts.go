package main

import (
	"context"
	"time"

	"outcry/actors/portfolio"
)

// accounts are the portfolios as the HTTP API needs them: its goroutines can
// wait for room, which is how an executor that is too fast is slowed down.
type accounts struct {
	*portfolio.Portfolios
}

// admissionTimeout is how long a request may wait for room before it is refused.
const admissionTimeout = 10 * time.Second

// Tell hands a message to an account, once there is room. httpapi.Accounts.
func (a accounts) Tell(userID string, message any) error {
	ctx, cancel := context.WithTimeout(context.Background(), admissionTimeout)
	defer cancel()
	return a.TellWait(ctx, userID, message)
}
