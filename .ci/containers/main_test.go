package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// problems checks a text and returns what is wrong with it.
func problems(t *testing.T, kind, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run([]string{kind, path}); err != nil {
		return err.Error()
	}
	return ""
}

func TestFaultsOfDockerfilesAreFound(t *testing.T) {
	for text, want := range map[string]string{
		"FROM golang AS build\nFROM scratch\nCOPY --from=build /a /b\nCMD [\"/b\"]\n": "",
		"FROM golang AS build\nFROM scratch\nCOPY --from=biuld /a /b\n":               ":3: biuld: biuld:latest is neither a stage",
		"FROM golang as build\n": "FromAsCasing",
		"FROM scratch\nFOO x\n":  "unknown instruction: FOO",
		"FROM golang\nCMD a\n":   "JSONArgsRecommended",
		"":                       "file with no instructions",
	} {
		if got := problems(t, "dockerfile", text); (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestFaultsOfComposeFilesAreFound(t *testing.T) {
	t.Setenv("SECRET", "")
	for text, want := range map[string]string{
		"name: a\nservices: {b: {image: c}}\n":                                      "",
		"name: a\nservices: {b: {image: c, stop_grace: 30s}}\n":                     "stop_grace",
		"name: a\nservices: {b: {image: c, volumes: ['./nowhere:/d']}}\n":           "nowhere: no such file",
		"name: a\nservices: {b: {image: c, volumes: ['nowhere:/d']}}\n":             "undefined volume nowhere",
		"name: a\nservices: {b: {build: {context: ., dockerfile: nowhere}}}\n":      "nowhere: no such file",
		"name: a\nservices: {b: {image: c, environment: {S: '${SECRET:?set it}'}}}": "set it",
	} {
		if got := problems(t, "compose", text); (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
