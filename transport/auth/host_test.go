package auth

import (
	"strings"
	"testing"
)

func TestNamesOfOthersAreNotOurs(t *testing.T) {
	h := NewHosts("box:8080", "http://dash.example:3000/app", "", "https://Front.example.")
	for host, want := range map[string]bool{
		"localhost":              true,
		"localhost:8080":         true,
		"LOCALHOST:8080":         true,
		"localhost.:8080":        true,
		"app.localhost:8080":     true,
		"127.0.0.1:8080":         true,
		"127.0.0.1":              true,
		"[::1]:8080":             true,
		"[::1]":                  true,
		"192.168.1.20:8080":      true, // an address is never looked up
		"[fe80::1]:8080":         true,
		"0.0.0.0:8080":           true,
		"box:8080":               true,
		"Box":                    true,
		"dash.example:8080":      true, // another port, behind Vite
		"front.example":          true,
		"":                       true, // no browser
		"evil.example":           false,
		"evil.example:8080":      false,
		"localhost.evil.example": false,
		"evil-localhost":         false,
		"evillocalhost:8080":     false,
		"127.0.0.1.evil.example": false,
		"127.0.0.1.nip.io:8080":  false, // a name that points to us
		"7f000001.rbndr.us":      false,
		"sub.dash.example":       false,
		"dash.example.evil.test": false,
		"xdash.example":          false,
		"box.evil.example":       false,
		"localhost@evil.example": false,
		"localhost:evil.example": false,
		"localhost:8080:80":      false,
		"localhost evil.example": false,
		"localhost,evil.example": false,
		"localhost/evil.example": false,
		"localhost:99999":        false,
		"localhost..":            false,
		"127.0.0.1:8080@evil":    false,
		"[::1].evil.example":     false,
		"[::1]evil":              false,
		"[::%.evil.example]":     false,
		"2130706433":             false, // browsers write it as 127.0.0.1
		"127.1":                  false,
		"0x7f.0.0.1":             false,
		".":                      false,
		".localhost.evil":        false,
		"null":                   false,
		"*":                      false,
	} {
		if got := h.Allow(host); got != want {
			t.Errorf("%q: %v, want %v", host, got, want)
		}
	}
	everyone := Hosts{}
	if !everyone.Allow("evil.example") {
		t.Error("outside development a proxy may ask by any name")
	}
	for _, listen := range []string{":8080", "", "8080"} {
		if h := NewHosts(listen); h.Allow("evil.example") || h.Allow(".") || !h.Allow("localhost:8080") {
			t.Errorf("listening on %q", listen)
		}
	}
}

func FuzzHosts(f *testing.F) {
	for _, host := range []string{"localhost:1", "[::1]:80", "evil.example", "[::1", "a:b:c", "127.0.0.1.", ".localhost"} {
		f.Add(host)
	}
	h := NewHosts("127.0.0.1:8080", "https://dash.example")
	f.Fuzz(func(t *testing.T, host string) {
		// Whatever a label in front of it is, a site's name stays the site's.
		if site := host + ".evil.example"; h.Allow(site) {
			t.Fatalf("%q is taken for ours", site)
		}
		// What we take is nothing but a name or an address, and perhaps a port.
		if h.Allow(host) && strings.ContainsAny(host, "/@ ,?#%\\") {
			t.Fatalf("%q is taken for a name of ours", host)
		}
	})
}
