package jsonline

import (
	"slices"
	"strings"
)

// maxUnknown bounds the names that are remembered, and maxUnknownBytes each of them.
const maxUnknown, maxUnknownBytes = 8, 64

// Unknown are the names of fields that a kind of line does not have, the first few. What
// reads the lines leaves their values alone, and says so in its answer.
type Unknown []string

// Add remembers a name.
func (u *Unknown) Add(name []byte) {
	if len(*u) == maxUnknown || slices.Contains(*u, string(name[:min(len(name), maxUnknownBytes)])) {
		return
	}
	*u = append(*u, strings.ToValidUTF8(string(name[:min(len(name), maxUnknownBytes)]), ""))
}
