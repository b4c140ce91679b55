package validation

import (
	"bytes"
	"context"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

var (
	doctype   = regexp.MustCompile(`(?i)^\s*<!doctype html>`)
	rootOf    = regexp.MustCompile(`(?i)<[a-z]+\b[^>]*\sid\s*=\s*["']?root["'\s>]`)
	scriptTag = regexp.MustCompile(`(?i)<script\b[^>]*>`)
	moduleTag = regexp.MustCompile(`(?i)\stype\s*=\s*["']?module\b`)
	sourceOf  = regexp.MustCompile(`(?i)\ssrc\s*=\s*["']?([^"'\s>]+)`)
)

// lookAtDashboard asks for the page and for the script that fills it.
func lookAtDashboard(ctx context.Context, v *visit) finding {
	a, err := v.get(ctx, "/")
	if err != nil {
		return v.trouble(err)
	}
	if a.status == http.StatusNotFound {
		return failed("build it in with `make build`, and look whether the proxy forwards /", "/ answers 404: the dashboard is not there")
	}
	if a.status != http.StatusOK {
		return a.unexpected("/")
	}
	const otherApp = "look which application answers at this address, and where the proxy forwards /"
	switch {
	case !isType(a.header, "text/html"):
		return failed(otherApp, "/ is %.60q, not text/html", a.header.Get("Content-Type"))
	case !doctype.Match(a.body):
		return failed(otherApp, "the page does not begin with <!DOCTYPE html>")
	case !rootOf.Match(a.body):
		return failed(otherApp, "the page has no element with the id root: it is another application's")
	}
	source := moduleSource(a.body)
	if source == "" {
		return failed("build the dashboard again with `make build`", "the page loads no module: it stays empty")
	}
	return v.lookAtScript(ctx, source, len(a.body))
}

// moduleSource returns where the page's module is, empty if it has none.
func moduleSource(page []byte) string {
	for _, tag := range scriptTag.FindAll(page, -1) {
		if source := sourceOf.FindSubmatch(tag); source != nil && moduleTag.Match(tag) {
			return string(source[1])
		}
	}
	return ""
}

// lookAtScript loads the module. A server that answers every path with its page
// answers this one with HTML when the files of an older build are gone.
func (v *visit) lookAtScript(ctx context.Context, source string, pageBytes int) finding {
	page, err := url.Parse(v.at("/"))
	if err != nil {
		return v.trouble(err)
	}
	script, err := page.Parse(source)
	if err != nil || script.Host != v.url.Host {
		return failed("serve the script from the server itself: its policy forbids others", "the page loads its module from %.120q", source)
	}
	const mend = "build the dashboard again with `make build`, deploy all of it, and empty the caches before it"
	a, err := v.ask(ctx, v.client, http.MethodGet, script.String(), nil)
	switch {
	case err != nil:
		return v.trouble(err)
	case a.status != http.StatusOK:
		return failed(mend, "the page's module %.120q answers %d", source, a.status)
	case !isType(a.header, "text/javascript") && !isType(a.header, "application/javascript"):
		return failed(mend, "the page's module %.120q is %.60q, not a script", source, a.header.Get("Content-Type"))
	case len(bytes.TrimSpace(a.body)) == 0:
		return failed(mend, "the page's module %.120q is empty", source)
	}
	return good("page of %d bytes, its module of %d KB", pageBytes, (len(a.body)+999)/1000)
}

func isType(h http.Header, want string) bool {
	got, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	return err == nil && strings.EqualFold(got, want)
}
