package site

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

// file is one file as it is sent.
type file struct {
	// immutable after construction
	name       string
	kind       string // Content-Type
	tag        string // ETag, of the plain form
	cache      string // Cache-Control
	plain      []byte
	compressed []byte // gzip; nil where it would not be smaller
}

// hashedFolder is where files are named by their content: another content is
// another name.
const hashedFolder = "assets/"

const (
	cacheForEver = "public, max-age=31536000, immutable"
	cacheNot     = "no-cache" // ask each time whether it is still the same
)

// kinds are those that a page of ours has. What Go's table says depends on the
// machine; browsers refuse scripts of a wrong kind.
var kinds = map[string]string{
	".html":  "text/html; charset=utf-8",
	".js":    "text/javascript; charset=utf-8",
	".css":   "text/css; charset=utf-8",
	".json":  "application/json",
	".svg":   "image/svg+xml",
	".png":   "image/png",
	".ico":   "image/x-icon",
	".woff2": "font/woff2",
	".txt":   "text/plain; charset=utf-8",
}

func kindOf(name string) string {
	extension := path.Ext(name)
	if kind, ok := kinds[extension]; ok {
		return kind
	}
	if kind := mime.TypeByExtension(extension); kind != "" {
		return kind
	}
	return "application/octet-stream"
}

// readFile prepares one file.
func readFile(files fs.FS, name string) (*file, error) {
	plain, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	sum := sha256.Sum256(plain)
	f := &file{
		name: name, kind: kindOf(name), plain: plain, cache: cacheNot,
		tag: base64.RawURLEncoding.EncodeToString(sum[:16]),
	}
	if strings.HasPrefix(name, hashedFolder) {
		f.cache = cacheForEver
	}
	if f.compressed, err = compress(plain); err != nil {
		return nil, fmt.Errorf("compress %s: %w", name, err)
	}
	return f, nil
}

// compress returns p in gzip, nil where that is not smaller.
func compress(p []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(p); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	if out.Len() >= len(p) {
		return nil, nil
	}
	return out.Bytes(), nil
}

// serve answers with the file, compressed for those who take that. Ranges and
// conditions are the standard library's.
func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	header, body, tag := w.Header(), f.plain, f.tag
	header.Set("Content-Type", f.kind)
	header.Set("Cache-Control", f.cache)
	header.Add("Vary", "Accept-Encoding")
	if f.compressed != nil && acceptsGzip(r.Header.Values("Accept-Encoding")) {
		header.Set("Content-Encoding", "gzip")
		body, tag = f.compressed, tag+"-gzip" // another representation, RFC 9110 section 8.8.3
	}
	header.Set("ETag", `"`+tag+`"`)
	http.ServeContent(w, r, f.name, time.Time{}, bytes.NewReader(body))
}

// acceptsGzip reads Accept-Encoding, RFC 9110 section 12.5.3.
func acceptsGzip(values []string) bool {
	for _, coding := range strings.Split(strings.Join(values, ","), ",") {
		name, weight, _ := strings.Cut(coding, ";")
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "gzip", "*":
			w := strings.ReplaceAll(strings.ToLower(weight), " ", "")
			return strings.TrimRight(w, "0") != "q=" && strings.TrimRight(w, "0") != "q=0."
		}
	}
	return false
}
