package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"outcry/persistence"
	"outcry/persistence/storage"
	"outcry/transport/auth"
	"outcry/transport/httpapi"
)

// JournalBackupCmd is `outcry journal backup`.
type JournalBackupCmd struct {
	File  string `arg:"" type:"path" help:"File to make. Until it is whole and on disk it is FILE.partial."`
	URL   string `name:"url" placeholder:"URL" help:"Engine that is running, such as http://127.0.0.1:8080, which goes on meanwhile. Without it, --data of one that is stopped."`
	Token string `env:"OUTCRY_TOKEN" placeholder:"JWT" help:"Token with the role operator, for --url; made from JWT_SECRET where that is set."`
	journalFlags
}

// backupTTL is how long a token of our own is valid: it is asked for at the start.
const backupTTL = 5 * time.Minute

// Run makes the file and prints what is in it.
func (c *JournalBackupCmd) Run(ctx context.Context) error {
	save := c.saveStopped
	if c.URL != "" {
		save = c.saveRunning
	}
	report, err := save(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("%s in %.1f MB, as of %s, in %s\n", report.Contents, float64(report.Summary.Bytes)/megabyte, report.Header.Made.Format(time.RFC3339), c.File)
	return nil
}

// saveRunning saves a backup that a running engine sends, which remembers it.
func (c *JournalBackupCmd) saveRunning(ctx context.Context) (storage.BackupReport, error) {
	return storage.SaveBackup(c.File, func(w io.Writer) error { return c.download(ctx, w) })
}

// saveStopped saves a backup of a journal that no engine has open, and remembers it
// for the next one.
func (c *JournalBackupCmd) saveStopped(ctx context.Context) (report storage.BackupReport, err error) {
	stopped, err := storage.Find(c.Data)
	if err != nil {
		return report, err
	}
	journal, err := stopped.Open()
	if err != nil {
		return report, fmt.Errorf("%w; the backup of an engine that is running is taken with --url", err)
	}
	defer func() { err = errors.Join(err, journal.Close()) }()
	began := time.Now()
	report, err = storage.SaveBackup(c.File, func(w io.Writer) error {
		_, _, err := journal.Backup(ctx, w)
		return err
	})
	if err != nil {
		return report, err
	}
	outcomes, _ := persistence.OpenBackupOutcomes(journal) // what cannot be read is replaced
	outcomes.Taken(persistence.LastBackup{Ended: time.Now(), Bytes: int64(report.Summary.Bytes), Took: time.Since(began)}, func(err error) {
		if err != nil {
			fmt.Fprintf(os.Stderr, "the backup is good, but the journal does not know of it: %v\n", err)
		}
	})
	return report, nil
}

// download writes the backup that a running engine sends.
func (c *JournalBackupCmd) download(ctx context.Context, w io.Writer) (err error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return fmt.Errorf("--url %q is not allowed: must be a URL such as http://127.0.0.1:8080", c.URL)
	}
	token, err := c.token()
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(u.String(), "/")+"/api/operator/backup", nil)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := backupClient.Do(request)
	if err != nil {
		return fmt.Errorf("ask the engine for a backup: %w", err)
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	if response.StatusCode != http.StatusOK {
		return refusedBackup(response)
	}
	if _, err := io.Copy(w, response.Body); err != nil {
		return fmt.Errorf("the backup broke off: %w: take it again; the engine's log says whether it ended it", err)
	}
	return nil
}

// refusedBackup is why an engine sent none.
func refusedBackup(response *http.Response) error {
	var problem httpapi.Problem
	_ = json.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(&problem) // the status says enough
	if problem.Detail == "" {
		problem.Detail = "is this the address of an engine?"
	}
	return fmt.Errorf("the engine takes no backup: %s: %s", response.Status, problem.Detail)
}

// backupClient waits for an engine to begin, and then as long as the engine sends.
var backupClient = func() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.ResponseHeaderTimeout = 30 * time.Second
	transport.DisableKeepAlives = true // one request is all there is
	return &http.Client{Transport: transport}
}()

func (c *JournalBackupCmd) token() (string, error) {
	if c.Token != "" {
		return c.Token, nil
	}
	secrets := os.Getenv("JWT_SECRET")
	if secrets == "" {
		return "", errors.New("no token: set JWT_SECRET to the engine's, or give --token, as `outcry token --user NAME --role operator` makes one")
	}
	return mint(secrets, auth.Claims{User: "backup", Roles: []auth.Role{auth.Operator}, TTL: backupTTL})
}

// JournalRestoreCmd is `outcry journal restore`.
type JournalRestoreCmd struct {
	File string `arg:"" type:"path" help:"Backup to restore."`
	journalFlags
	AcceptLoss bool `help:"Restore also a journal that had problems when it was backed up, as it was. They are printed."`
}

// Run restores and prints what.
func (c *JournalRestoreCmd) Run() (err error) {
	file, err := os.Open(c.File)
	if err != nil {
		return fmt.Errorf("open the backup: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	journal, restored, err := storage.Restore(file, c.Data, c.AcceptLoss)
	printProblems(restored.Report.Problems, restored.Report.Found)
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	fmt.Printf("%s, as of %s, are in %s now: start an engine with --data %s\n", restored.Report.Contents, restored.Made.Format(time.RFC3339), journal.Dir(), c.Data)
	if restored.Expired > 0 {
		fmt.Printf("%d documents have expired since the backup\n", restored.Expired)
	}
	return nil
}
