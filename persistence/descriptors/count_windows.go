package descriptors

// count knows nothing: Windows bounds the handles of a process by its memory alone.
func count() (open, limit int, listed bool) { return 0, 0, false }
