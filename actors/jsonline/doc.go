// Package jsonline reads one JSON object per line (RFC 8259) into exact values:
// ticks of feeds and trades of executors.
//
// It owns the grammar and the sentences about values that break it. It is told
// lines by the parsers of each kind of line, which know the fields. It keeps
// nothing, never allocates for a line that is right and has no escapes, and
// never rounds a number.
package jsonline
