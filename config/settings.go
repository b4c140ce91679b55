package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"outcry/actors/feed"
	"outcry/actors/mailbox"
	"outcry/actors/paper"
	"outcry/actors/portfolio"
	"outcry/actors/session"
	"outcry/actors/symbol"
	"outcry/persistence/storage"
	"outcry/transport/auth"
	"outcry/transport/certificate"
	"outcry/transport/engineio"
	"outcry/transport/httpapi"
	"outcry/transport/limit"
	"outcry/transport/metrics"
	"outcry/transport/netpoll"
	"outcry/transport/signin"
	"outcry/transport/socketio"
	"outcry/transport/tracing"
	"outcry/transport/websocket"
)

// Settings are all sections. The key of a setting is its section's name, a dot
// and its own: mailbox.budget.
type Settings struct {
	Server    Server            `koanf:"server"`
	Log       Log               `koanf:"log"`
	Auth      auth.Options      `koanf:"auth"`
	Mailbox   mailbox.Options   `koanf:"mailbox"`
	Market    symbol.Options    `koanf:"market"`
	Session   session.Options   `koanf:"session"`
	Portfolio portfolio.Options `koanf:"portfolio"`
	Paper     paper.Options     `koanf:"paper"`
	Journal   storage.Options   `koanf:"journal"`
	Simulator feed.Options      `koanf:"simulator"`
	EngineIO  engineio.Options  `koanf:"engineio"`
	SocketIO  socketio.Options  `koanf:"socketio"`
	WebSocket websocket.Options `koanf:"websocket"`
	Netpoll   netpoll.Options   `koanf:"netpoll"`
	HTTP      httpapi.Options   `koanf:"http"`
	Limit     limit.Options     `koanf:"limit"`
	Discord   signin.Options    `koanf:"discord"`
	Metrics   metrics.Options   `koanf:"metrics"`
	Trace     tracing.Options   `koanf:"trace"`
}

// Server is the process itself.
type Server struct {
	// Listen is the address to serve on, host:port; an empty host is every
	// interface. Also PORT, the port alone.
	Listen string `koanf:"listen"`
	// TLS is the certificate to serve with, if any.
	TLS certificate.Options `koanf:"tls"`
	// Data is the directory for what must survive a restart.
	Data string `koanf:"data"`
	// DashboardURL is the address of a dashboard whose pages may connect, and
	// where people are sent who have signed in. In development mode the engine
	// answers to its host, too. Also DASHBOARD_URL.
	DashboardURL string `koanf:"dashboard_url"`
	// FrontendURL is another address whose pages may connect, and whose host the
	// engine answers to in development mode. Also FRONTEND_URL.
	FrontendURL string `koanf:"frontend_url"`
	// Profile is an address for net/http/pprof, such as 127.0.0.1:6060; empty
	// serves none. It shows the process's memory: keep it on loopback.
	Profile string `koanf:"profile"`
	// DrainTime is over how long a stop closes browsers; 0 closes all at once.
	DrainTime time.Duration `koanf:"drain_time" live:"true"`
	// ReconnectSpread is within what time after a stop browsers are told to come
	// back, each at a time of its own.
	ReconnectSpread time.Duration `koanf:"reconnect_spread" live:"true"`
	// ShutdownTimeout is how long a stop may take, behind DrainTime, before what is
	// left is cut off.
	ShutdownTimeout time.Duration `koanf:"shutdown_timeout" live:"true"`
	// UpgradeDrainTime is over how long an engine that hands over to the next one
	// closes browsers. No new ones are let in meanwhile: keep it far below 2s.
	UpgradeDrainTime time.Duration `koanf:"upgrade_drain_time" live:"true"`
	// UpgradeSpread is within what time after an upgrade browsers are told to come
	// back, each at a time of its own.
	UpgradeSpread time.Duration `koanf:"upgrade_spread" live:"true"`
	// UpgradeTimeout is how long the next engine may take to be prepared, and again
	// to serve once it has the journal, before the old one goes on.
	UpgradeTimeout time.Duration `koanf:"upgrade_timeout" live:"true"`
}

// Log is what is logged, and how.
type Log struct {
	// Level is the least important that is logged: debug, info, warn or error.
	Level string `koanf:"level" live:"true" choices:"debug,info,warn,error"`
	// Format is how lines are logged: json, console (for people), or auto, which is
	// console on a terminal.
	Format string `koanf:"format" choices:"auto,json,console"`
}

// Defaults are the settings of an engine that was told nothing.
func Defaults() Settings {
	return Settings{
		Server:    defaultServer(),
		Log:       Log{Level: "info", Format: "auto"},
		Auth:      auth.DefaultOptions(),
		Mailbox:   mailbox.DefaultOptions(),
		Market:    symbol.DefaultOptions(),
		Session:   session.DefaultOptions(),
		Portfolio: portfolio.DefaultOptions(),
		Paper:     paper.DefaultOptions(),
		Journal:   storage.DefaultOptions(),
		Simulator: feed.DefaultOptions(),
		EngineIO:  engineio.DefaultOptions(),
		SocketIO:  socketio.DefaultOptions(),
		WebSocket: websocket.DefaultOptions(),
		Netpoll:   netpoll.DefaultOptions(),
		HTTP:      httpapi.DefaultOptions(),
		Limit:     limit.DefaultOptions(),
		Discord:   signin.DefaultOptions(),
		Metrics:   metrics.DefaultOptions(),
		Trace:     tracing.DefaultOptions(),
	}
}

func defaultServer() Server {
	return Server{
		Listen: ":8080", TLS: certificate.DefaultOptions(), Data: "data",
		DrainTime: 10 * time.Second, ReconnectSpread: 5 * time.Second, ShutdownTimeout: 10 * time.Second,
		UpgradeDrainTime: 200 * time.Millisecond, UpgradeSpread: time.Second, UpgradeTimeout: 30 * time.Second,
	}
}

// Validate reports every setting that is not allowed, by its key.
func (s Settings) Validate() error {
	sections := []struct {
		name string
		err  error
	}{
		{"server", s.Server.Validate()}, {"log", s.Log.Validate()}, {"auth", s.Auth.Validate()},
		{"mailbox", s.Mailbox.Validate()}, {"market", s.Market.Validate()}, {"session", s.Session.Validate()},
		{"portfolio", s.Portfolio.Validate()}, {"paper", s.Paper.Validate()}, {"journal", s.Journal.Validate()},
		{"simulator", s.Simulator.Validate()}, {"engineio", s.EngineIO.Validate()}, {"socketio", s.SocketIO.Validate()},
		{"websocket", s.WebSocket.Validate()}, {"netpoll", s.Netpoll.Validate()}, {"http", s.HTTP.Validate()}, {"limit", s.Limit.Validate()}, {"discord", s.Discord.Validate()},
		{"metrics", s.Metrics.Validate()}, {"trace", s.Trace.Validate()},
	}
	var errs []error
	for _, section := range sections {
		for _, err := range flatten(section.err) {
			errs = append(errs, fmt.Errorf("%s.%w", section.name, err))
		}
	}
	return errors.Join(errs...)
}

// joined is the type of errors that errors.Join made. Others that wrap several have a
// sentence of their own.
var joined = reflect.TypeOf(errors.Join(errors.New("")))

// flatten takes joined errors apart, whatever they are joined of.
func flatten(err error) (parts []error) {
	if err == nil {
		return nil
	}
	if reflect.TypeOf(err) != joined {
		return []error{err}
	}
	for _, part := range err.(interface{ Unwrap() []error }).Unwrap() {
		parts = append(parts, flatten(part)...)
	}
	return parts
}

// Validate reports every setting that is not allowed.
func (s Server) Validate() error {
	var errs []error
	if _, _, err := net.SplitHostPort(s.Listen); err != nil {
		errs = append(errs, fmt.Errorf("listen: %q is not allowed: must be host:port, such as :8080 or 127.0.0.1:8080", s.Listen))
	}
	for _, err := range flatten(s.TLS.Validate()) {
		errs = append(errs, fmt.Errorf("tls.%w", err))
	}
	if s.Profile != "" {
		if _, _, err := net.SplitHostPort(s.Profile); err != nil {
			errs = append(errs, fmt.Errorf("profile: %q is not allowed: must be empty or host:port, such as 127.0.0.1:6060", s.Profile))
		}
	}
	if s.Data == "" {
		errs = append(errs, errors.New("data: must name a directory"))
	}
	for key, value := range map[string]string{"dashboard_url": s.DashboardURL, "frontend_url": s.FrontendURL} {
		if u, err := url.Parse(value); value != "" && (err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https")) {
			errs = append(errs, fmt.Errorf("%s: %q is not allowed: must be a URL such as https://trade.example.com", key, value))
		}
	}
	return errors.Join(append(errs, s.validateTimes()...)...)
}

func (s Server) validateTimes() (errs []error) {
	check := func(key string, value, from, to time.Duration) {
		if value < from || value > to {
			errs = append(errs, fmt.Errorf("%s: %s is not allowed: must be between %s and %s", key, value, formatDuration(from), formatDuration(to)))
		}
	}
	const longest = 10 * time.Minute
	check("drain_time", s.DrainTime, 0, longest)
	check("reconnect_spread", s.ReconnectSpread, 0, longest)
	check("shutdown_timeout", s.ShutdownTimeout, 0, longest)
	check("upgrade_drain_time", s.UpgradeDrainTime, 0, 10*time.Second)
	check("upgrade_spread", s.UpgradeSpread, 0, longest)
	check("upgrade_timeout", s.UpgradeTimeout, time.Second, longest)
	return errs
}

// Levels and formats of Log.
var (
	levels  = []string{"debug", "info", "warn", "error"}
	formats = []string{"auto", "json", "console"}
)

// Validate reports every setting that is not allowed.
func (l Log) Validate() error {
	var errs []error
	if !slices.Contains(levels, l.Level) {
		errs = append(errs, fmt.Errorf("level: %q is not allowed: must be one of %s", l.Level, strings.Join(levels, ", ")))
	}
	if !slices.Contains(formats, l.Format) {
		errs = append(errs, fmt.Errorf("format: %q is not allowed: must be one of %s", l.Format, strings.Join(formats, ", ")))
	}
	return errors.Join(errs...)
}
