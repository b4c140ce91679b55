// Package storage chooses which implementation of persistence an engine has, and is
// the only one that knows which there are.
//
// It opens the storage of an engine, and looks after that of one that is stopped.
// The embedded journal, in the engine's data directory, is the only one so far.
package storage

import (
	"path/filepath"
	"time"

	"github.com/rs/zerolog"

	"outcry/persistence"
	"outcry/persistence/badgerjournal"
)

// Options are the settings that choose a storage and those that it has.
type Options = badgerjournal.Options

// Storage is that of an engine.
type Storage = persistence.Storage[Options]

// DefaultOptions choose the embedded journal.
func DefaultOptions() Options { return badgerjournal.DefaultOptions() }

// FormatVersion is that of what an engine leaves to the one that takes over from it:
// both must have the same.
const FormatVersion = badgerjournal.FormatVersion

// folder is where in the data directory of an engine the embedded journal is.
const folder = "journal"

// Prepare returns the storage of the engine whose data directory is named. It is not
// open before its Begin.
func Prepare(data string, o Options, log zerolog.Logger, now func() time.Time) (Storage, error) {
	j, err := badgerjournal.Prepare(filepath.Join(data, folder), o, log, now)
	if err != nil {
		return nil, err // and not a nil *Journal, which is another thing as a Storage
	}
	return j, nil
}

// Open is Prepare and Begin.
func Open(data string, o Options, log zerolog.Logger, now func() time.Time) (Storage, error) {
	s, err := Prepare(data, o, log, now)
	if err == nil {
		err = s.Begin()
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Descriptors is how many descriptors a process needs for the storage of the engine
// whose data directory is named.
func Descriptors(data string) int { return badgerjournal.Descriptors(filepath.Join(data, folder)) }

// ReserveFiles is how many files the storage may have to make at once.
const ReserveFiles = badgerjournal.ReserveFiles
