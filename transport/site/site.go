package site

import (
	"errors"
	"io/fs"
	"net/http"
	"slices"
	"strings"

	"outcry/transport/httpapi"
)

// page is the file that the application starts from, whatever its path.
const page = "index.html"

// Site answers with files of an application.
type Site struct {
	// immutable after construction
	files    map[string]*file // by path without its first slash
	reserved []string
	notFound http.Handler
}

// New reads all files. reserved are first parts of paths that are never the
// application's, such as api: what is not found below them is answered by notFound,
// like paths that no page of ours has.
func New(files fs.FS, reserved []string, notFound http.Handler) (*Site, error) {
	s := &Site{files: map[string]*file{}, reserved: reserved, notFound: notFound}
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && name == "." {
			return nil // it was not built
		}
		if err != nil || entry.IsDir() {
			return err
		}
		s.files[name], err = readFile(files, name)
		return err
	})
	return s, err
}

// Built reports whether there is an application.
func (s *Site) Built() bool { return s.files[page] != nil }

// ServeHTTP answers with the file of the path, or with the page where the path may
// be one of its views.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f := s.find(r.URL.Path)
	switch {
	case f == nil && r.URL.Path == "/":
		notBuilt(w)
	case f == nil:
		s.notFound.ServeHTTP(w, r)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		httpapi.WriteProblem(w, http.StatusMethodNotAllowed, "", "a page is read by GET or HEAD")
	default:
		f.serve(w, r)
	}
}

// find returns the file for a path, nil if there is none.
func (s *Site) find(path string) *file {
	name := strings.TrimPrefix(path, "/")
	if f := s.files[name]; f != nil {
		return f
	}
	first, _, _ := strings.Cut(name, "/")
	if isView(path) && !slices.Contains(s.reserved, first) {
		return s.files[page]
	}
	return nil
}

// maxViewBytes bounds the path of a view.
const maxViewBytes = 200

// isView reports whether a path may be a view of the application: words with
// slashes before them. Everything else is a file that does not exist, or a trick.
func isView(path string) bool {
	if len(path) > maxViewBytes || !strings.HasPrefix(path, "/") || strings.Contains(path, "//") {
		return false
	}
	for _, c := range []byte(path) {
		word := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_'
		if !word && c != '/' {
			return false
		}
	}
	return true
}

// notBuilt tells a person who tries the address of an engine without a dashboard.
func notBuilt(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write([]byte("Outcry is running. The dashboard is not in this binary: `make build` makes one that has it.\n\n" +
		"Browsers connect with socket.io-client at /socket.io/\nFeeds post ticks to /api/ticks\nHealth is at /health\n")) // the client is gone if this fails
}
