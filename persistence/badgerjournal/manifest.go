package badgerjournal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/dgraph-io/badger/v4"

	"outcry/persistence"
)

// Badger's list of tables: a head, then records of length, CRC-32C and changes.
// Source: ReplayManifestFile in manifest.go of github.com/dgraph-io/badger/v4.
const (
	manifestName       = badger.ManifestFilename
	manifestHeadBytes  = 8
	manifestFrameBytes = 8
)

// readManifest returns the ids of the tables that the journal consists of. A
// list that ends early would have Badger delete the tables that are missing in it.
func readManifest(dir string) ([]uint64, error) {
	path := filepath.Join(dir, manifestName)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, checkNew(dir)
	}
	if err != nil {
		return nil, fmt.Errorf("check the journal: %w", err)
	}
	if err := checkManifest(data); err != nil {
		return nil, fmt.Errorf("journal in %s: %w: %s: %w", dir, persistence.ErrCorrupt, manifestName, err)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("check the journal: %w", err)
	}
	defer file.Close()
	manifest, _, err := badger.ReplayManifestFile(file, 0, badger.DefaultOptions(dir).WithLogger(nil))
	if err != nil {
		return nil, fmt.Errorf("journal in %s: %w: %s: %w", dir, persistence.ErrCorrupt, manifestName, err)
	}
	tables := make([]uint64, 0, len(manifest.Tables))
	for id := range manifest.Tables {
		tables = append(tables, id)
	}
	slices.Sort(tables)
	return tables, nil
}

// checkKeys looks at Badger's list of encryption keys, which is empty.
func checkKeys(dir string) error {
	if _, err := os.Stat(filepath.Join(dir, badger.KeyRegistryFileName)); err != nil {
		return nil // Badger makes a new one
	}
	keys, err := badger.OpenKeyRegistry(badger.KeyRegistryOptions{Dir: dir, ReadOnly: true})
	if err != nil {
		return fmt.Errorf("journal in %s: %w: %s: %w", dir, persistence.ErrCorrupt, badger.KeyRegistryFileName, err)
	}
	return keys.Close()
}

// checkNew makes sure that a directory without a list has nothing to lose.
func checkNew(dir string) error {
	tables, _ := filepath.Glob(filepath.Join(dir, "*.sst")) // the pattern is right
	for _, path := range append(tables, logFiles(dir)...) {
		if info, err := os.Stat(path); err == nil && info.Size() > 0 {
			return fmt.Errorf("journal in %s: %w: %s is missing beside %s", dir, persistence.ErrCorrupt, manifestName, filepath.Base(path))
		}
	}
	return nil
}

// checkManifest looks for a record that cannot be read. At the very end it is
// what a power cut leaves of a change under way, unless a part of what is there
// was a record once.
func checkManifest(data []byte) error {
	if len(data) < manifestHeadBytes {
		return errShort
	}
	at := manifestHeadBytes
	for len(data)-at >= manifestFrameBytes {
		n, sum := frame(data[at:])
		body := data[at+manifestFrameBytes:]
		if n > len(body) {
			return checkManifestEnd(data, at, sum)
		}
		if crc32.Checksum(body[:n], castagnoli) != sum {
			return fmt.Errorf("the record at byte %d is %w", at, errChecksum)
		}
		at += manifestFrameBytes + n
	}
	return nil
}

func frame(data []byte) (length int, sum uint32) {
	return int(binary.BigEndian.Uint32(data)), binary.BigEndian.Uint32(data[4:])
}

// checkManifestEnd looks at a record that is longer than the file.
func checkManifestEnd(data []byte, at int, sum uint32) error {
	damaged := fmt.Errorf("the record at byte %d has a wrong length", at)
	if body := data[at+manifestFrameBytes:]; crc32.Checksum(body, castagnoli) == sum {
		return damaged
	}
	for next := at + 1; len(data)-next > manifestFrameBytes; next++ {
		n, sum := frame(data[next:])
		body := data[next+manifestFrameBytes:]
		if n > 0 && n <= len(body) && crc32.Checksum(body[:n], castagnoli) == sum {
			return damaged
		}
	}
	return nil
}
