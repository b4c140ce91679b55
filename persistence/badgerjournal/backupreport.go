package badgerjournal

import (
	"errors"
	"fmt"
	"io"

	"outcry/persistence"
	"outcry/persistence/backup"
)

// BackupReport is what a backup holds.
type BackupReport struct {
	persistence.Contents
	Header  backup.Header
	Summary backup.Summary
}

// VerifyBackup reads a backup to its end. An error says why it is none that this
// program can restore.
func VerifyBackup(in io.Reader) (report BackupReport, err error) {
	r, err := backup.NewReader(in)
	if err != nil {
		return report, err
	}
	report.Header = r.Header()
	if format := report.Header.Journal; format > FormatVersion {
		return report, fmt.Errorf("%w: it is of a journal of format %d and this program reads up to %d: use the program that made it, or a newer one", backup.ErrNewer, format, FormatVersion)
	}
	for {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			report.Summary = r.Summary()
			return report, nil
		}
		if err != nil {
			return report, err
		}
		if _, err := unseal(e.Key, e.Value); err != nil {
			return report, fmt.Errorf("%w: %s: %w", backup.ErrDamaged, describe(e.Key), err)
		}
		if !count(&report.Contents, e.Key) {
			return report, fmt.Errorf("%w: an entry of an unknown kind: %q", backup.ErrDamaged, e.Key)
		}
	}
}
