package auth

import "testing"

func TestPagesOfStrangersMayNotConnect(t *testing.T) {
	production := NewOrigins(false, "https://trade.example.com/dashboard", "", "http://Staging.example.com:8443")
	development := NewOrigins(true)
	standard := NewOrigins(false, "https://trade.example.com:443", "http://plain.example.com:80")
	cases := []struct {
		origins      Origins
		origin, host string
		want         bool
	}{
		{production, "", "outcry.example.com", true}, // not a browser
		{production, "https://trade.example.com", "outcry.example.com", true},
		{production, "https://TRADE.example.com", "outcry.example.com", true},
		{production, "http://trade.example.com", "outcry.example.com", false}, // another scheme
		{production, "https://trade.example.com:444", "outcry.example.com", false},
		{production, "http://staging.example.com:8443", "outcry.example.com", true},
		{production, "https://outcry.example.com", "outcry.example.com", true}, // its own
		{production, "https://evil.example", "outcry.example.com", false},
		{production, "https://trade.example.com.evil.example", "outcry.example.com", false},
		{production, "null", "outcry.example.com", false},
		{production, "http://localhost:3000", "outcry.example.com", false},
		{production, "http://trade.example.com:443", "outcry.example.com", false},
		{production, "https://trade.example.com.", "outcry.example.com", false},
		{production, "https://trade.example.com@evil.example", "outcry.example.com", false},
		{production, "https://evil.example/https://trade.example.com", "outcry.example.com", false},
		{production, "https://evil.example#trade.example.com", "outcry.example.com", false},
		{production, "https://xtrade.example.com", "outcry.example.com", false},
		{production, "https://trade.example.com\\.evil.example", "outcry.example.com", false},
		{production, "file://trade.example.com", "outcry.example.com", false},
		{production, "NULL", "outcry.example.com", false},
		{production, "null", "null", false},
		{production, "https://", "", false},
		{production, "*", "outcry.example.com", false},
		{production.WithHTTPS(), "https://outcry.example.com", "outcry.example.com", true},
		{production.WithHTTPS(), "http://outcry.example.com", "outcry.example.com", false},
		{production.WithHTTPS(), "http://staging.example.com:8443", "outcry.example.com", true}, // it is named
		{development.WithHTTPS(), "http://localhost:3000", "localhost:8080", true},
		{standard, "https://trade.example.com", "x", true}, // as browsers write it
		{standard, "http://plain.example.com", "x", true},
		{standard, "http://trade.example.com:443", "x", false},
		{development, "http://localhost:3000", "localhost:8080", true},
		{development, "http://127.0.0.1:5173", "localhost:8080", true},
		{development, "http://[::1]:5173", "localhost:8080", true},
		{development, "http://localhost.evil.example", "localhost:8080", false},
		{development, "http://127.0.0.1.evil.example", "localhost:8080", false},
		{development, "http://0.0.0.0:1", "localhost:8080", false},
	}
	for _, c := range cases {
		if got := c.origins.Allow(c.origin, c.host); got != c.want {
			t.Errorf("Allow(%q, %q) = %v, want %v", c.origin, c.host, got, c.want)
		}
	}
}
