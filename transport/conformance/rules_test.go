package main

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// Whoever renames a test finds the table of rules that names it.
func TestTheTableOfRulesNamesTestsThatExist(t *testing.T) {
	table, err := os.ReadFile("../../docs/protocol.md")
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, pattern := range []string{"../*_test.go", "../*/*_test.go", "../../actors/session/*_test.go"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	exists := make(map[string]bool)
	declaration := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range declaration.FindAllSubmatch(text, -1) {
			exists[string(match[1])] = true
		}
	}
	named := regexp.MustCompile(`\b(?:Test|Fuzz)[A-Z]\w+`).FindAllString(string(table), -1)
	if len(named) < 60 {
		t.Errorf("only %d tests are named", len(named))
	}
	for _, name := range named {
		if !exists[name] {
			t.Errorf("%s is named and does not exist", name)
		}
	}
}
