package main

import (
	"crypto/tls"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"go.yaml.in/yaml/v3"

	"outcry/config"
)

// board is what the test reads of deploy/grafana/dashboards/outcry.json.
type board struct {
	UID    string
	Panels []panel
}

type panel struct {
	ID         int
	Type       string
	Title      string
	Datasource struct{ UID string }
	Targets    []struct{ RefID, Expr string }
	GridPos    struct{ X, Y, W, H int }
}

func readDeployed(t *testing.T, path ...string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(append([]string{"..", "..", "deploy"}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func readDashboard(t *testing.T) (d board) {
	t.Helper()
	if err := json.Unmarshal(readDeployed(t, "grafana", "dashboards", "outcry.json"), &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// alertRules are the expressions of deploy/prometheus/alerts.yml, by alert and severity.
func alertRules(t *testing.T) map[string]string {
	t.Helper()
	var file struct {
		Groups []struct {
			Rules []struct {
				Alert, Expr         string
				Labels, Annotations map[string]string
			}
		}
	}
	if err := yaml.Unmarshal(readDeployed(t, "prometheus", "alerts.yml"), &file); err != nil {
		t.Fatal(err)
	}
	rules := map[string]string{}
	for _, group := range file.Groups {
		for _, rule := range group.Rules {
			if rule.Annotations["summary"] == "" || rule.Annotations["description"] == "" {
				t.Errorf("%s does not say what it is and what to do", rule.Alert)
			}
			rules[rule.Alert+" "+rule.Labels["severity"]] = rule.Expr
		}
	}
	return rules
}

func TestDeployedQueriesAskForMetricsThatThereAre(t *testing.T) {
	queries := alertRules(t)
	for _, p := range readDashboard(t).Panels {
		for _, target := range p.Targets {
			queries[p.Title+" "+target.RefID] = target.Expr
		}
	}
	var trust *tls.Config
	e := serve(t, func(s *config.Settings) { trust = withTLS(t, s) }) // a certificate has a metric
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: trust}}
	t.Cleanup(client.CloseIdleConnections)
	e.feeds.Open("acme").Close() // and so have feeds and backups, once there was one
	e.backupEnded(1, time.Second, nil)
	there := scrapeBy(t, client, e)
	there["up"] = &dto.MetricFamily{} // Prometheus's own
	names := regexp.MustCompile(`\b(up|(outcry|go|process)_[a-z0-9_]+)\b`)
	asked := 0
	for who, query := range queries {
		found := names.FindAllString(query, -1)
		if len(found) == 0 {
			t.Errorf("%s asks for nothing of ours: %s", who, query)
		}
		for _, name := range found {
			asked++
			if of := there[name]; of != nil && of.GetType() != dto.MetricType_HISTOGRAM {
				continue
			}
			of := there[histogramOf(name)]
			if of == nil || of.GetType() != dto.MetricType_HISTOGRAM {
				t.Errorf("%s asks for %s, which the engine has not", who, name)
			}
		}
	}
	if asked < 80 {
		t.Errorf("only %d metrics were found in %d queries", asked, len(queries))
	}
}

// histogramOf is the histogram that a series belongs to, empty for none.
func histogramOf(series string) string {
	for _, part := range []string{"_bucket", "_count", "_sum"} {
		if name, is := strings.CutSuffix(series, part); is {
			return name
		}
	}
	return ""
}

func TestEveryAlertHasATestInWhichItFires(t *testing.T) {
	tests := string(readDeployed(t, "prometheus", "alerts_test.yml"))
	for rule := range alertRules(t) {
		alert, severity, _ := strings.Cut(rule, " ")
		if !strings.Contains(tests, `{alertname="`+alert+`", severity="`+severity+`"}`) {
			t.Errorf("%s (%s) fires in no test of alerts_test.yml", alert, severity)
		}
	}
}

func TestDashboardFitsTogether(t *testing.T) {
	d := readDashboard(t)
	ids := map[int]bool{}
	taken := map[[2]int]string{}
	for _, p := range d.Panels {
		if ids[p.ID] || p.Title == "" || p.GridPos.X+p.GridPos.W > 24 {
			t.Errorf("panel %d %q: its id, title or place is wrong", p.ID, p.Title)
		}
		ids[p.ID] = true
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other := taken[[2]int{x, y}]; other != "" {
					t.Fatalf("%q lies over %q", p.Title, other)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
		if p.Type == "row" {
			continue
		}
		refs := map[string]bool{}
		for _, target := range p.Targets {
			if refs[target.RefID] || !strings.Contains(target.Expr, `instance=~"$instance"`) {
				t.Errorf("%q: %s is there twice, or does not ask for the engine that is chosen", p.Title, target.RefID)
			}
			refs[target.RefID] = true
		}
		if len(refs) == 0 || p.Datasource.UID != "${datasource}" {
			t.Errorf("%q asks nobody, or not the Prometheus that is chosen", p.Title)
		}
	}
	if d.UID != "outcry" || len(d.Panels) < 20 {
		t.Errorf("%s with %d panels", d.UID, len(d.Panels))
	}
}

// operationsMetric is a metric of ours where docs/operations.md names one.
var operationsMetric = regexp.MustCompile("outcry_[a-z_]+")

// Whoever is woken by an alert finds what to do by its name.
func TestOperationsSayWhatToDoAtEveryAlert(t *testing.T) {
	content, err := os.ReadFile(filepath.Join("..", "..", "docs", "operations.md"))
	if err != nil {
		t.Fatal(err)
	}
	guide := string(content)
	for rule := range alertRules(t) {
		name, _, _ := strings.Cut(rule, " ")
		if !strings.Contains(guide, "`"+name+"`") {
			t.Errorf("docs/operations.md does not say what to do at %s", name)
		}
	}
	reference, err := os.ReadFile(filepath.Join("..", "..", "docs", "metrics.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, metric := range operationsMetric.FindAllString(guide, -1) {
		if !strings.Contains(string(reference), "`"+metric+"`") {
			t.Errorf("docs/operations.md looks at %s, which is no metric", metric)
		}
	}
}
