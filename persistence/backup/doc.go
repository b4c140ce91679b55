// Package backup is the file that a journal is backed up in: entries in the order
// of their keys, in blocks with a checksum each, between a header that says which
// format it is and a trailer that says that nothing is missing.
//
// It reads and writes streams of bytes and knows nothing of what the entries mean,
// where they come from or where a file is. A Reader believes nothing that it has
// not checked: what is cut, changed, continued or of a newer format is an error
// that says where. The format is described in docs/journal.md.
package backup
