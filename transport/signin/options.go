package signin

import (
	"errors"
	"fmt"
	"net/url"
)

// Options of sign-in by Discord. Without a ClientID there is none.
type Options struct {
	// ClientID is what Discord calls this application; empty for no sign-in by
	// Discord. Also DISCORD_CLIENT_ID.
	ClientID string `koanf:"client_id"`
	// ClientSecret is what this application identifies itself to Discord by. Also
	// DISCORD_CLIENT_SECRET.
	ClientSecret string `koanf:"client_secret" secret:"true"`
	// RedirectURL is where Discord sends people back to: this server's
	// /auth/discord/callback, as it is registered there.
	RedirectURL string `koanf:"redirect_url"`
	// AuthorizeURL is where people are sent to sign in: Discord's, or a stand-in's.
	AuthorizeURL string `koanf:"authorize_url"`
	// TokenURL is where the code that they come back with is exchanged for a token.
	TokenURL string `koanf:"token_url"`
	// UserURL is where the token tells who they are.
	UserURL string `koanf:"user_url"`
	// Operators are the Discord ids of those who get the role operator.
	Operators []string `koanf:"operators"`
}

// DefaultOptions are Discord's addresses.
func DefaultOptions() Options {
	return Options{
		AuthorizeURL: "https://discord.com/oauth2/authorize",
		TokenURL:     "https://discord.com/api/oauth2/token",
		UserURL:      "https://discord.com/api/users/@me",
	}
}

// Validate reports every setting that is not allowed.
func (o Options) Validate() error {
	if o.ClientID == "" {
		return nil
	}
	var errs []error
	if o.ClientSecret == "" {
		errs = append(errs, errors.New("client_secret: it is missing beside client_id: set DISCORD_CLIENT_SECRET, or leave DISCORD_CLIENT_ID out"))
	}
	for _, u := range []struct{ key, value string }{
		{"redirect_url", o.RedirectURL}, {"authorize_url", o.AuthorizeURL}, {"token_url", o.TokenURL}, {"user_url", o.UserURL},
	} {
		if parsed, err := url.Parse(u.value); err != nil || parsed.Host == "" || parsed.Scheme != "https" && parsed.Scheme != "http" {
			errs = append(errs, fmt.Errorf("%s: %q is not allowed beside client_id: must be a URL", u.key, u.value))
		}
	}
	return errors.Join(errs...)
}
