package site

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

var script = strings.Repeat("let a = 1\n", 100)

func newSite(t *testing.T, files fstest.MapFS) *Site {
	t.Helper()
	s, err := New(files, []string{"api", "health"}, http.NotFoundHandler())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func built(t *testing.T) *Site {
	return newSite(t, fstest.MapFS{
		"index.html":       {Data: []byte("<!DOCTYPE html><div id=root>")},
		"icon.svg":         {Data: []byte("<svg/>")},
		"assets/app-X1.js": {Data: []byte(script)},
	})
}

func ask(s *Site, method, path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://outcry/", nil)
	r.URL.Path = path
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func TestPathsAreFilesOrViewsOrNothing(t *testing.T) {
	s := built(t)
	const page = "text/html; charset=utf-8"
	for path, kind := range map[string]string{
		"/": page, "/operator": page, "/operator/settings": page, "/history/": page, "/index.html": page,
		"/icon.svg":         "image/svg+xml",
		"/assets/app-X1.js": "text/javascript; charset=utf-8",
		"/api":              "", "/api/nothing": "", "/health/": "",
		"/assets/app-X2.js": "", "/robots.txt": "", "/.env": "", "/a/../b": "", "/a//b": "", `/a\b`: "", "/a;b": "",
		"/a\x00b": "", "/é": "", "": "", "//": "", "operator": "", "/" + strings.Repeat("a", 300): "",
	} {
		w := ask(s, http.MethodGet, path)
		if kind == "" {
			if w.Code != http.StatusNotFound {
				t.Errorf("%q: answered %d, want 404", path, w.Code)
			}
			continue
		}
		if w.Code != http.StatusOK || w.Header().Get("Content-Type") != kind {
			t.Errorf("%q: answered %d %q, want 200 %q", path, w.Code, w.Header().Get("Content-Type"), kind)
		}
	}
}

func TestFilesAreKeptByTheirName(t *testing.T) {
	s := built(t)
	if got := ask(s, http.MethodGet, "/assets/app-X1.js").Header().Get("Cache-Control"); got != cacheForEver {
		t.Errorf("a file named by its content: %q", got)
	}
	first := ask(s, http.MethodGet, "/")
	if got := first.Header().Get("Cache-Control"); got != cacheNot {
		t.Errorf("the page: %q", got)
	}
	if again := ask(s, http.MethodGet, "/", "If-None-Match", first.Header().Get("ETag")); again.Code != http.StatusNotModified || again.Body.Len() > 0 {
		t.Errorf("asked again: %d with %d bytes", again.Code, again.Body.Len())
	}
}

func TestCompressesForThoseWhoTakeIt(t *testing.T) {
	s := built(t)
	plain := ask(s, http.MethodGet, "/assets/app-X1.js")
	if plain.Body.String() != script || plain.Header().Get("Content-Encoding") != "" {
		t.Errorf("plain: %q, %d bytes", plain.Header().Get("Content-Encoding"), plain.Body.Len())
	}
	packed := ask(s, http.MethodGet, "/assets/app-X1.js", "Accept-Encoding", "br, gzip")
	if packed.Header().Get("Content-Encoding") != "gzip" || packed.Header().Get("ETag") == plain.Header().Get("ETag") {
		t.Errorf("compressed: %v", packed.Header())
	}
	reader, err := gzip.NewReader(bytes.NewReader(packed.Body.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if content, err := io.ReadAll(reader); err != nil || string(content) != script {
		t.Errorf("unpacked: %d bytes, %v", len(content), err)
	}
	if tiny := ask(s, http.MethodGet, "/icon.svg", "Accept-Encoding", "gzip"); tiny.Header().Get("Content-Encoding") != "" {
		t.Error("six bytes are compressed")
	}
}

func TestReadsAcceptEncoding(t *testing.T) {
	for value, want := range map[string]bool{
		"gzip": true, "*": true, "GZIP;q=0.5": true, "br, gzip": true,
		"": false, "br": false, "gzip;q=0": false, "gzip; q=0.00": false, "identity": false,
	} {
		if got := acceptsGzip([]string{value}); got != want {
			t.Errorf("%q: %t", value, got)
		}
	}
}

func TestPagesAreOnlyRead(t *testing.T) {
	if w := ask(built(t), http.MethodPost, "/"); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("POST /: %d, Allow %q", w.Code, w.Header().Get("Allow"))
	}
	if w := ask(built(t), http.MethodHead, "/"); w.Code != http.StatusOK || w.Body.Len() > 0 {
		t.Errorf("HEAD /: %d with %d bytes", w.Code, w.Body.Len())
	}
}

func TestSaysWhereTheDashboardWouldBe(t *testing.T) {
	s := newSite(t, fstest.MapFS{})
	if w := ask(s, http.MethodGet, "/"); s.Built() || w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "make build") {
		t.Errorf("answered %d %q", w.Code, w.Body)
	}
	if w := ask(s, http.MethodGet, "/operator"); w.Code != http.StatusNotFound {
		t.Errorf("a view: %d", w.Code)
	}
}

func FuzzFind(f *testing.F) {
	for _, path := range []string{"/", "/assets/app-X1.js", "/operator/settings", "/../x", `/\x`, "//x", "/%2e"} {
		f.Add(path)
	}
	s, err := New(fstest.MapFS{"index.html": {Data: []byte("<!DOCTYPE html>")}, "a.js": {Data: []byte("1")}}, []string{"api"}, http.NotFoundHandler())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, path string) {
		found := s.find(path)
		if found == nil {
			return
		}
		if found.name == page && path != "/index.html" && strings.ContainsAny(path, ".\\%;?#\x00") {
			t.Errorf("%q leads to the page", path)
		}
		if path == "/api" || strings.HasPrefix(path, "/api/") {
			t.Errorf("%q is the application's", path)
		}
	})
}
