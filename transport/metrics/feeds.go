package metrics

import "outcry/actors/feed"

// feeds are where ticks come from, and what became of them.
var feeds = []family{
	{"outcry_feed_ticks_total", "Ticks that were accepted, by the name of their feed; of feeds beyond the first 32 names as other.", counter, []string{"source"}, func(r *Reading, say *sayer) {
		for name, counts := range r.Feeds.Names {
			say.value(float64(counts.Accepted), name)
		}
	}},
	{"outcry_feed_ticks_refused_total", "Ticks that were not, by what was wrong with them.", counter, []string{"source", "reason"}, func(r *Reading, say *sayer) {
		for name, counts := range r.Feeds.Names {
			for _, reason := range feed.Reasons() {
				say.value(float64(counts.Refused[reason]), name, reason)
			}
		}
	}},
	{"outcry_feed_ticks_late_total", "Accepted ticks that were older than the newest of their symbol.", counter, nil, one(func(r *Reading) float64 { return float64(r.Symbols.Late) })},
	{"outcry_feed_lag_seconds", "From a tick's own time to its receipt, of ticks that say one.", histogram, nil, func(r *Reading, say *sayer) {
		sayCounts(say, r.Sample.FeedLag)
	}},
	{"outcry_feed_sources", "Feeds that are connected.", gauge, []string{"state"}, func(r *Reading, say *sayer) {
		byState := map[string]int{string(feed.Live): 0, string(feed.Stale): 0}
		for _, source := range r.Sample.Feeds.Sources {
			byState[source.State]++
		}
		for state, n := range byState {
			say.value(float64(n), state)
		}
	}},
	{"outcry_feed_state", "1 for what all feeds together are: live, stale (connected and silent) or down.", gauge, []string{"state"}, func(r *Reading, say *sayer) {
		for _, state := range []feed.State{feed.Live, feed.Stale, feed.Down} {
			say.value(truth(string(state) == r.Sample.Feeds.State), string(state))
		}
	}},
	{"outcry_feed_silence_seconds", "Time since any feed was heard; 0 if none ever was.", gauge, nil, one(func(r *Reading) float64 { return float64(r.Sample.Feeds.SilenceMs) / 1000 })},
	{"outcry_symbols", "Symbols that ticked at least once.", gauge, nil, one(func(r *Reading) float64 { return float64(r.Symbols.Symbols) })},
}
