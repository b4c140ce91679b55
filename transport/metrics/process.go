package metrics

import "outcry/transport/httpapi"

// process is the engine itself. Memory and goroutines are among the
// metrics of the Go runtime and of the process, go_ and process_.
var process = []family{
	{"outcry_build_info", "1, with the version that runs.", gauge, []string{"version"}, func(r *Reading, say *sayer) { say.value(1, r.Version) }},
	{"outcry_draining", "1 once the engine has begun to stop.", gauge, nil, one(func(r *Reading) float64 { return truth(r.Sample.Draining) })},
	{"outcry_actor_failures_total", "Panics of actors, each of which cost the message it happened in.", counter, []string{"kind"}, eachKind(func(s *Supervised) uint64 { return s.Failures })},
	{"outcry_actor_restarts_total", "Those after which the actor was restarted.", counter, []string{"kind"}, eachKind(func(s *Supervised) uint64 { return s.Restarts })},
	{"outcry_descriptors_open", "Files and connections that the process has open. Absent where the system bounds none, and so are the limit and the reserve.", gauge, nil, ofDescriptors(func(d *httpapi.DescriptorsHealth) int { return d.Open })},
	{"outcry_descriptors_limit", "How many it may have open: its hard RLIMIT_NOFILE.", gauge, nil, ofDescriptors(func(d *httpapi.DescriptorsHealth) int { return d.Limit })},
	{"outcry_descriptors_reserve", "How many of those connections leave to the journal and the engine.", gauge, nil, ofDescriptors(func(d *httpapi.DescriptorsHealth) int { return d.Reserve })},
	{"outcry_certificate_expiry_timestamp_seconds", "When the TLS certificate ends, in Unix time; absent without TLS.", gauge, nil, func(r *Reading, say *sayer) {
		if !r.Certificate.IsZero() {
			say.value(float64(r.Certificate.Unix()))
		}
	}},
}

// ofDescriptors is the reading of what there is only where the system bounds them.
func ofDescriptors(value func(*httpapi.DescriptorsHealth) int) func(*Reading, *sayer) {
	return func(r *Reading, say *sayer) {
		if r.Descriptors != nil {
			say.value(float64(value(r.Descriptors)))
		}
	}
}

func eachKind(count func(*Supervised) uint64) func(*Reading, *sayer) {
	return func(r *Reading, say *sayer) {
		for i := range r.Supervised {
			say.value(float64(count(&r.Supervised[i])), r.Supervised[i].Kind)
		}
	}
}
