package main

import (
	"fmt"
	"time"

	"outcry/persistence/descriptors"
	"outcry/persistence/storage"
	"outcry/transport"
)

// countDescriptors refuses to start where this process may open too few files and
// connections. Go's runtime has raised the limit to the hard one by now.
func (e *Engine) countDescriptors() error {
	e.descriptors = &descriptors.Gauge{}
	limit := e.descriptors.Read(time.Second).Limit
	journal := storage.Descriptors(e.settings.Server.Data)
	if need := journal + transport.LeastDescriptors(); limit > 0 && limit < need {
		return fmt.Errorf("this process may have %d descriptors open and needs at least %d, %d of them for the journal: raise its hard limit, which is LimitNOFILE of systemd, ulimits of a container, ulimit -Hn of a shell", limit, need, journal)
	}
	return nil
}
