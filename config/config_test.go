package config

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

const secret = "JWT_SECRET=a-secret-of-some-length"

func writeFile(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "outcry.yaml")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestStrongerSourcesOverrideWeakerOnes(t *testing.T) {
	file := writeFile(t, "mailbox:\n  budget: 150ms\n  workers: 3\n  busy_share: 0.7\nserver: {listen: ':1'}\n")
	l, err := Load(Source{
		File:    file,
		Environ: []string{secret, "PORT=2", "OUTCRY_MAILBOX_WORKERS=4", "OUTCRY_SERVER_SHUTDOWN_TIMEOUT=3s", "HOME=/x", "DASHBOARD_URL=https://trade.example.com"},
		Flags:   map[string]string{"server.listen": "127.0.0.1:0"},
	})
	if err != nil {
		t.Fatal(err)
	}
	s := l.Settings
	if s.Mailbox.Budget != 150*time.Millisecond || s.Mailbox.Workers != 4 || s.Mailbox.BusyShare != 0.7 || s.Server.Listen != "127.0.0.1:0" || s.Server.ShutdownTimeout != 3*time.Second {
		t.Errorf("%+v", s)
	}
	if s.Mailbox.Capacity != Defaults().Mailbox.Capacity || s.Server.DashboardURL != "https://trade.example.com" {
		t.Errorf("%+v", s)
	}
	origins := map[string]string{}
	for _, d := range l.Describe() {
		origins[d.Key] = d.Origin
		if strings.Contains(d.Value, "a-secret") {
			t.Errorf("%s shows the secret", d.Key)
		}
	}
	for key, want := range map[string]string{"mailbox.budget": "file " + file, "mailbox.workers": "environment OUTCRY_MAILBOX_WORKERS", "server.listen": "flag --listen", "auth.secrets": "environment JWT_SECRET", "log.level": "default"} {
		if origins[key] != want {
			t.Errorf("%s comes from %q, want %q", key, origins[key], want)
		}
	}
}

func TestEveryProblemIsReportedWithKeyValueAndOrigin(t *testing.T) {
	file := writeFile(t, "mailbox:\n  budgett: 1s\n  budget: fast\n  capacity: 1.5\nlog:\n  level: loud\nsimulator: {enabled: maybe}\n")
	_, err := Load(Source{File: file, Environ: []string{secret, "OUTCRY_MAILBOX_WORKER=1", "OUTCRY_SESSION_SLOW_TIMEOUT=-1s", "PORT=x:y"}})
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{
		"mailbox.budgett: no such setting: did you mean mailbox.budget?",
		`mailbox.budget: "fast" is not allowed: must be a duration such as 200ms or 10s (from file ` + file + `)`,
		`mailbox.capacity: "1.5" is not allowed: must be a whole number`,
		`log.level: "loud" is not allowed: must be one of debug, info, warn, error (from file ` + file + `)`,
		`simulator.enabled: "maybe" is not allowed: must be true or false`,
		"environment OUTCRY_MAILBOX_WORKER: no such setting: did you mean OUTCRY_MAILBOX_WORKERS?",
		"session.slow_timeout: -1s is not allowed: must be 0 (off) or at least 100ms (from environment OUTCRY_SESSION_SLOW_TIMEOUT)",
		`server.listen: ":x:y" is not allowed: must be host:port`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("missing: %s\nin:\n%v", want, err)
		}
	}
}

func TestSecretIsRequiredOutsideDevelopment(t *testing.T) {
	if _, err := Load(Source{}); err == nil || !strings.Contains(err.Error(), "JWT_SECRET") || !strings.Contains(err.Error(), "--dev") {
		t.Error(err)
	}
	if _, err := Load(Source{Environ: []string{"JWT_SECRET=short"}}); err == nil || !strings.Contains(err.Error(), "at least 16") || strings.Contains(err.Error(), "short") {
		t.Error(err)
	}
	l, err := Load(Source{Dev: true})
	if err != nil {
		t.Fatal(err)
	}
	if !l.MadeUpSecret || len(l.Settings.Auth.Secrets[0]) < 20 || !l.Settings.Simulator.Enabled {
		t.Errorf("%+v", l.Settings)
	}
	l, err = Load(Source{Dev: true, Environ: []string{secret, "OUTCRY_SIMULATOR_ENABLED=false"}})
	if err != nil || l.MadeUpSecret || l.Settings.Simulator.Enabled {
		t.Errorf("%+v %v", l, err)
	}
	l, err = Load(Source{Environ: []string{"JWT_SECRET=the-newer-of-two-secrets, the-older-of-two-secrets"}})
	if err != nil || len(l.Settings.Auth.Secrets) != 2 || l.Settings.Auth.Secrets[1] != "the-older-of-two-secrets" {
		t.Errorf("%+v %v", l, err)
	}
}

func TestByteOrderMarkOfAFileCostsNoSetting(t *testing.T) {
	l, err := Load(Source{File: writeFile(t, "\ufeffmailbox: {workers: 3}\n"), Environ: []string{secret}})
	if err != nil {
		t.Fatal(err)
	}
	if l.Settings.Mailbox.Workers != 3 {
		t.Errorf("%d workers", l.Settings.Mailbox.Workers)
	}
}

func TestUnreadableFilesSayWhy(t *testing.T) {
	if _, err := Load(Source{Dev: true, File: filepath.Join(t.TempDir(), "none.yaml")}); err == nil || !strings.Contains(err.Error(), "none.yaml") {
		t.Error(err)
	}
	if _, err := Load(Source{Dev: true, File: writeFile(t, "a: [")}); err == nil || !strings.Contains(err.Error(), "outcry.yaml") {
		t.Error(err)
	}
}

// TestEverySettingCanBeSetByItsVariable guards against types the loader does
// not know and against tags that were forgotten.
func TestEverySettingCanBeSetByItsVariable(t *testing.T) {
	l, err := Load(Source{Environ: []string{secret}})
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]reflect.Value{}
	collect("", reflect.ValueOf(l.Settings), values)
	environ := []string{}
	for key, value := range values {
		if strings.HasSuffix(key, ".") || strings.Contains(key, "..") {
			t.Errorf("setting %q has no koanf tag", key)
		}
		text, ok := value.Interface().([]string)
		if ok {
			environ = append(environ, environmentName(key)+"="+strings.Join(text, ","))
			continue
		}
		environ = append(environ, environmentName(key)+"="+fmt.Sprint(value.Interface()))
	}
	again, err := Load(Source{Environ: environ})
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(again.Settings, l.Settings) {
		t.Errorf("got %+v\nwant %+v", again.Settings, l.Settings)
	}
}

func TestDefaultsAreAllowed(t *testing.T) {
	if err := Defaults().Validate(); err != nil {
		t.Error(err)
	}
}
