package metrics

import (
	"fmt"
	"strings"
)

// List is the list of all metrics in Markdown.
func List() string {
	var b strings.Builder
	for _, s := range families() {
		fmt.Fprintf(&b, "\n### %s\n\n| metric | type | labels | what it is |\n|---|---|---|---|\n", s.title)
		for _, f := range s.families {
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", f.name, f.kind, strings.Join(f.labels, ", "), f.help)
		}
	}
	return b.String()
}

// The marks in docs/metrics.md between which the list stands.
const (
	listBegins = "<!-- the list, by `make docs` -->\n"
	listEnds   = "<!-- end of the list -->\n"
)

// WithList returns a page with the list between its marks.
func WithList(page string) (string, error) {
	before, rest, begins := strings.Cut(page, listBegins)
	_, after, ends := strings.Cut(rest, listEnds)
	if !begins || !ends {
		return "", fmt.Errorf("the page has no place for the list: put the lines %q and %q where it belongs", listBegins, listEnds)
	}
	return before + listBegins + List() + "\n" + listEnds + after, nil
}
