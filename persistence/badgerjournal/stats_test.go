package badgerjournal

import (
	"testing"
	"time"
)

func TestStatsHaveTheReserveInForce(t *testing.T) {
	j := open(t, t.TempDir(), time.Now)
	defer j.Close()
	o := smallOptions()
	o.ReserveBytes++
	if err := j.Configure(o); err != nil {
		t.Fatal(err)
	}
	if s := j.Stats(); s.ReserveBytes != o.ReserveBytes || s.FreeBytes <= 0 || s.Bytes <= 0 {
		t.Errorf("%+v", s)
	}
}

func TestStatsCountTheRequestsOfCommits(t *testing.T) {
	j := open(t, t.TempDir(), time.Now)
	defer j.Close()
	for i := range uint64(3) {
		if err := <-queueAppend(j, "ann", i, ""); err != nil {
			t.Fatal(err)
		}
	}
	s := j.Stats()
	if s.Commits != 3 || s.Requests != 3 || s.Took.Count != 3 || s.P50 <= 0 || s.P99 < s.P50 || s.Queued != 0 {
		t.Errorf("%+v", s)
	}
	if q := j.QueueStanding(); q.Bytes != 0 || q.Highest <= 0 || q.Limit != smallOptions().MaxQueueBytes || q.Refused != 0 {
		t.Errorf("%+v", q)
	}
}
