package badgerjournal

import "fmt"

// Contents is how much of each kind a journal holds.
type Contents struct {
	Streams, Events, Keys, Checkpoints, Documents int
	// Open is how many of the streams have an open mark.
	Open int
}

// String says it in words.
func (c Contents) String() string {
	return fmt.Sprintf("%d streams, %d events, %d idempotency keys, %d checkpoints, %d documents",
		c.Streams, c.Events, c.Keys, c.Checkpoints, c.Documents)
}

// count counts an entry by its key, and reports whether its kind is known.
func (c *Contents) count(key []byte) bool {
	switch key[0] {
	case kindEvent:
		c.Events++
	case kindKey:
		c.Keys++
	case kindStream:
		c.Streams++
	case kindOpen:
		c.Open++
	case kindCheckpoint:
		c.Checkpoints++
	case kindDocument:
		c.Documents++
	case kindMeta:
	default:
		return false
	}
	return true
}
