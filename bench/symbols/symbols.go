// Package symbols owns the names of a run's instruments: a tag that is new for
// each run, so that earlier runs against the same server do not interfere, and
// a number, so that a quote's symbol is looked up by reading digits instead of
// hashing a string.
//
// The tick driver writes the names and the browsers read them back. It must
// never allocate in Index, which runs once for every quote that arrives.
package symbols

import (
	"fmt"
	"math/rand/v2"
	"strconv"
)

// minDigits keeps names of one length up to 10,000 symbols: BX7Q2.0017.
const minDigits = 4

// tagAlphabet leaves out the letters and digits that people confuse.
const tagAlphabet = "ABCDEFGHJKLMNPQRTUVWXYZ2346789"

// Names are the symbols of one run, numbered from 0.
//
// Immutable after construction.
type Names struct {
	tag    string // with the dot that ends it
	count  int
	digits int
}

// New returns count names under a tag.
func New(tag string, count int) *Names {
	digits := max(minDigits, len(strconv.Itoa(max(count-1, 0))))
	return &Names{tag: tag + ".", count: count, digits: digits}
}

// RandomTag returns a tag of five signs that begins with a B, for bench.
func RandomTag() string {
	tag := []byte("B....")
	for i := 1; i < len(tag); i++ {
		tag[i] = tagAlphabet[rand.IntN(len(tagAlphabet))]
	}
	return string(tag)
}

// Count returns how many symbols the run has.
func (n *Names) Count() int { return n.count }

// Tag returns the run's tag without the dot.
func (n *Names) Tag() string { return n.tag[:len(n.tag)-1] }

// Name returns the name of symbol i.
func (n *Names) Name(i int) string {
	return fmt.Sprintf("%s%0*d", n.tag, n.digits, i)
}

// Index returns the number of the symbol with this name; ok is false for a name
// that is not one of the run's.
func (n *Names) Index(name []byte) (i int, ok bool) {
	if len(name) != len(n.tag)+n.digits || string(name[:len(n.tag)]) != n.tag {
		return 0, false
	}
	for _, c := range name[len(n.tag):] {
		if c < '0' || c > '9' {
			return 0, false
		}
		i = i*10 + int(c-'0')
	}
	return i, i < n.count
}
