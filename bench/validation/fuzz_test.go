package validation

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// showable fails when what a server sent could not be shown on a terminal.
func showable(t *testing.T, text string) {
	t.Helper()
	if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		t.Fatalf("%q goes to a terminal", text)
	}
}

func FuzzHealth(f *testing.F) {
	f.Add([]byte(`{"status":"healthy","uptime":1e300,"websocket":{"connections":1,"successRate":0.5},"latency":{"p95":1}}`))
	f.Add([]byte(`{"status":"\u001b[31m","version":"` + "\xff" + `","reasons":["\n"],"websocket":{}}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, body []byte) {
		h, problem := parseHealth(body)
		if (h == nil) == (problem == "") {
			t.Fatalf("%+v, %q", h, problem)
		}
		if h == nil {
			return
		}
		showable(t, shownReasons(h))
		if h.Status == "healthy" {
			showable(t, h.String())
		}
		a := assess(&Report{Health: h, Results: []Result{{Check: checkHealth, Outcome: Good}}})
		if (a.State == Normal) != (len(a.Reasons) == 0) {
			t.Fatalf("%+v", a)
		}
	})
}

func FuzzPackets(f *testing.F) {
	for _, packet := range []string{`0{"sid":"s"}`, `44{"message":"m","data":{"code":"NO_SESSION_ID"}}`, "44\x1b[31m", "430[]", "2"} {
		f.Add(packet)
	}
	f.Fuzz(func(t *testing.T, packet string) {
		sid, err := parseOpening(packet)
		if (sid == "") == (err == nil) {
			t.Fatalf("%q, %v", sid, err)
		}
		if err != nil {
			showable(t, err.Error())
		}
		showable(t, parseRefusal(packet).Error())
		if acknowledges(packet, 1) && acknowledges(packet, 2) {
			t.Fatal("one packet answers two events")
		}
	})
}

func FuzzPage(f *testing.F) {
	f.Add([]byte(goodPage))
	f.Add([]byte(`<SCRIPT type='module' src=a>`))
	f.Fuzz(func(t *testing.T, page []byte) {
		if source := moduleSource(page); source != "" && (!strings.Contains(string(page), source) || strings.ContainsAny(source, "\"'> ")) {
			t.Fatalf("%q", source)
		}
	})
}

func FuzzPolicy(f *testing.F) {
	f.Add("default-src 'self'; script-src 'self'", "max-age=1")
	f.Fuzz(func(t *testing.T, policy, age string) {
		showable(t, transportProblem(age))
		problem := policyProblem(policy)
		showable(t, problem)
		if lower := strings.ToLower(policy); problem == "" && !strings.Contains(lower, "'self'") {
			t.Fatalf("%q passes", policy)
		}
	})
}

func FuzzAPI(f *testing.F) {
	f.Add([]byte(`{"name":"n","features":["Real-time"],"endpoints":{"websocket":{"transports":["websocket"]}}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var api apiAnswer
		if json.Unmarshal(body, &api) == nil && api.Name == "" && len(api.lacks()) == 0 {
			t.Fatalf("%s passes", body)
		}
	})
}
