package jsonline

import "bytes"

var byteOrderMark = []byte("\ufeff")

// TrimMark returns a text without the byte-order mark that some editors and libraries
// put before it.
func TrimMark(text []byte) []byte { return bytes.TrimPrefix(text, byteOrderMark) }
