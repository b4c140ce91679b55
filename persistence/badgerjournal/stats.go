package badgerjournal

import "outcry/persistence"

// Stats returns the counters. persistence.Storage.
func (j *Journal) Stats() persistence.Stats {
	s := persistence.Stats{
		CommitStats: j.commits.Stats(), Queued: j.queue.len(),
		Bytes: usedBytes(j.dir), ReserveBytes: j.Options().ReserveBytes, Restored: j.restored.Load(),
	}
	if state, err := statDisk(j.dir); err == nil {
		s.FreeBytes, s.Inodes, s.FreeInodes, s.ReserveInodes = state.free, state.inodes, state.freeInodes, ReserveFiles
	}
	return s
}

// QueueStanding returns how full the queue of the committer is. persistence.Storage.
func (j *Journal) QueueStanding() persistence.QueueStanding {
	q := j.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	return persistence.QueueStanding{Bytes: q.bytes, Highest: q.highest, Limit: q.maxBytes, Refused: q.refused}
}
