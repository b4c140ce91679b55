package badgerjournal

import "outcry/persistence"

// Append queues a. persistence.Journal.
func (j *Journal) Append(a persistence.Append) {
	const overhead = 128 // of an event in memory, about
	r := &request{append: &a, done: a.Done}
	for i := range a.Events {
		r.bytes += int64(len(a.Events[i].Key)+len(a.Events[i].Data)) + overhead
	}
	j.queue.push(r, persistence.CheckAppend(&a))
}

// SaveCheckpoint queues a checkpoint. persistence.Journal.
func (j *Journal) SaveCheckpoint(stream string, c persistence.Checkpoint, done func(error)) {
	r := &request{checkpoint: &checkpointRequest{stream, c}, done: orNothing(done), bytes: int64(len(c.Data))}
	j.queue.push(r, persistence.CheckCheckpoint(stream, &c))
}

// Put queues documents. persistence.Store.
func (j *Journal) Put(documents []persistence.Document, done func(error)) {
	r := &request{documents: documents, done: orNothing(done)}
	for i := range documents {
		r.bytes += int64(len(documents[i].Key) + len(documents[i].Value))
	}
	j.queue.push(r, persistence.CheckDocuments(documents))
}

func orNothing(done func(error)) func(error) {
	if done == nil {
		return func(error) {}
	}
	return done
}
