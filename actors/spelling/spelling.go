// Package spelling finds the name that a misspelt one was probably meant to be.
package spelling

import (
	"math"
	"strings"
)

// maxCompared bounds what is compared of a name that anybody made up.
const maxCompared = 100

// Nearest returns the known name that is most like name, for an error message.
func Nearest(name string, known []string) string {
	name = name[:min(len(name), maxCompared)]
	best, bestDistance := "", math.MaxInt
	for _, candidate := range known {
		if d := distance(name, candidate); d < bestDistance {
			best, bestDistance = candidate, d
		}
	}
	return best
}

// Misspelt returns the name that another was probably meant to be: they differ in case,
// in separators, or in a letter, or two of long names. ok is false if there is none.
func Misspelt(name string, known []string) (meant string, ok bool) {
	name = plain(name)
	for _, candidate := range known {
		most := 1
		if len(candidate) >= 6 {
			most = 2
		}
		if len(candidate) <= 2 {
			most = 0
		}
		if len(name) <= maxCompared && distance(name, plain(candidate)) <= most {
			return candidate, true
		}
	}
	return "", false
}

// plain is a name without what programs write differently: its case and separators.
func plain(name string) string {
	return strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(name))
}

// distance is Levenshtein's: how many letters must change.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
