package httpapi

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"outcry/actors/portfolio"
)

// History reads equity curves; portfolio.Portfolios does. It may block.
type History interface {
	Points(userID string, from, to time.Time, resolution portfolio.Resolution) ([]portfolio.Point, error)
}

var _ History = (*portfolio.Portfolios)(nil)

// span is a part of an equity curve that can be asked for.
type span struct {
	name       string
	length     time.Duration
	resolution portfolio.Resolution
	shown      string // the resolution on the wire
}

// spans have at most 1,440 points each, but for ALL, which has one a day.
var spans = []span{
	{"1D", day, portfolio.Minutely, "1m"},
	{"1W", 7 * day, portfolio.Hourly, "1h"},
	{"1M", 30 * day, portfolio.Hourly, "1h"},
	{"3M", 91 * day, portfolio.Daily, "1d"},
	{"1Y", 365 * day, portfolio.Daily, "1d"},
	{"ALL", maxPoints * day, portfolio.Daily, "1d"},
}

const (
	day = 24 * time.Hour
	// maxPoints bounds an answer: ten years of days.
	maxPoints = 3660
)

// NewEquity answers GET /api/portfolio/history?range=1D|1W|1M|3M|1Y|ALL:
// {success, range, resolution, points: [{t, value}]} with t in Unix
// milliseconds, oldest first. Without a range it is 1D.
func NewEquity(history History, deps AccountDeps) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		userID, ok := requireUser(w, r, deps.Verifier)
		if !ok {
			return
		}
		name := r.URL.Query().Get("range")
		if name == "" {
			name = spans[0].name
		}
		i := slices.IndexFunc(spans, func(s span) bool { return s.name == name })
		if i < 0 {
			writeProblem(w, Problem{Status: http.StatusBadRequest, Code: codeInvalid, Field: "range",
				Detail: fmt.Sprintf("range %.20q is not known: must be 1D, 1W, 1M, 3M, 1Y or ALL", name)})
			return
		}
		now := deps.Now()
		points, err := history.Points(userID, now.Add(-spans[i].length), now, spans[i].resolution)
		if err != nil {
			deps.fail(w, userID, err)
			return
		}
		writeEncoded(w, appendEquity(nil, spans[i], points[max(len(points)-maxPoints, 0):]))
	}
}

func appendEquity(dst []byte, s span, points []portfolio.Point) []byte {
	dst = append(append(dst, `{"success":true,"range":"`...), s.name...)
	dst = append(append(dst, `","resolution":"`...), s.shown...)
	dst = append(dst, `","points":[`...)
	for i, p := range points {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendInt(append(dst, `{"t":`...), p.Time.UnixMilli(), 10)
		dst = append(dst, `,"value":`...)
		dst = append(dst, p.Value.Trim(0).String()...)
		dst = append(dst, '}')
	}
	return append(dst, `]}`...)
}
