package validation

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
)

// WriteTable writes the report for people.
func (r *Report) WriteTable(w io.Writer) error {
	var text bytes.Buffer
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	counts, told := map[Outcome]int{}, map[string]bool{}
	for _, result := range r.Results {
		counts[result.Outcome]++
		fmt.Fprintf(table, "%s\t%s\t%s\n", result.Check, result.Outcome, result.Found)
		if explained := result.Do + result.Found; result.Outcome != Good && !told[explained] {
			told[explained] = true // a server that is gone is so for each check
			fmt.Fprintf(table, "\t\twhy it matters: %s\n\t\twhat to do: %s\n", result.Why, result.Do)
		}
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	fmt.Fprintf(&text, "\n%s: %d good, %d to look at, %d failed\n", r.URL, counts[Good], counts[Warning], counts[Failed])
	if _, err := w.Write(text.Bytes()); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

// WriteJSON writes the report for programs.
func (r *Report) WriteJSON(w io.Writer) error { return writeJSON(w, r, "  ") }

func writeJSON(w io.Writer, v any, indent string) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", indent)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}
