package validation

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// headerRule is what one header of a page must say.
type headerRule struct {
	name    string
	problem func(value string) string // empty if the value is right; it is not empty
}

// headerRules are those of the contract.
//
// immutable
var headerRules = []headerRule{
	{"Content-Security-Policy", policyProblem},
	{"X-Frame-Options", oneOf("DENY", "SAMEORIGIN")},
	{"X-Content-Type-Options", oneOf("nosniff")},
	{"Strict-Transport-Security", transportProblem},
	{"X-XSS-Protection", oneOf("0")},
	{"Referrer-Policy", func(value string) string {
		if strings.EqualFold(value, "unsafe-url") {
			return "tells every site the whole address"
		}
		return ""
	}},
}

// lookAtHeaders asks for the page, whatever that is, and looks at its headers.
func lookAtHeaders(ctx context.Context, v *visit) finding {
	a, err := v.get(ctx, "/")
	if err != nil {
		return v.trouble(err)
	}
	problems := headerProblems(a.header)
	if len(problems) > 0 {
		return failed("set them where answers leave last: an engine sets them all, so look at the proxy before it", "%s", strings.Join(problems, "; "))
	}
	return good("%d security headers", len(headerRules))
}

func headerProblems(h http.Header) (problems []string) {
	for _, rule := range headerRules {
		switch values := h.Values(rule.name); {
		case len(values) == 0 || strings.TrimSpace(values[0]) == "":
			problems = append(problems, rule.name+" is missing")
		case len(values) > 1:
			problems = append(problems, rule.name+" comes more than once")
		default:
			if problem := rule.problem(strings.TrimSpace(values[0])); problem != "" {
				problems = append(problems, rule.name+" "+problem)
			}
		}
	}
	if by := h.Get("X-Powered-By"); by != "" {
		problems = append(problems, fmt.Sprintf("X-Powered-By tells what runs there: %.40q", by))
	}
	return problems
}

func oneOf(allowed ...string) func(string) string {
	return func(value string) string {
		if slices.ContainsFunc(allowed, func(one string) bool { return strings.EqualFold(one, value) }) {
			return ""
		}
		return fmt.Sprintf("is %.60q, not %s", value, strings.Join(allowed, " or "))
	}
}

// transportProblem holds Strict-Transport-Security against RFC 6797, section 6.1.
func transportProblem(value string) string {
	for directive := range strings.SplitSeq(value, ";") {
		name, age, _ := strings.Cut(strings.TrimSpace(directive), "=")
		if !strings.EqualFold(strings.TrimSpace(name), "max-age") {
			continue
		}
		if seconds, err := strconv.ParseUint(strings.Trim(strings.TrimSpace(age), `"`), 10, 63); err != nil || seconds == 0 {
			break
		}
		return ""
	}
	return fmt.Sprintf("is %.60q, without a max-age over 0", value)
}

// policyProblem holds a Content-Security-Policy against the contract.
func policyProblem(value string) string {
	directives := map[string][]string{}
	for directive := range strings.SplitSeq(strings.ToLower(value), ";") {
		if words := strings.Fields(directive); len(words) > 0 {
			if _, repeated := directives[words[0]]; !repeated { // only the first counts
				directives[words[0]] = words[1:]
			}
		}
	}
	if !slices.Contains(directives["default-src"], "'self'") {
		return "has no default-src 'self'"
	}
	scripts := []string{"script-src", "script-src-elem", "script-src-attr"}
	if _, own := directives["script-src"]; !own {
		scripts[0] = "default-src" // which counts then
	}
	for _, name := range scripts {
		if slices.Contains(directives[name], "'unsafe-inline'") {
			return "allows inline scripts in " + name
		}
	}
	return ""
}
