package feed

const (
	// maxNames bounds for how many names counts are kept for ever: who may open a
	// source chooses its name, and each is a line of every reading.
	maxNames = 32
	// OtherNames is what sources of further names count as.
	OtherNames = "other"
)

// countsAs returns the name under which a source's counts are kept once it is
// gone. Needs mu.
func (r *Registry) countsAs(name string) string {
	if _, known := r.names[name]; known {
		return name
	}
	if len(r.names) >= maxNames {
		return OtherNames
	}
	r.names[name] = Counts{}
	return name
}

// count adds counts to those of a name. Neither map shares its reasons with another.
func (r *Registry) count(names map[string]Counts, name string, counts Counts) {
	sum := names[name]
	sum.add(counts)
	names[name] = sum
}
