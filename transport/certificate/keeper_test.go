package certificate

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
)

// watched runs a Keeper in a bubble's time.
func watched(t *testing.T, o Options, log *notes) *Keeper {
	t.Helper()
	k, err := NewKeeper(o, zerolog.New(log), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); k.Watch(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	time.Sleep(o.CheckInterval / 2) // the test acts between two checks
	return k
}

// checked lets one check pass.
func checked() {
	time.Sleep(time.Second)
	synctest.Wait()
}

func serial(k *Keeper) int64 { return k.current.Load().Leaf.SerialNumber.Int64() }

func TestNewCertificatesAreTaken(t *testing.T) {
	ways := map[string]func(t *testing.T, dir string, next pair){
		"written over": func(t *testing.T, dir string, next pair) { write(t, dir, next) },
		"renamed": func(t *testing.T, dir string, next pair) {
			o, fresh := write(t, t.TempDir(), next), Options{CertFile: filepath.Join(dir, "tls.crt"), KeyFile: filepath.Join(dir, "tls.key")}
			for from, to := range map[string]string{o.CertFile: fresh.CertFile, o.KeyFile: fresh.KeyFile} {
				if err := os.Rename(from, to); err != nil {
					t.Fatal(err)
				}
			}
		},
		"with an old date": func(t *testing.T, dir string, next pair) {
			o := write(t, dir, next)
			for _, name := range []string{o.CertFile, o.KeyFile} {
				if err := os.Chtimes(name, time.Unix(1, 0), time.Unix(1, 0)); err != nil {
					t.Fatal(err)
				}
			}
		},
	}
	for way, change := range ways {
		t.Run(way, func(t *testing.T) {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				var log notes
				k := watched(t, write(t, dir, made(t, 1, time.Now().Add(time.Hour))), &log)
				checked()
				if serial(k) != 1 || log.String() != "" {
					t.Fatalf("serves %d, logged %s", serial(k), &log)
				}
				change(t, dir, made(t, 2, time.Now().Add(2*time.Hour)))
				checked()
				if serial(k) != 2 || k.Ends().Before(time.Now().Add(time.Hour)) || strings.Count(log.String(), "taken") != 1 {
					t.Errorf("serves %d up to %v, logged %s", serial(k), k.Ends(), &log)
				}
			})
		})
	}
}

// Kubernetes turns one link, behind which both files are.
func TestALinkThatTurnsIsFollowed(t *testing.T) {
	root := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		for i, name := range []string{"first", "second"} {
			dir := filepath.Join(root, name)
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			write(t, dir, made(t, int64(i+1), time.Now().Add(time.Hour)))
		}
		data := filepath.Join(root, "..data")
		turn := func(to string) {
			next := filepath.Join(root, "..next")
			if err := os.Symlink(to, next); err != nil {
				t.Skip("no links here: ", err)
			}
			if err := os.Rename(next, data); err != nil {
				t.Fatal(err)
			}
		}
		turn("first")
		o := Options{CertFile: filepath.Join(data, "tls.crt"), KeyFile: filepath.Join(data, "tls.key"), CheckInterval: time.Second}
		k := watched(t, o, &notes{})
		turn("second")
		checked()
		if serial(k) != 2 {
			t.Errorf("serves %d", serial(k))
		}
	})
}

func TestBadPairsLeaveTheOldOne(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		var log notes
		good, other := made(t, 1, time.Now().Add(time.Hour)), made(t, 2, time.Now().Add(time.Hour))
		k := watched(t, write(t, dir, good), &log)
		for name, bad := range map[string]pair{
			"the certificate before its key": {other.cert, good.key},
			"half a file":                    {other.cert[:len(other.cert)/2], other.key},
			"an ended certificate":           made(t, 3, time.Now().Add(-time.Second)),
			"one that has not begun":         made(t, 4, time.Now().Add(validity+time.Hour)),
			"nothing":                        {},
		} {
			log.Reset()
			write(t, dir, bad)
			checked()
			checked()
			if serial(k) != 1 || strings.Count(log.String(), "not taken") != 1 {
				t.Errorf("%s: serves %d, logged %s", name, serial(k), &log)
			}
		}
		log.Reset()
		if err := os.Remove(filepath.Join(dir, "tls.key")); err != nil {
			t.Fatal(err)
		}
		checked()
		if serial(k) != 1 || !strings.Contains(log.String(), "key_file") {
			t.Errorf("serves %d, logged %s", serial(k), &log)
		}
		write(t, dir, other)
		checked()
		if serial(k) != 2 {
			t.Errorf("the good pair behind bad ones is not taken: serves %d", serial(k))
		}
	})
}

// Whoever renews long before the end may get one that begins later: it is taken then.
func TestACertificateOfTomorrowIsTakenTomorrow(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		var log notes
		k := watched(t, write(t, dir, made(t, 1, time.Now().Add(validity))), &log)
		write(t, dir, made(t, 2, time.Now().Add(validity+5*time.Second)))
		checked()
		if serial(k) != 1 || strings.Count(log.String(), "begins at") != 1 {
			t.Errorf("serves %d, logged %s", serial(k), &log)
		}
		time.Sleep(5 * time.Second)
		checked()
		if serial(k) != 2 || strings.Count(log.String(), "begins at") != 1 {
			t.Errorf("serves %d, logged %s", serial(k), &log)
		}
	})
}

func TestAStartWithoutAGoodPairSaysWhatToDo(t *testing.T) {
	now := time.Now()
	good, other := made(t, 1, now.Add(time.Hour)), made(t, 2, now.Add(time.Hour))
	for want, p := range map[string]pair{
		"renew it":            made(t, 3, now.Add(-time.Minute)),
		"set the clock right": made(t, 3, now.Add(validity+time.Minute)),
		"its own private key": {good.cert, other.key},
	} {
		if _, err := NewKeeper(write(t, t.TempDir(), p), zerolog.Nop(), time.Now); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	missing := Options{CertFile: filepath.Join(t.TempDir(), "none"), KeyFile: "none"}
	if _, err := NewKeeper(missing, zerolog.Nop(), time.Now); err == nil || !strings.Contains(err.Error(), "may read") {
		t.Errorf("%v", err)
	}
}

func TestOptionsGoTogether(t *testing.T) {
	if err := DefaultOptions().Validate(); err != nil {
		t.Error(err)
	}
	for want, o := range map[string]Options{
		"key_file: must be set":  {CertFile: "a", CheckInterval: time.Second},
		"cert_file: must be set": {KeyFile: "a", CheckInterval: time.Second},
		"check_interval: 0s":     {},
	} {
		if err := o.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v", o, err)
		}
	}
}
