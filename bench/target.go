package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"strings"

	"outcry/bench/server"
)

// errServerEnded is the cause when a server that was started here is gone.
var errServerEnded = errors.New("the server ended in the middle of the run")

// target is the server of a run. It changes only when a server that was started
// here is stopped and started again.
type target struct {
	url     *url.URL
	address netip.AddrPort
	secret  string
	process *server.Process // nil when it cannot be observed
	unseen  error           // why not
	child   *server.Child   // nil when it was not started here
	args    []string        // further arguments of a child
	data    string          // the folder of a child
}

// openTarget resolves the server's address, or starts a server.
func openTarget(ctx context.Context, s Scenario) (*target, error) {
	if s.To == "" {
		return startTarget(ctx, s)
	}
	t := &target{secret: s.TokenSecret}
	if err := t.resolve(ctx, s.To); err != nil {
		return nil, err
	}
	if !t.address.Addr().IsLoopback() && !s.AllowRemote {
		return nil, fmt.Errorf("%s is not this machine: a load like this against somebody else's server is an attack; if it is yours, say --allow-remote", t.address.Addr())
	}
	t.observe(s)
	return t, nil
}

// startTarget starts a server of this executable on a free port, with a folder
// of its own.
func startTarget(ctx context.Context, s Scenario) (t *target, err error) {
	t = &target{secret: s.TokenSecret, args: s.ServeArgs}
	if t.secret == "" {
		t.secret = newSecret()
	}
	if t.data, err = os.MkdirTemp(s.DataIn, "outcry-bench-"); err != nil {
		return nil, fmt.Errorf("start a server: %w", err)
	}
	if err := t.start(ctx, stalledEnv(s)); err != nil {
		return nil, errors.Join(err, t.close())
	}
	return t, nil
}

// start starts a server on the target's folder, with settings in env.
func (t *target) start(ctx context.Context, env []string) error {
	executable, err := os.Executable()
	if err != nil {
		return fmt.Errorf("start a server: %w", err)
	}
	t.child, err = server.Start(ctx, server.Command{
		Path: executable,
		Args: append([]string{"serve", "--listen", "127.0.0.1:0", "--data", t.data}, t.args...),
		// All dashboards come from one address, so the limit of dials would be measured.
		Env: append([]string{"JWT_SECRET=" + t.secret, "OUTCRY_LOG_FORMAT=json", "OUTCRY_LIMIT_DIALS_PER_SECOND=0", "OUTCRY_SERVER_DRAIN_TIME=0s"}, env...),
	})
	if err != nil {
		return err
	}
	process := t.child.Process()
	t.process = &process
	return t.resolve(ctx, t.child.URL())
}

// stop ends a server that was started here; its folder stays.
func (t *target) stop(end func(*server.Child) error) error {
	err := end(t.child)
	t.child, t.process = nil, nil
	return err
}

func (t *target) resolve(ctx context.Context, to string) error {
	parsed, err := url.Parse(to)
	if err != nil {
		return fmt.Errorf("to: %w", err)
	}
	switch parsed.Scheme {
	case "http", "ws":
		parsed.Scheme = "http"
	default:
		return fmt.Errorf("to: %q is not allowed: must begin with http://, as the client does not speak TLS", to)
	}
	port := parsed.Port()
	if port == "" {
		port = "80"
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil || parsed.Hostname() == "" {
		return fmt.Errorf("to: %q is not allowed: must be like http://host:port", to)
	}
	addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip", parsed.Hostname())
	if err != nil {
		return fmt.Errorf("to: %w", err)
	}
	chosen := addresses[0].Unmap()
	for _, address := range addresses {
		if address.Unmap().Is4() {
			chosen = address.Unmap()
			break
		}
	}
	t.url, t.address = parsed, netip.AddrPortFrom(chosen, uint16(number))
	return nil
}

// observe looks for the process of a server on this machine.
func (t *target) observe(s Scenario) {
	var process server.Process
	switch {
	case s.ServerPID != 0:
		process.PID = s.ServerPID
	case !t.address.Addr().IsLoopback():
		t.unseen = errors.New("it runs on another machine")
		return
	default:
		if process, t.unseen = server.FindListener(t.address.Port()); t.unseen != nil {
			return
		}
	}
	if _, t.unseen = process.Sample(); t.unseen == nil {
		t.process = &process
	}
}

// observed describes the server for a report.
func (t *target) observed() Observed {
	o := Observed{URL: t.url.String(), Own: t.child != nil, Args: t.args}
	if t.process != nil {
		o.PID = t.process.PID
	}
	if t.unseen != nil {
		o.Unseen = t.unseen.Error()
	}
	return o
}

// path returns a path below that of the server's URL.
func (t *target) path(below string) string {
	return strings.TrimSuffix(t.url.EscapedPath(), "/") + below
}

// ticksURL returns where ticks are posted.
func (t *target) ticksURL() string { return "http://" + t.url.Host + t.path("/api/ticks") }

// watch returns a context that also ends when a server that was started here
// ends by itself, and a function that stops watching.
func (t *target) watch(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	if t.child == nil {
		return ctx, func() { cancel(nil) }
	}
	done, ended := make(chan struct{}), t.child.Ended()
	go func() {
		defer close(done)
		select {
		case <-ended:
			cancel(errServerEnded)
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		cancel(nil)
		<-done
	}
}

// close stops a server that was started here and removes its folder.
func (t *target) close() error {
	var errs []error
	if t.child != nil {
		errs = append(errs, t.child.Stop())
	}
	if t.data != "" {
		errs = append(errs, os.RemoveAll(t.data))
	}
	return errors.Join(errs...)
}
