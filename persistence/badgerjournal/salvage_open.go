package badgerjournal

// mendOpenMarks takes the marks of streams away of which nothing is left, and
// marks those that were cut: an event that is lost may have been what cleared the
// mark. A mark too many costs a look at its stream; one too few leaves work undone.
func (m *mender) mendOpenMarks() error {
	err := m.each(kindOpen, func(key, value []byte) error {
		if m.ends[string(key[1:])] == 0 {
			return m.batch.Delete(key)
		}
		if _, err := unseal(key, value); err != nil {
			return m.batch.Set(key, seal(key, nil))
		}
		return nil
	})
	for stream, end := range m.ends {
		if err == nil && end < m.known[stream] {
			key := plainKey(nil, kindOpen, stream)
			err = m.batch.Set(key, seal(key, nil))
		}
	}
	return err
}
