package wire

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"outcry/actors/session"
)

// written are the texts in this room's code, outside of the catalogue and of tests,
// and those among them that name an event where it is begun.
func written(t *testing.T) (texts, begun map[string]bool) {
	t.Helper()
	texts, begun = map[string]bool{}, map[string]bool{}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") || name == "catalogue.go" {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if text, ok := textOf(n); ok {
				texts[text] = true
			}
			if call, ok := n.(*ast.CallExpr); ok {
				if text, ok := eventOf(call); ok {
					begun[text] = true
				}
			}
			return true
		})
	}
	return texts, begun
}

func textOf(n ast.Node) (string, bool) {
	literal, ok := n.(*ast.BasicLit)
	if !ok || literal.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(literal.Value)
	return text, err == nil
}

// eventOf returns the event that a call begins, where it is written out.
func eventOf(call *ast.CallExpr) (string, bool) {
	function, ok := call.Fun.(*ast.Ident)
	if !ok || !slices.Contains([]string{"appendEvent", "appendNotice", "beginEvent", "eventPrefix"}, function.Name) {
		return "", false
	}
	for _, argument := range call.Args {
		if text, ok := textOf(argument); ok {
			return text, true
		}
	}
	return "", false
}

func TestCatalogueHasEveryEventThatTheCodeNames(t *testing.T) {
	all := ServerEvents()
	maps.Copy(all, ClientEvents())
	texts, begun := written(t)
	name := regexp.MustCompile(`^[a-z]+([.:][a-zA-Z]+)+$`)
	for text := range texts {
		if name.MatchString(text) && all[text] == "" {
			t.Errorf("%q is written in the code and not in the catalogue", text)
		}
	}
	for event := range begun {
		if ServerEvents()[event] == "" {
			t.Errorf("%q is sent to browsers and not in the catalogue", event)
		}
	}
	if len(begun) < 15 {
		t.Errorf("only %d events were found in the code: %v", len(begun), begun)
	}
	for event := range all {
		kind, subject, joined := strings.Cut(event, ":")
		if whole := texts[event]; !whole && (!joined || !texts[kind+":"] || !texts[subject]) {
			t.Errorf("%q is in the catalogue and not in the code", event)
		}
	}
}

func TestEveryClientEventOfTheCatalogueIsUnderstood(t *testing.T) {
	for event := range ClientEvents() {
		if event == ReauthEvent || event == LatencyEvent { // the gateway takes them before they come here
			continue
		}
		if refused, ok := Decode(event, []byte(`[]`), 1).(*session.Refused); ok && strings.Contains(refused.Message, "unknown event") {
			t.Errorf("%s: %s", event, refused.Message)
		}
	}
}
