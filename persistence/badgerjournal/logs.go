package badgerjournal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/rs/zerolog"
)

// checkFiles looks for damage that Badger would not report: it cuts logs at the
// first entry that it cannot read, forgets tables of which its list is damaged,
// and panics at others. Tables that were examined before are taken for good.
// Nothing is written.
func checkFiles(dir string, examined examinedTables, log zerolog.Logger) error {
	if err := checkLogs(dir, log); err != nil {
		return err
	}
	if err := checkKeys(dir); err != nil {
		return err
	}
	tables, err := readManifest(dir)
	if err != nil {
		return err
	}
	if err := checkTables(dir, examined.unknown(dir, tables)); err != nil {
		return err
	}
	return checkOrphans(dir, tables)
}

// checkLogs looks at every log that Badger reads on opening.
func checkLogs(dir string, log zerolog.Logger) error {
	var errs []error
	for _, path := range replayedLogs(dir) {
		unfinished, damage, err := checkLog(path)
		switch {
		case err != nil:
			errs = append(errs, err)
		case damage != nil:
			errs = append(errs, fmt.Errorf("journal in %s: %w", dir, damage))
		case unfinished:
			log.Info().Str("file", filepath.Base(path)).Msg("a commit was under way when the last process ended; nobody was told that it is durable, and it is dropped")
		}
	}
	return errors.Join(errs...)
}

// checkLog reads one log. An empty one is what is left by a kill in the moment
// of its making.
func checkLog(path string) (unfinished bool, damage *Damage, err error) {
	data, err := readLog(path)
	if err != nil || len(data) == 0 {
		return false, nil, err
	}
	name := filepath.Base(path)
	if len(data) < logHeadBytes {
		return false, &Damage{File: name, Lost: 1, Reason: "the file is shorter than its head"}, nil
	}
	w := walkLog(data)
	unfinished, damage = w.judge(name, data)
	return unfinished, damage, nil
}

// replayedLogs returns the logs that Badger reads on opening: those of the
// memory tables and the last one of values.
func replayedLogs(dir string) []string {
	logs := logFiles(dir)
	values := slices.IndexFunc(logs, func(path string) bool { return filepath.Ext(path) == ".vlog" })
	if values < 0 {
		return logs
	}
	return append(logs[:values:values], logs[len(logs)-1])
}

// readLog returns the content of a log. The file is large and empty at the end:
// what was never written is not read, and its memory never touched.
func readLog(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("check the journal: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("check the journal: %w", err)
	}
	data := make([]byte, info.Size())
	written := writtenBytes(file, info.Size())
	if _, err := file.ReadAt(data[:written], 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("check the journal: read %s: %w", filepath.Base(path), err)
	}
	return data, nil
}
