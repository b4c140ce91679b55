package metrics

import "outcry/transport/operator"

// mailboxes are how much waits for actors. What waits for the journal is bytes, and
// so a metric of its own.
var mailboxes = []family{
	{"outcry_mailbox_depth", "Messages that wait: of sessions in the fullest mailbox of the last seconds, of the others together.", gauge, []string{"mailbox"},
		eachMailbox(func(m *operator.Mailbox) float64 { return float64(m.Depth) })},
	{"outcry_mailbox_highest_depth", "The most that ever waited.", gauge, []string{"mailbox"},
		eachMailbox(func(m *operator.Mailbox) float64 { return float64(m.Highest) })},
	{"outcry_mailbox_capacity", "How many may wait: the settings mailbox.capacity, portfolio.max_pending and market.max_pending_ticks.", gauge, []string{"mailbox"},
		eachMailbox(func(m *operator.Mailbox) float64 { return float64(m.Capacity) })},
	{"outcry_mailbox_overflows_total", "Messages that found no room: dropped for sessions, refused for portfolios; feeds of symbols had to wait.", counter, []string{"mailbox"},
		eachMailbox(func(m *operator.Mailbox) float64 { return float64(m.Overflows) })},
}

func eachMailbox(value func(*operator.Mailbox) float64) func(*Reading, *sayer) {
	return func(r *Reading, say *sayer) {
		for i := range r.Sample.Mailboxes {
			if m := &r.Sample.Mailboxes[i]; m.Unit != operator.UnitBytes {
				say.value(value(m), m.Name)
			}
		}
	}
}
