package persistence

import "fmt"

// CheckAppend reports which limit an append breaks, as an ErrInvalid.
func CheckAppend(a *Append) error {
	if err := checkName("stream", a.Stream, MaxStreamBytes); err != nil {
		return err
	}
	if n := len(a.Events); n == 0 || n > MaxAppendEvents {
		return fmt.Errorf("append to %s: %w: %d events: must be 1 to %d", a.Stream, ErrInvalid, n, MaxAppendEvents)
	}
	if a.Open > Closed {
		return fmt.Errorf("append to %s: %w: there is no change %d of an open mark", a.Stream, ErrInvalid, a.Open)
	}
	total := 0
	for i := range a.Events {
		e := &a.Events[i]
		if len(e.Key) > MaxKeyBytes {
			return fmt.Errorf("append to %s: %w: a key of %d bytes, at most %d are allowed", a.Stream, ErrInvalid, len(e.Key), MaxKeyBytes)
		}
		if len(e.Data) > MaxEventBytes {
			return fmt.Errorf("append to %s: %w: an event of %d bytes, at most %d are allowed", a.Stream, ErrInvalid, len(e.Data), MaxEventBytes)
		}
		total += len(e.Key) + len(e.Data)
	}
	if total > MaxAppendBytes {
		return fmt.Errorf("append to %s: %w: %d bytes at once, at most %d are allowed", a.Stream, ErrInvalid, total, MaxAppendBytes)
	}
	return checkKeys(a)
}

// checkKeys reports a key that occurs twice.
func checkKeys(a *Append) error {
	const few = 16 // below it, comparing all pairs costs less than a map
	if len(a.Events) <= few {
		for i := range a.Events {
			for j := range i {
				if key := a.Events[i].Key; key != "" && key == a.Events[j].Key {
					return errRepeated(a.Stream, key)
				}
			}
		}
		return nil
	}
	seen := make(map[string]struct{}, len(a.Events))
	for i := range a.Events {
		key := a.Events[i].Key
		if _, repeated := seen[key]; repeated && key != "" {
			return errRepeated(a.Stream, key)
		}
		seen[key] = struct{}{}
	}
	return nil
}

func errRepeated(stream, key string) error {
	return fmt.Errorf("append to %s: %w: the key %q occurs twice", stream, ErrInvalid, key)
}

// CheckCheckpoint reports which limit a checkpoint breaks, as an ErrInvalid.
func CheckCheckpoint(stream string, c *Checkpoint) error {
	if err := checkName("stream", stream, MaxStreamBytes); err != nil {
		return err
	}
	if len(c.Data) > MaxCheckpointBytes {
		return fmt.Errorf("checkpoint of %s: %w: %d bytes, at most %d are allowed", stream, ErrInvalid, len(c.Data), MaxCheckpointBytes)
	}
	return nil
}

// CheckDocuments reports which limit the documents of a Put break, as an ErrInvalid.
func CheckDocuments(documents []Document) error {
	if len(documents) > MaxPutDocuments {
		return fmt.Errorf("put: %w: %d documents at once, at most %d are allowed", ErrInvalid, len(documents), MaxPutDocuments)
	}
	total := 0
	for i := range documents {
		d := &documents[i]
		if err := checkName("document", d.Key, MaxKeyBytes); err != nil {
			return err
		}
		if len(d.Value) > MaxDocumentBytes || d.Lifetime < 0 {
			return fmt.Errorf("document %s: %w: %d bytes for %s, at most %d are allowed", d.Key, ErrInvalid, len(d.Value), d.Lifetime, MaxDocumentBytes)
		}
		total += len(d.Key) + len(d.Value)
	}
	if total > MaxPutBytes {
		return fmt.Errorf("put: %w: %d bytes at once, at most %d are allowed", ErrInvalid, total, MaxPutBytes)
	}
	return nil
}

func checkName(what, name string, limit int) error {
	if name == "" || len(name) > limit {
		return fmt.Errorf("%w: the name of a %s has %d bytes: must be 1 to %d", ErrInvalid, what, len(name), limit)
	}
	return nil
}
