package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"

	"outcry/actors/jsonline"
	"outcry/persistence"
	"outcry/persistence/storage"
)

// JournalCmd looks after the journal of an engine that is stopped, and backs up
// that of one that runs: `outcry journal`.
type JournalCmd struct {
	Verify  JournalVerifyCmd  `cmd:"" help:"Read all of it and report everything that is not as it was written."`
	Export  JournalExportCmd  `cmd:"" help:"Print all events, one a line (NDJSON)."`
	Compact JournalCompactCmd `cmd:"" help:"Rewrite it without what was replaced or has expired."`
	Backup  JournalBackupCmd  `cmd:"" help:"Copy it into one file, as of one moment, also while the engine runs."`
	Restore JournalRestoreCmd `cmd:"" help:"Make the journal of a backup, where there is none."`
}

// journalFlags say which journal.
type journalFlags struct {
	Data string `type:"path" default:"data" placeholder:"DIR" help:"Directory of the engine, as in outcry serve."`
}

// JournalVerifyCmd is `outcry journal verify`.
type JournalVerifyCmd struct {
	journalFlags
	AcceptLoss bool `help:"Put a journal of what can be read in the place of a damaged one, which is kept beside it. What is lost is printed."`
}

// errDamaged ends a command whose output says what is wrong.
var errDamaged = errors.New("the journal is damaged, see above: restore a backup, or go on with what can be read by --accept-loss")

// Run verifies.
func (c *JournalVerifyCmd) Run() error {
	stopped, err := storage.Find(c.Data)
	if err != nil {
		return err
	}
	damaged, err := verify(stopped)
	if damaged && err == nil && c.AcceptLoss {
		if err := salvage(stopped); err != nil {
			return err
		}
		damaged, err = verify(stopped)
	}
	if damaged && err == nil {
		err = errDamaged
	}
	return err
}

// verify prints what a journal holds and what is wrong with it.
func verify(stopped storage.Stopped) (damaged bool, err error) {
	report, err := stopped.Verify()
	if err != nil {
		return false, err
	}
	printProblems(report.Problems, report.Found)
	fmt.Printf("%s, %d problems\n", report.Contents, report.Found)
	return report.Found > 0, nil
}

// printProblems prints the first problems of those that were found.
func printProblems(problems []string, found int) {
	for _, problem := range problems {
		fmt.Println("problem:", problem)
	}
	printMore(found-len(problems), "problems")
}

// salvage replaces a damaged journal and prints what that lost.
func salvage(stopped storage.Stopped) error {
	salvaged, err := stopped.Salvage()
	if err != nil {
		return err
	}
	for _, loss := range salvaged.Losses {
		fmt.Println("lost:", loss)
	}
	printMore(salvaged.Lost-len(salvaged.Losses), "losses")
	fmt.Printf("the damaged journal is kept in %s; what is in %s now is:\n", salvaged.Kept, stopped.Dir())
	return nil
}

func printMore(n int, what string) {
	if n > 0 {
		fmt.Printf("and %d more %s\n", n, what)
	}
}

// JournalExportCmd is `outcry journal export`.
type JournalExportCmd struct {
	journalFlags
	Stream string `placeholder:"NAME" help:"Only this stream, such as portfolio/ann."`
	After  uint64 `help:"Only events after this version."`
}

// Run prints.
func (c *JournalExportCmd) Run() (err error) {
	stopped, err := storage.Find(c.Data)
	if err != nil {
		return err
	}
	journal, err := stopped.Open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, journal.Close()) }()
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	defer func() { err = errors.Join(err, out.Flush()) }()
	if c.Stream != "" {
		return exportStream(out, journal, c.Stream, c.After)
	}
	for stream, err := range journal.Streams() {
		if err != nil {
			return err
		}
		if err := exportStream(out, journal, stream, c.After); err != nil {
			return err
		}
	}
	return nil
}

func exportStream(out *bufio.Writer, journal persistence.Journal, stream string, after uint64) error {
	var line []byte
	for record, err := range journal.Read(stream, after) {
		if err != nil {
			return err
		}
		line = appendExported(line[:0], stream, record)
		if _, err := out.Write(line); err != nil {
			return fmt.Errorf("write the export: %w", err)
		}
	}
	return nil
}

// appendExported appends one event as a line. An event is JSON; what is not, for
// whatever reason, is kept as base64.
func appendExported(dst []byte, stream string, r persistence.Record) []byte {
	dst = jsonline.AppendText(append(dst, `{"stream":`...), stream)
	dst = strconv.AppendUint(append(dst, `,"version":`...), r.Version, 10)
	dst = jsonline.AppendText(append(dst, `,"key":`...), r.Key)
	if json.Valid(r.Data) {
		dst = append(append(dst, `,"event":`...), r.Data...)
	} else {
		encoded, _ := json.Marshal(r.Data) // bytes always encode
		dst = append(append(dst, `,"data":`...), encoded...)
	}
	return append(dst, '}', '\n')
}

const megabyte = 1e6

// JournalCompactCmd is `outcry journal compact`.
type JournalCompactCmd struct {
	journalFlags
}

// Run compacts.
func (c *JournalCompactCmd) Run() error {
	stopped, err := storage.Find(c.Data)
	if err != nil {
		return err
	}
	before, after, err := stopped.Compact()
	if err != nil {
		return err
	}
	fmt.Printf("%.1f MB before, %.1f MB after\n", float64(before)/megabyte, float64(after)/megabyte)
	return nil
}
