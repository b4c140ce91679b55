package badgerjournal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"time"

	"outcry/persistence"
)

// FormatVersion is that of the directory and of every value in it: a program reads
// and writes this one and no other.
const FormatVersion = 1

// Values begin with the format and a CRC-32C over the key they stand under and
// what follows, so that a value that is damaged or in the wrong place shows.
const valueHeadBytes = 5

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

var (
	errShort    = errors.New("too short")
	errFormat   = errors.New("of an unknown format")
	errChecksum = errors.New("not what was written: the checksum differs")
)

// seal returns the value body under key.
func seal(key, body []byte) []byte {
	value := make([]byte, valueHeadBytes, valueHeadBytes+len(body))
	value = append(value, body...)
	return sealInPlace(key, value)
}

// sealInPlace fills in the head of a value that has room for it.
func sealInPlace(key, value []byte) []byte {
	value[0] = FormatVersion
	binary.BigEndian.PutUint32(value[1:], checksum(key, value[valueHeadBytes:]))
	return value
}

func checksum(key, body []byte) uint32 {
	return crc32.Update(crc32.Checksum(key, castagnoli), castagnoli, body)
}

// unseal returns the body of a value that stands under key.
func unseal(key, value []byte) ([]byte, error) {
	switch {
	case len(value) < valueHeadBytes:
		return nil, errShort
	case value[0] != FormatVersion:
		return nil, errFormat
	}
	body := value[valueHeadBytes:]
	if binary.BigEndian.Uint32(value[1:]) != checksum(key, body) {
		return nil, errChecksum
	}
	return body, nil
}

// appendEvent appends the value of an event: the length of its key, the key, its data.
func appendEvent(dst, key []byte, e *persistence.Event) []byte {
	start := len(dst)
	dst = append(dst, make([]byte, valueHeadBytes)...)
	dst = binary.AppendUvarint(dst, uint64(len(e.Key)))
	dst = append(append(dst, e.Key...), e.Data...)
	sealInPlace(key, dst[start:])
	return dst
}

// parseEvent reads the value of the event under key. Its data is value's own.
func parseEvent(key, value []byte) (idempotency string, data []byte, err error) {
	name, data, err := splitEvent(key, value)
	return string(name), data, err
}

// splitEvent is parseEvent whose idempotency key is value's own, too.
func splitEvent(key, value []byte) (idempotency, data []byte, err error) {
	body, err := unseal(key, value)
	if err != nil {
		return nil, nil, err
	}
	n, width := binary.Uvarint(body)
	if width <= 0 || n > uint64(len(body)-width) {
		return nil, nil, errShort
	}
	body = body[width:]
	return body[:n], body[n:], nil
}

// parseVersion reads the value under an idempotency key.
func parseVersion(key, value []byte) (uint64, error) {
	body, err := unseal(key, value)
	if err != nil {
		return 0, err
	}
	return versionOf(body)
}

// sealVersion is the value under an idempotency key.
func sealVersion(key []byte, version uint64) []byte {
	value := make([]byte, valueHeadBytes, valueHeadBytes+versionBytes)
	return sealInPlace(key, binary.BigEndian.AppendUint64(value, version))
}

// sealCheckpoint is the value of a checkpoint.
func sealCheckpoint(key []byte, c persistence.Checkpoint) []byte {
	value := make([]byte, valueHeadBytes, valueHeadBytes+versionBytes+len(c.Data))
	value = binary.BigEndian.AppendUint64(value, c.Version)
	return sealInPlace(key, append(value, c.Data...))
}

func parseCheckpoint(key, value []byte) (persistence.Checkpoint, error) {
	body, err := unseal(key, value)
	if err != nil {
		return persistence.Checkpoint{}, err
	}
	if len(body) < versionBytes {
		return persistence.Checkpoint{}, errShort
	}
	return persistence.Checkpoint{Version: binary.BigEndian.Uint64(body), Data: body[versionBytes:]}, nil
}

// sealDocument is the value of a document: until when it is kept, Unix
// milliseconds, 0 for ever, and what it holds.
func sealDocument(key, content []byte, expires time.Time) []byte {
	value := make([]byte, valueHeadBytes, valueHeadBytes+versionBytes+len(content))
	var ms uint64
	if !expires.IsZero() {
		ms = uint64(expires.UnixMilli())
	}
	value = binary.BigEndian.AppendUint64(value, ms)
	return sealInPlace(key, append(value, content...))
}

func parseDocument(key, value []byte) (content []byte, expires time.Time, err error) {
	body, err := unseal(key, value)
	if err != nil {
		return nil, time.Time{}, err
	}
	if len(body) < versionBytes {
		return nil, time.Time{}, errShort
	}
	if ms := binary.BigEndian.Uint64(body); ms > 0 {
		expires = time.UnixMilli(int64(ms))
	}
	return body[versionBytes:], expires, nil
}

// corrupt is the error of a value that cannot be read.
func corrupt(what string, err error) error {
	return fmt.Errorf("%s: %w: %w", what, persistence.ErrCorrupt, err)
}
