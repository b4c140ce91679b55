package symbol

import (
	"slices"
	"strings"

	"outcry/actors/conflation"
	"outcry/actors/market"
)

// Newest returns the newest frame of a symbol, nil where there is none.
func (d *Directory) Newest(symbol string) *conflation.Frame {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if e := d.entries[symbol]; e != nil {
		return e.slot.Newest()
	}
	return nil
}

// Mark returns what is known of a symbol; false before its first tick. Its price is zero
// before the first trade.
func (d *Directory) Mark(symbol string) (market.Mark, bool) {
	if mark := MarkOf(d.Newest(symbol)); mark != nil {
		return *mark, true
	}
	return market.Mark{}, false
}

// Search returns up to limit symbols that ticked and whose names contain query,
// those that begin with it first, each part in alphabetical order.
func (d *Directory) Search(query string, limit int) []string {
	var begin, within []string
	d.mu.RLock()
	for name, e := range d.entries {
		switch {
		case e.slot.Newest() == nil:
		case strings.HasPrefix(name, query):
			begin = append(begin, name)
		case strings.Contains(name, query):
			within = append(within, name)
		}
	}
	d.mu.RUnlock()
	slices.Sort(begin)
	slices.Sort(within)
	begin = append(begin, within...)
	return begin[:min(limit, len(begin))]
}
