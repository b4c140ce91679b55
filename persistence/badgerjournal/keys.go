package badgerjournal

import (
	"encoding/binary"
	"fmt"
)

// The first byte of a key says what it holds. docs/journal.md describes each.
const (
	kindEvent      = 'e' // stream, version: an event
	kindKey        = 'k' // stream, idempotency key: the version of its event
	kindStream     = 's' // stream: that it exists
	kindOpen       = 'o' // stream: its open mark
	kindCheckpoint = 'c' // stream: a checkpoint
	kindDocument   = 'd' // a document of the store
	kindMeta       = 'm' // about the journal itself
)

// versionBytes is the length of a version, big endian, so that keys sort by it.
const versionBytes = 8

// streamPrefix is the beginning of all keys of a kind of a stream. The name's
// length comes first, so that no stream's keys begin as another's.
func streamPrefix(dst []byte, kind byte, stream string) []byte {
	dst = binary.BigEndian.AppendUint16(append(dst, kind), uint16(len(stream)))
	return append(dst, stream...)
}

func eventKey(dst []byte, stream string, version uint64) []byte {
	return binary.BigEndian.AppendUint64(streamPrefix(dst, kindEvent, stream), version)
}

func idempotencyKey(dst []byte, stream, key string) []byte {
	return append(streamPrefix(dst, kindKey, stream), key...)
}

func plainKey(dst []byte, kind byte, name string) []byte { return append(append(dst, kind), name...) }

// splitKey takes a key of a stream apart: what follows the name is the version
// or the idempotency key.
func splitKey(key []byte) (stream string, rest []byte, err error) {
	const head = 3
	if len(key) < head {
		return "", nil, fmt.Errorf("key %x is too short", key)
	}
	n := int(binary.BigEndian.Uint16(key[1:]))
	if len(key) < head+n {
		return "", nil, fmt.Errorf("key %x is shorter than its stream's name", key)
	}
	return string(key[head : head+n]), key[head+n:], nil
}

// versionOf reads the version at the end of an event's key.
func versionOf(rest []byte) (uint64, error) {
	if len(rest) != versionBytes {
		return 0, fmt.Errorf("a version has %d bytes, not %d", versionBytes, len(rest))
	}
	return binary.BigEndian.Uint64(rest), nil
}

// describe says in words what stands under a key.
func describe(key []byte) string {
	if len(key) == 0 {
		return "an empty key"
	}
	switch key[0] {
	case kindStream:
		return fmt.Sprintf("the stream %q", key[1:])
	case kindOpen:
		return fmt.Sprintf("the open mark of %q", key[1:])
	case kindCheckpoint:
		return fmt.Sprintf("the checkpoint of %q", key[1:])
	case kindDocument:
		return fmt.Sprintf("document %q", key[1:])
	case kindMeta:
		return "the journal's format"
	}
	stream, rest, err := splitKey(key)
	if err != nil {
		return fmt.Sprintf("key %q", key)
	}
	if key[0] == kindKey {
		return fmt.Sprintf("idempotency key %q of %q", rest, stream)
	}
	version, err := versionOf(rest)
	if err != nil {
		return fmt.Sprintf("key %q", key)
	}
	return fmt.Sprintf("event %d of %q", version, stream)
}
