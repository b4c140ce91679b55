package badgerjournal

import "outcry/persistence"

// count counts an entry by its key, and reports whether its kind is known.
func count(c *persistence.Contents, key []byte) bool {
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
