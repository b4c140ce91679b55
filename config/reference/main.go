// Command reference writes what people read of settings from the comments beside
// them: config/descriptions.go, for operators of a running engine, and
// docs/settings.md. `make docs` runs it; a test holds both to the comments.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "reference:", err)
		os.Exit(1)
	}
}

func run() error {
	root, err := moduleRoot()
	if err != nil {
		return err
	}
	files, err := generate(root)
	if err != nil {
		return err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(root, name), content, 0o644); err != nil { //nolint:gosec // sources are for everybody to read
			return fmt.Errorf("write the reference: %w", err)
		}
	}
	return nil
}

// moduleRoot is the folder of go.mod, at or above the working directory.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find go.mod: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", fmt.Errorf("no go.mod at or above the working directory")
		}
		dir = parent
	}
}

// generate returns the files by their names below root.
func generate(root string) (map[string][]byte, error) {
	texts, err := descriptions(root)
	if err != nil {
		return nil, err
	}
	source, err := goSource(texts)
	if err != nil {
		return nil, err
	}
	return map[string][]byte{
		filepath.Join("config", "descriptions.go"): source,
		filepath.Join("docs", "settings.md"):       markdown(texts),
	}, nil
}
