// Package dashboard holds the built dashboard, so that one binary is all there is
// to install. `make build` builds it before the engine; without it the engine
// works and says where the page would be.
package dashboard

import (
	"embed"
	"io/fs"
)

// The folder dist is in the repository, empty, so that Go builds without Node.
//
//go:embed all:dist
var dist embed.FS

// Site returns the files of the dashboard, index.html at the root; none where it
// was not built.
func Site() fs.FS {
	site, err := fs.Sub(dist, "dist/site")
	if err != nil {
		panic("dashboard: " + err.Error()) // the name is valid
	}
	return site
}
