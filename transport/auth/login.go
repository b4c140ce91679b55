package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"outcry/persistence"
)

// Login is what somebody who signed in is known by until they sign out.
type Login struct {
	UserID string `json:"user"`
	Name   string `json:"name"`
	Avatar string `json:"avatar,omitempty"` // a URL
	// Discriminator is Discord's number beside a name; empty where it is not known.
	Discriminator string    `json:"discriminator,omitempty"`
	Email         string    `json:"email,omitempty"`
	Roles         []Role    `json:"roles"`
	CreatedAt     time.Time `json:"created"`
	ExpiresAt     time.Time `json:"expires"`
}

// Identity is whom the login identifies.
func (l *Login) Identity() Identity {
	return Identity{UserID: l.UserID, Roles: l.Roles, ExpiresAt: l.ExpiresAt}
}

// Logins keep who signed in, over restarts. The store has only a hash of a
// session's id: what is in it signs nobody in.
type Logins struct {
	// immutable after construction
	store    persistence.Store
	lifetime time.Duration
	now      func() time.Time

	mu      sync.Mutex // guards the next block
	recent  map[string]*Login
	ended   map[string]time.Time // revoked, and when
	onEnded func(id string)
}

// recentLogins is how many logins are kept in memory, so that not every request
// reads the disk.
const recentLogins = 4096

// NewLogins returns the logins in a store, each of which lives for lifetime.
func NewLogins(store persistence.Store, lifetime time.Duration, now func() time.Time) *Logins {
	return &Logins{store: store, lifetime: lifetime, now: now, recent: make(map[string]*Login), ended: make(map[string]time.Time)}
}

// OnEnded has f called with the id of each session that is revoked.
func (l *Logins) OnEnded(f func(id string)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.onEnded = f
}

// Create signs somebody in and returns the session's id, once it is durable or
// ctx ends. It sets the times of the login.
func (l *Logins) Create(ctx context.Context, login Login) (id string, expires time.Time, err error) {
	id = newSessionID()
	login.CreatedAt = l.now()
	login.ExpiresAt = login.CreatedAt.Add(l.lifetime)
	value, err := json.Marshal(login)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("sign %s in: %w", login.UserID, err)
	}
	if err := l.put(ctx, persistence.Document{Key: loginKey(id), Value: value, Lifetime: l.lifetime}); err != nil {
		return "", time.Time{}, fmt.Errorf("sign %s in: %w", login.UserID, err)
	}
	l.keep(id, &login)
	return id, login.ExpiresAt, nil
}

// Find returns the login of a session's id, or why there is none. It may read the
// disk.
func (l *Logins) Find(id string) (*Login, *Refusal) {
	if !isSessionID(id) {
		return nil, unknownSession()
	}
	l.mu.Lock()
	login, ended := l.recent[id], l.isEnded(id)
	l.mu.Unlock()
	if ended {
		return nil, unknownSession()
	}
	if login == nil {
		var refusal *Refusal
		if login, refusal = l.read(id); refusal != nil {
			return nil, refusal
		}
	}
	if !l.now().Before(login.ExpiresAt) {
		return nil, unknownSession()
	}
	return login, nil
}

func (l *Logins) read(id string) (*Login, *Refusal) {
	value, err := l.store.Get(loginKey(id))
	if errors.Is(err, persistence.ErrNotFound) {
		return nil, unknownSession()
	}
	login := &Login{}
	if err == nil {
		err = json.Unmarshal(value, login)
	}
	if err != nil {
		return nil, unavailable("sessions cannot be read")
	}
	l.keep(id, login)
	return login, nil
}

// keep remembers a login, unless it was revoked meanwhile.
func (l *Logins) keep(id string, login *Login) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.isEnded(id) {
		return
	}
	if len(l.recent) >= recentLogins {
		clear(l.recent) // the store has them all
	}
	l.recent[id] = login
}

func (l *Logins) hasEnded(id string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.isEnded(id)
}

// isEnded needs mu.
func (l *Logins) isEnded(id string) bool {
	_, ended := l.ended[id]
	return ended
}

// Revoke signs a session out: from now on here, and for every later process once
// there is no error.
func (l *Logins) Revoke(ctx context.Context, id string) error {
	if !isSessionID(id) {
		return nil
	}
	l.mu.Lock()
	for other, at := range l.ended {
		if l.now().Sub(at) > l.lifetime {
			delete(l.ended, other)
		}
	}
	l.ended[id] = l.now()
	delete(l.recent, id)
	onEnded := l.onEnded
	l.mu.Unlock()
	if onEnded != nil {
		onEnded(id)
	}
	if err := l.put(ctx, persistence.Document{Key: loginKey(id)}); err != nil {
		return fmt.Errorf("sign out: %w", err)
	}
	return nil
}

// put waits until a document is durable.
func (l *Logins) put(ctx context.Context, d persistence.Document) error {
	done := make(chan error, 1)
	l.store.Put([]persistence.Document{d}, func(err error) { done <- err })
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// sessionIDBytes of randomness are beyond guessing.
const sessionIDBytes = 24

func newSessionID() string {
	var random [sessionIDBytes]byte
	_, _ = rand.Read(random[:]) // never fails, by its contract
	return base64.RawURLEncoding.EncodeToString(random[:])
}

// isSessionID reports whether a text has the form of our ids.
func isSessionID(text string) bool {
	if len(text) != base64.RawURLEncoding.EncodedLen(sessionIDBytes) {
		return false
	}
	_, err := base64.RawURLEncoding.DecodeString(text)
	return err == nil
}

func loginKey(id string) string {
	sum := sha256.Sum256([]byte(id))
	return "login/" + hex.EncodeToString(sum[:])
}
