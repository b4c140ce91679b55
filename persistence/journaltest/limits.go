package journaltest

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"outcry/persistence"
)

// longName is a name of a length that no other number gives.
func longName(i, length int) string {
	number := fmt.Sprint(i)
	return number + strings.Repeat("x", length-len(number))
}

// share is a part of a total that n parts share, the last with what remains.
func share(total, n, i int) []byte {
	size := total / n
	if i == n-1 {
		size += total % n
	}
	return bytes.Repeat([]byte{'v'}, size)
}

// largestAppend has as many events and bytes as are allowed, with the longest keys.
func largestAppend() []persistence.Event {
	const n = persistence.MaxAppendEvents
	all := make([]persistence.Event, n)
	const data = persistence.MaxAppendBytes - n*persistence.MaxKeyBytes
	for i := range all {
		all[i] = persistence.Event{Key: longName(i, persistence.MaxKeyBytes), Data: share(data, n, i)}
	}
	return all
}

// largestPut has as many documents and bytes as are allowed, with the longest keys.
func largestPut() []persistence.Document {
	const n = persistence.MaxPutDocuments
	all := make([]persistence.Document, n)
	const values = persistence.MaxPutBytes - n*persistence.MaxKeyBytes
	for i := range all {
		all[i] = persistence.Document{Key: longName(i, persistence.MaxKeyBytes), Value: share(values, n, i)}
	}
	return all
}

func largestAppendIsStored(t *testing.T, k *kit) {
	stream := longName(0, persistence.MaxStreamBytes)
	all := largestAppend()
	k.mustAppend(t, stream, 0, all...)
	equal(t, "as many events as are allowed", k.read(t, stream, 0), texts(0, all...))
	large := make([]persistence.Event, persistence.MaxAppendBytes/persistence.MaxEventBytes)
	for i := range large {
		large[i].Data = bytes.Repeat([]byte{'d'}, persistence.MaxEventBytes)
	}
	k.mustAppend(t, stream, uint64(len(all)), large...)
	equal(t, "as large events as are allowed", k.read(t, stream, uint64(len(all))), texts(uint64(len(all)), large...))
	if err := k.append(t, stream, uint64(len(all)), all...); !errors.Is(err, persistence.ErrConflict) {
		t.Errorf("the largest append again: %v, want ErrConflict", err)
	}
}

func appendAboveTheLimitIsInvalid(t *testing.T, k *kit) {
	oneMoreByte := largestAppend()
	oneMoreByte[0].Data = append(oneMoreByte[0].Data, 'x')
	oneMoreEvent := make([]persistence.Event, persistence.MaxAppendEvents+1)
	for what, events := range map[string][]persistence.Event{"event": oneMoreEvent, "byte": oneMoreByte} {
		if err := k.append(t, "ann", 0, events...); !errors.Is(err, persistence.ErrInvalid) {
			t.Errorf("an append of one %s more than is allowed: %v, want ErrInvalid", what, err)
		}
	}
	equal(t, "streams", k.streams(t), nil)
	k.mustAppend(t, "ann", 0, event("a", "1"))
}

func largestPutIsStored(t *testing.T, k *kit) {
	all := largestPut()
	k.mustPut(t, all...)
	for _, d := range all {
		if value, err := k.Get(d.Key); err != nil || !bytes.Equal(value, d.Value) {
			t.Fatalf("document %.8s: %d bytes, %v", d.Key, len(value), err)
		}
	}
}

func putAboveTheLimitIsInvalid(t *testing.T, k *kit) {
	oneMoreByte := largestPut()
	oneMoreByte[0].Value = append(oneMoreByte[0].Value, 'x')
	oneMoreDocument := make([]persistence.Document, persistence.MaxPutDocuments+1)
	for i := range oneMoreDocument {
		oneMoreDocument[i].Key = fmt.Sprint(i)
	}
	for what, documents := range map[string][]persistence.Document{"document": oneMoreDocument, "byte": oneMoreByte} {
		if err := k.put(t, documents...); !errors.Is(err, persistence.ErrInvalid) {
			t.Errorf("a put of one %s more than is allowed: %v, want ErrInvalid", what, err)
		}
	}
	equal(t, "documents", k.scan(t, "", "\xff"), nil)
	k.mustPut(t, document("a", "1"))
}
