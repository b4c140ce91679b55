package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"

	"outcry/actors/feed"
	"outcry/actors/market"
	"outcry/transport/auth"
)

// ReplayCmd feeds a recording to an engine: `outcry replay trades.csv.gz`.
type ReplayCmd struct {
	File     string  `arg:"" type:"path" help:"Recording: CSV with ts_ms,symbol,price,size, plain or gzip; bid, ask and more where it has them."`
	To       string  `default:"http://127.0.0.1:8080" placeholder:"URL" help:"Engine to feed."`
	Speed    float64 `default:"1" help:"How many times faster than recorded; 0 is as fast as the engine takes it."`
	Loop     bool    `help:"Start again at the end, until stopped."`
	KeepTime bool    `help:"Keep the recorded times instead of stamping ticks with the present."`
	Token    string  `placeholder:"JWT" help:"Token with the role feed; made from JWT_SECRET where that is set."`
}

// replayTTL is how long a token of our own is valid: longer than any replay.
const replayTTL = 7 * 24 * time.Hour

// Run replays until the end of the file or a signal, and prints what the
// engine took.
func (c *ReplayCmd) Run(ctx context.Context) error {
	target, err := c.target()
	if err != nil {
		return err
	}
	token, err := c.token()
	if err != nil {
		return err
	}
	r := &replayer{cmd: c, stream: &tickStream{url: target, token: token, notify: os.Stderr}, sleep: sleepUntil, now: time.Now}
	err = r.play(ctx)
	if ctx.Err() != nil {
		err = nil // stopped by its user
	}
	answer, finishErr := r.stream.finish()
	if err == nil {
		err = finishErr
	}
	fmt.Printf("%d accepted, %d rejected\n", answer.Accepted, answer.Rejected)
	for _, refused := range answer.Errors {
		fmt.Printf("  line %d sent: %s\n", refused.Line, refused.Message)
	}
	return err
}

// target is the address that ticks go to.
func (c *ReplayCmd) target() (string, error) {
	u, err := url.Parse(c.To)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return "", fmt.Errorf("--to %q is not allowed: must be a URL such as http://127.0.0.1:8080", c.To)
	}
	if !(c.Speed >= 0) || math.IsInf(c.Speed, 1) { // NaN is neither
		return "", fmt.Errorf("--speed %v is not allowed: must be 0 (as fast as can be) or a finite number above", c.Speed)
	}
	return strings.TrimSuffix(u.String(), "/") + "/api/ticks", nil
}

func (c *ReplayCmd) token() (string, error) {
	if c.Token != "" {
		return c.Token, nil
	}
	secrets := os.Getenv("JWT_SECRET")
	if secrets == "" {
		return "", errors.New("no token: set JWT_SECRET to the engine's, or give --token (the engine prints one in development mode)")
	}
	return mint(secrets, auth.Claims{User: "replay", Roles: []auth.Role{auth.Feed}, TTL: replayTTL})
}

// heartbeatInterval is how long a replay is silent at most. A feed that says
// nothing for longer counts as dead, and a quiet recording is not.
const heartbeatInterval = 10 * time.Second

// replayer sends the ticks of a recording when they are due.
type replayer struct {
	// immutable after construction
	cmd    *ReplayCmd
	stream *tickStream
	sleep  func(ctx context.Context, until time.Time) error
	now    func() time.Time

	// owned by the goroutine of play
	pace     *feed.Pace   // nil before the first tick of a pass
	paced    *tickRequest // on which the pace began
	unitSaid bool
}

// play sends the whole recording, again and again with --loop.
func (r *replayer) play(ctx context.Context) error {
	for {
		if err := r.pass(ctx); err != nil || !r.cmd.Loop {
			return err
		}
	}
}

// pass sends the recording once.
func (r *replayer) pass(ctx context.Context) (err error) {
	recording, err := feed.OpenRecording(r.cmd.File)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, recording.Close()) }()
	bar := newProgress(os.Stderr, recording)
	defer bar.end()
	defer r.noteAbove(bar)()
	r.pace = nil
	for ctx.Err() == nil {
		tick, err := recording.Next()
		var bad *feed.RowError
		switch {
		case errors.Is(err, io.EOF) && r.pace == nil:
			return fmt.Errorf("%s has no ticks", r.cmd.File)
		case errors.Is(err, io.EOF):
			return r.stream.flush(ctx)
		case errors.As(err, &bad):
			bar.say("skipped: %v", bad)
			continue
		case err != nil:
			return err
		}
		if unit, _ := recording.Unit(); !r.unitSaid {
			_, _ = fmt.Fprintf(r.stream.notify, "the times of %s are read as %s\n", r.cmd.File, unit)
			r.unitSaid = true
		}
		if err := r.emit(ctx, &tick); err != nil {
			return err
		}
		bar.sent(recording)
	}
	return ctx.Err()
}

// emit sends a tick when it is due. Where the engine went away meanwhile, the
// pace goes on from this tick, rather than to catch up with what was missed.
func (r *replayer) emit(ctx context.Context, t *market.Tick) error {
	recorded := t.Time
	if r.pace != nil {
		if err := r.await(ctx, r.pace.Due(recorded)); err != nil {
			return err
		}
	}
	if !r.cmd.KeepTime {
		t.Time = r.now()
	}
	if err := r.stream.send(ctx, t); err != nil {
		return err
	}
	if r.pace == nil || r.paced != r.stream.request {
		pace := feed.NewPace(r.cmd.Speed, recorded, r.now())
		r.pace, r.paced = &pace, r.stream.request
	}
	return nil
}

// await sends what is queued, then waits until due with a blank line now and then.
func (r *replayer) await(ctx context.Context, due time.Time) error {
	for r.now().Before(due) {
		if err := r.stream.flush(ctx); err != nil {
			return err
		}
		until := r.now().Add(heartbeatInterval)
		if !until.Before(due) {
			return r.sleep(ctx, due)
		}
		if err := r.sleep(ctx, until); err != nil {
			return err
		}
		if err := r.stream.try(ctx, func(q *tickRequest) error { return q.out.WriteByte('\n') }); err != nil {
			return err
		}
	}
	return nil
}

// noteAbove lets the stream's notes clear the bar first, until the returned
// function is called.
func (r *replayer) noteAbove(p *progress) (restore func()) {
	notify := r.stream.notify
	if p.bar != nil {
		r.stream.notify = aboveBar{bar: p.bar, out: notify}
	}
	return func() { r.stream.notify = notify }
}

// aboveBar writes lines where a progress bar is drawn, which then moves down.
type aboveBar struct {
	bar *progressbar.ProgressBar
	out io.Writer
}

func (a aboveBar) Write(line []byte) (int, error) {
	_ = a.bar.Clear() // a bar that fails to draw is no reason to stop
	return a.out.Write(line)
}

// sleepUntil waits for an instant or the end of ctx.
func sleepUntil(ctx context.Context, until time.Time) error {
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
