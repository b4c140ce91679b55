package validation

import (
	"errors"
	"fmt"
	"io"
	"time"
)

// Summary is what a watch saw in all.
type Summary struct {
	URL         string        `json:"url"`
	Began       time.Time     `json:"began"`
	Ended       time.Time     `json:"ended"`
	Interrupted bool          `json:"interrupted"` // somebody ended it before its time
	Looks       map[State]int `json:"looks"`
	Last        *Look         `json:"last"` // nil without any
	// The worst that was seen, nil where the server never said.
	MaxErrorRate   *float64 `json:"maxErrorRate"`
	MaxP95Ms       *float64 `json:"maxP95Ms"`
	MaxRoundTripMs *float64 `json:"maxRoundTripMs"`
	// Rollback says why the deployment is to be taken back, empty if it is not.
	Rollback string `json:"rollback"`
}

func (s *Summary) add(l Look) {
	s.Looks[l.State]++
	s.Last = &l
	s.MaxErrorRate, s.MaxP95Ms, s.MaxRoundTripMs = worse(s.MaxErrorRate, l.ErrorRate), worse(s.MaxP95Ms, l.P95Ms), worse(s.MaxRoundTripMs, l.RoundTripMs)
}

// worse returns the larger of two figures, of which each may be unknown.
func worse(a, b *float64) *float64 {
	if a == nil || b != nil && *b > *a {
		return b
	}
	return a
}

func (s *Summary) end(interrupted bool) *Summary {
	s.Ended, s.Interrupted = time.Now().UTC(), interrupted
	return s
}

// ErrRollback is the error of a deployment that is to be taken back.
var ErrRollback = errors.New("roll back")

// Err says that the deployment is to be taken back (ErrRollback), or that this cannot be
// told as the time was over; nil if it is to be kept, or somebody ended the watch.
func (s *Summary) Err() error {
	switch {
	case s.Rollback != "":
		return fmt.Errorf("%w: %s", ErrRollback, s.Rollback)
	case s.Last != nil && s.Last.State == Critical && !s.Interrupted:
		return errors.New(s.verdict())
	}
	return nil
}

// Write writes the summary behind the looks: for people, or as one line of JSON.
func (s *Summary) Write(w io.Writer, asJSON bool) error {
	if asJSON {
		return writeJSON(w, map[string]*Summary{"summary": s}, "")
	}
	text := fmt.Sprintf("\n%s watched for %v", s.URL, s.Ended.Sub(s.Began).Round(time.Second))
	if s.Interrupted {
		text += ", then interrupted"
	}
	text += fmt.Sprintf(": %d looks normal, %d warning, %d critical\n", s.Looks[Normal], s.Looks[Warned], s.Looks[Critical])
	if s.MaxErrorRate != nil {
		text += fmt.Sprintf("at most %.1f %% errors and %.1f ms freshness at P95", 100**s.MaxErrorRate, *s.MaxP95Ms)
		if s.MaxRoundTripMs != nil {
			text += fmt.Sprintf(", round trip %.2f ms", *s.MaxRoundTripMs)
		}
		text += "\n"
	}
	if _, err := fmt.Fprintln(w, text+s.verdict()); err != nil {
		return fmt.Errorf("write the summary: %w", err)
	}
	return nil
}

// verdict says what follows.
func (s *Summary) verdict() string {
	switch {
	case s.Rollback != "":
		return "roll back: " + s.Rollback
	case s.Last == nil:
		return "nothing was seen"
	case s.Last.State == Critical:
		return "not decided: the last look was critical, and it was too early to roll back"
	case s.Looks[Critical] == 0:
		return "keep it"
	}
	return "keep it: the rule for a rollback did not hold (" + RollbackRule + ")"
}
