// Command reference writes the list of metrics into docs/metrics.md. `make docs`
// runs it, in the folder of the metrics room; a test of that room compares.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"outcry/transport/metrics"
)

func main() {
	if err := run(filepath.Join("..", "..", "docs", "metrics.md")); err != nil {
		fmt.Fprintln(os.Stderr, "reference:", err)
		os.Exit(1)
	}
}

func run(path string) error {
	page, err := os.ReadFile(path) //nolint:gosec // the one page named above
	if err != nil {
		return fmt.Errorf("read the page: %w", err)
	}
	written, err := metrics.WithList(string(page))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := os.WriteFile(path, []byte(written), 0o644); err != nil { //nolint:gosec // documentation is for everybody to read
		return fmt.Errorf("write the page: %w", err)
	}
	return nil
}
