package config

import "math"

// maxCompared bounds what is compared of a name that anybody made up.
const maxCompared = 100

// nearest returns the known name that is most like name, for an error message.
func nearest(name string, known []string) string {
	name = name[:min(len(name), maxCompared)]
	best, bestDistance := "", math.MaxInt
	for _, candidate := range known {
		if d := distance(name, candidate); d < bestDistance {
			best, bestDistance = candidate, d
		}
	}
	return best
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
