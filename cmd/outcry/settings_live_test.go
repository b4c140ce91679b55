package main

import (
	"maps"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"outcry/config"
	"outcry/transport/auth"
)

// liveSetting is a value for a setting, and what its room has once it is changed.
type liveSetting struct {
	value string
	want  any
	has   func(e *Engine) any
}

// liveSettings are all settings that can be changed in a running engine.
var liveSettings = map[string]liveSetting{
	"auth.leeway": {"20s", 20 * time.Second, func(e *Engine) any { return e.verifier.Leeway() }},

	"engineio.max_connections": {"50", 50, func(e *Engine) any { return e.server.EngineIO().MaxConnections }},
	"engineio.ping_interval":   {"20s", 20 * time.Second, func(e *Engine) any { return e.server.EngineIO().PingInterval }},
	"engineio.ping_timeout":    {"30s", 30 * time.Second, func(e *Engine) any { return e.server.EngineIO().PingTimeout }},

	"http.backup_timeout":         {"5m", 5 * time.Minute, func(e *Engine) any { return e.httpOptions.Options().BackupTimeout }},
	"http.feed_idle_timeout":      {"1m", time.Minute, func(e *Engine) any { return e.httpOptions.Options().FeedIdleTimeout }},
	"http.max_tick_line_bytes":    {"1000", 1000, func(e *Engine) any { return e.httpOptions.Options().MaxTickLineBytes }},
	"http.max_trade_line_bytes":   {"2000", 2000, func(e *Engine) any { return e.httpOptions.Options().MaxTradeLineBytes }},
	"http.max_trades_bytes":       {"1000000", 1_000_000, func(e *Engine) any { return e.httpOptions.Options().MaxTradesBytes }},
	"http.max_trades_per_request": {"10", 10, func(e *Engine) any { return e.httpOptions.Options().MaxTradesPerRequest }},
	"http.request_timeout":        {"5s", 5 * time.Second, func(e *Engine) any { return e.httpOptions.Options().RequestTimeout }},

	"journal.backup_byte_rate": {"65536", int64(65536), func(e *Engine) any { return e.journal.Options().BackupByteRate }},
	"journal.scrub_byte_rate":  {"65536", int64(65536), func(e *Engine) any { return e.journal.Options().ScrubByteRate }},
	"journal.scrub_interval":   {"2h", 2 * time.Hour, func(e *Engine) any { return e.journal.Options().ScrubInterval }},
	"journal.reserve_bytes":    {"600000000", int64(600_000_000), func(e *Engine) any { return e.journal.Options().ReserveBytes }},

	"limit.dial_burst":        {"500", 500, func(e *Engine) any { return e.gateway.Limits().DialBurst }},
	"limit.dials_per_second":  {"200", 200.0, func(e *Engine) any { return e.gateway.Limits().DialsPerSecond }},
	"limit.event_burst":       {"70", 70, func(e *Engine) any { return e.gateway.Limits().EventBurst }},
	"limit.events_per_second": {"0.5", 0.5, func(e *Engine) any { return e.gateway.Limits().EventsPerSecond }},
	"limit.trusted_proxies": {"127.0.0.0/8", "192.0.2.7", func(e *Engine) any {
		return e.proxies.Client(netip.MustParseAddr("127.0.0.1"), "192.0.2.7").String()
	}},
	"limit.sockets_per_user": {"3", 3, func(e *Engine) any { return e.gateway.Limits().SocketsPerUser }},

	"log.level": {"error", zerolog.ErrorLevel, func(*Engine) any { return zerolog.GlobalLevel() }},

	"mailbox.budget":       {"150ms", 150 * time.Millisecond, func(e *Engine) any { return e.dispatcher.Options().Budget }},
	"mailbox.busy_share":   {"0.5", 0.5, func(e *Engine) any { return e.dispatcher.Options().BusyShare }},
	"mailbox.capacity":     {"64", 64, func(e *Engine) any { return e.dispatcher.Options().Capacity }},
	"mailbox.overflow":     {"drop_oldest", "drop_oldest", func(e *Engine) any { return e.dispatcher.Options().Overflow }},
	"mailbox.pace_ceiling": {"100ms", 100 * time.Millisecond, func(e *Engine) any { return e.dispatcher.Options().PaceCeiling }},
	"mailbox.pace_floor":   {"5ms", 5 * time.Millisecond, func(e *Engine) any { return e.dispatcher.Options().PaceFloor }},

	"market.closures":          {"2025-01-09,2026-07-31", "2025-01-09 2026-07-31", func(e *Engine) any { return strings.Join(e.symbols.Options().Closures, " ") }},
	"market.feed_grace":        {"4s", 4 * time.Second, func(e *Engine) any { return e.symbols.Options().FeedGrace }},
	"market.feed_silence":      {"25s", 25 * time.Second, func(e *Engine) any { return e.symbols.Options().FeedSilence }},
	"market.max_pending_ticks": {"100", 100, func(e *Engine) any { return e.symbols.Options().MaxPendingTicks }},
	"market.max_symbols":       {"10", 10, func(e *Engine) any { return e.symbols.Options().MaxSymbols }},
	"market.quiet_after":       {"9s", 9 * time.Second, func(e *Engine) any { return e.symbols.Options().QuietAfter }},
	"market.sweep_interval":    {"2s", 2 * time.Second, func(e *Engine) any { return e.symbols.Options().SweepInterval }},

	"paper.fee_basis_points":     {"12", 12, func(e *Engine) any { return e.broker.Options().FeeBasisPoints }},
	"paper.limit_collar_percent": {"2.5", 2.5, func(e *Engine) any { return e.broker.Options().LimitCollarPercent }},
	"paper.outside_hours":        {"refuse", "refuse", func(e *Engine) any { return e.broker.Options().OutsideHours }},
	"paper.max_quantity":         {"500", "500", func(e *Engine) any { return e.broker.Options().MaxQuantity }},
	"paper.price_step":           {"0.01", "0.01", func(e *Engine) any { return e.broker.Options().PriceStep }},
	"paper.quantity_step":        {"1", "1", func(e *Engine) any { return e.broker.Options().QuantityStep }},
	"paper.max_quote_age":        {"5s", 5 * time.Second, func(e *Engine) any { return e.broker.Options().MaxQuoteAge }},

	"portfolio.checkpoint_every":   {"10", 10, func(e *Engine) any { return e.portfolios.Options().CheckpointEvery }},
	"portfolio.idle_timeout":       {"1m", time.Minute, func(e *Engine) any { return e.portfolios.Options().IdleTimeout }},
	"portfolio.max_open_orders":    {"3", 3, func(e *Engine) any { return e.portfolios.Options().MaxOpenOrders }},
	"portfolio.max_pending":        {"100", 100, func(e *Engine) any { return e.portfolios.Options().MaxPending }},
	"portfolio.opening_deposit":    {"5.5", "5.5", func(e *Engine) any { return e.portfolios.Options().OpeningDeposit }},
	"portfolio.rejections_per_day": {"8", 8, func(e *Engine) any { return e.portfolios.Options().RejectionsPerDay }},
	"portfolio.recover_events":     {"7", 7, func(e *Engine) any { return e.portfolios.Options().RecoverEvents }},
	"portfolio.sample_interval":    {"30s", 30 * time.Second, func(e *Engine) any { return e.portfolios.Options().SampleInterval }},
	"portfolio.update_byte_rate":   {"4096", 4096, func(e *Engine) any { return e.portfolios.Options().UpdateByteRate }},
	"portfolio.update_interval":    {"100ms", 100 * time.Millisecond, func(e *Engine) any { return e.portfolios.Options().UpdateInterval }},

	"server.drain_time":         {"0s", time.Duration(0), func(e *Engine) any { return e.running.Settings().Server.DrainTime }},
	"server.reconnect_spread":   {"1s", time.Second, func(e *Engine) any { return e.running.Settings().Server.ReconnectSpread }},
	"server.upgrade_drain_time": {"100ms", 100 * time.Millisecond, func(e *Engine) any { return e.running.Settings().Server.UpgradeDrainTime }},
	"server.upgrade_spread":     {"2s", 2 * time.Second, func(e *Engine) any { return e.running.Settings().Server.UpgradeSpread }},
	"server.upgrade_timeout":    {"20s", 20 * time.Second, func(e *Engine) any { return e.running.Settings().Server.UpgradeTimeout }},
	"server.shutdown_timeout":   {"9s", 9 * time.Second, func(e *Engine) any { return e.running.Settings().Server.ShutdownTimeout }},

	"session.outbox_bytes":        {"10000", 10_000, func(e *Engine) any { return e.sessions.Options().OutboxBytes }},
	"session.recovery_window":     {"1m", time.Minute, func(e *Engine) any { return e.sessions.Options().RecoveryWindow }},
	"session.slow_timeout":        {"10s", 10 * time.Second, func(e *Engine) any { return e.sessions.Options().SlowTimeout }},
	"session.symbols_per_request": {"5", 5, func(e *Engine) any { return e.sessions.Options().SymbolsPerRequest }},
	"session.symbols_per_socket":  {"6", 6, func(e *Engine) any { return e.sessions.Options().SymbolsPerSocket }},
}

// keepLogLevel gives the process its log level back at the end of the test.
func keepLogLevel(t *testing.T) {
	level := zerolog.GlobalLevel()
	t.Cleanup(func() { zerolog.SetGlobalLevel(level) })
}

func TestEveryLiveSettingReachesItsRoom(t *testing.T) {
	keepLogLevel(t)
	e := serve(t, func(s *config.Settings) { s.Server.DrainTime = time.Second })
	var live []string
	before := map[string]config.Setting{}
	for _, s := range ask(t, e, auth.Operator, http.MethodGet, "/api/operator/settings", nil).Settings {
		if before[s.Key] = s; s.Live {
			live = append(live, s.Key)
		}
		if s.Description == "" {
			t.Errorf("nothing says what %s means", s.Key)
		}
	}
	if listed := slices.Sorted(maps.Keys(liveSettings)); !slices.Equal(live, listed) {
		t.Fatalf("live settings are %q, tested are %q", live, listed)
	}
	for _, key := range live {
		s := liveSettings[key]
		if s.has(e) == s.want {
			t.Errorf("%s is %v already: the test would show nothing", key, s.want)
		}
		answer := patch(t, e, map[string]string{key: s.value})
		if answer.Status != http.StatusOK || !slices.Equal(answer.Changed, []config.Change{{Key: key, From: before[key].Value, To: s.value}}) {
			t.Errorf("%s: %+v", key, answer)
		}
		if got := s.has(e); got != s.want {
			t.Errorf("%s: its room has %v, want %v", key, got, s.want)
		}
	}
	for _, s := range e.running.Describe() {
		if was := before[s.Key]; s.Live && (s.Value != liveSettings[s.Key].value || s.Origin != "operator op") || !s.Live && s.Value != was.Value {
			t.Errorf("%+v", s)
		}
	}
}

func TestSettingsThatNeedARestartSaySo(t *testing.T) {
	e := serve(t, nil)
	for _, s := range e.running.Describe() {
		if s.Live {
			continue
		}
		answer := patch(t, e, map[string]string{s.Key: s.Value})
		if answer.Status != http.StatusUnprocessableEntity || len(answer.Errors) != 1 || answer.Errors[0].Key != s.Key ||
			!strings.Contains(answer.Errors[0].Message, "takes effect at a restart only: set it in the settings file or as ") {
			t.Errorf("%s: %+v", s.Key, answer)
		}
	}
}
