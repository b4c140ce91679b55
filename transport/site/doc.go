// Package site serves the files of a single-page application out of memory:
// named by their content for ever, the page itself asked for again each time,
// compressed once.
//
// It is built once from a file system and never reads that again, so no path of a
// request ever reaches one.
package site
