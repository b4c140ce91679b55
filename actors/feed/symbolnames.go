package feed

import "outcry/actors/market"

// Bounds of SymbolNames.
const (
	maxInterned      = 1 << 16 // symbols; more than that start it anew
	maxInternedBytes = 2 * market.MaxSymbolBytes
)

// SymbolNames remembers the symbols of a stream by how they were sent, so that
// a known one costs no allocation and no check. Owned by the stream's goroutine.
type SymbolNames map[string]string

// Name returns the symbol that was sent, trimmed and upper-cased, or a
// *market.Refusal for what cannot be one.
func (n SymbolNames) Name(sent []byte) (string, error) {
	if known, ok := n[string(sent)]; ok {
		return known, nil
	}
	name, err := market.NormalSymbol(string(sent))
	if err != nil || len(sent) > maxInternedBytes {
		return name, err
	}
	if len(n) >= maxInterned {
		clear(n)
	}
	n[string(sent)] = name
	return name, nil
}
