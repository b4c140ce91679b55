package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"time"

	"outcry/actors/feed"
	"outcry/transport/auth"
)

// ReplayCmd feeds a recording to an engine: `outcry replay trades.csv.gz`.
type ReplayCmd struct {
	File     string  `arg:"" type:"path" help:"Recording: CSV with ts_ms,symbol,price,size, plain or gzip."`
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
		fmt.Printf("  tick %d: %s\n", refused.Line, refused.Message)
	}
	return err
}

// target is the address that ticks go to.
func (c *ReplayCmd) target() (string, error) {
	u, err := url.Parse(c.To)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return "", fmt.Errorf("--to %q is not allowed: must be a URL such as http://127.0.0.1:8080", c.To)
	}
	if c.Speed < 0 {
		return "", fmt.Errorf("--speed %v is not allowed: must be 0 (as fast as can be) or more", c.Speed)
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

// replayer sends the ticks of a recording when they are due.
type replayer struct {
	cmd    *ReplayCmd
	stream *tickStream
	sleep  func(ctx context.Context, until time.Time) error
	now    func() time.Time
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
	var pace *feed.Pace
	for {
		tick, err := recording.Next()
		var bad *feed.RowError
		switch {
		case errors.Is(err, io.EOF):
			return r.stream.flush(ctx)
		case errors.As(err, &bad):
			bar.say("skipped: %v", bad)
			continue
		case err != nil:
			return err
		}
		if pace == nil {
			first := feed.NewPace(r.cmd.Speed, tick.Time, r.now())
			pace = &first
		}
		if due := pace.Due(tick.Time); r.now().Before(due) {
			if err := r.stream.flush(ctx); err != nil {
				return err
			}
			if err := r.sleep(ctx, due); err != nil {
				return err
			}
		}
		if !r.cmd.KeepTime {
			tick.Time = r.now()
		}
		if err := r.stream.send(ctx, &tick); err != nil {
			return err
		}
		bar.sent(recording)
	}
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
