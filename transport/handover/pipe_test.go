package handover

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"
)

// connected are two ends that talk to each other.
func connected(t *testing.T) (a, b pipes) {
	t.Helper()
	var err error
	if b.from, a.to, err = os.Pipe(); err != nil {
		t.Fatal(err)
	}
	if a.from, b.to, err = os.Pipe(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.close(); b.close() })
	return a, b
}

func TestAMessageComesAsItWasSent(t *testing.T) {
	a, b := connected(t)
	long := strings.Repeat("a quote ", 1<<17) // more than a pipe holds
	for _, body := range []string{"", "x", long} {
		sent := make(chan error, 1)
		go func() { sent <- a.send(t.Context(), kindTake, body) }()
		var got string
		if err := b.receive(t.Context(), kindTake, &got); err != nil || got != body {
			t.Errorf("%d bytes came as %d: %v", len(body), len(got), err)
		}
		if err := <-sent; err != nil {
			t.Error(err)
		}
	}
}

func TestAFailureIsTheOtherOnesOwnWords(t *testing.T) {
	a, b := connected(t)
	if err := a.send(t.Context(), kindFailed, "server.listen: no"); err != nil {
		t.Fatal(err)
	}
	var failure *Failure
	if err := b.receive(t.Context(), kindPrepared, new(string)); !errors.As(err, &failure) || failure.Reason != "server.listen: no" {
		t.Errorf("%v", err)
	}
}

func TestWhatIsNotUnderstoodIsAnError(t *testing.T) {
	framed := func(text string) string {
		return string(binary.BigEndian.AppendUint32(nil, uint32(len(text)))) + text
	}
	for what, said := range map[string]string{
		"another program":    "hello, world",
		"no JSON":            framed("hello"),
		"another message":    framed(`{"kind":"serving","body":1}`),
		"another body":       framed(`{"kind":"prepared","body":{}}`),
		"a failure of what?": framed(`{"kind":"failed","body":{}}`),
		"too much":           "\xff\xff\xff\xff",
	} {
		a, b := connected(t)
		if _, err := a.to.WriteString(said); err != nil {
			t.Fatal(err)
		}
		if err := b.receive(t.Context(), kindPrepared, new(string)); !errors.Is(err, errForeign) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestWaitingEndsWithItsContextAndWithTheOtherEnd(t *testing.T) {
	a, b := connected(t)
	late := errors.New("too late")
	ctx, cancel := context.WithTimeoutCause(t.Context(), time.Millisecond, late)
	defer cancel()
	if err := b.receive(ctx, kindHello, new(string)); !errors.Is(err, late) {
		t.Errorf("%v", err)
	}
	if err := a.send(ctx, kindTake, strings.Repeat("x", 1<<20)); !errors.Is(err, late) { // nobody reads
		t.Errorf("%v", err)
	}
	a, b = connected(t)
	if _, err := a.to.WriteString("\x00\x00\x00\x05{"); err != nil {
		t.Fatal(err)
	}
	a.close()
	if err := withdrawn(b.receive(t.Context(), kindHello, new(string))); !errors.Is(err, ErrWithdrawn) {
		t.Errorf("%v", err)
	}
	if err := withdrawn(b.send(t.Context(), kindPrepared, 1)); !errors.Is(err, ErrWithdrawn) {
		t.Errorf("%v", err)
	}
}

func FuzzReadMessage(f *testing.F) {
	var good bytes.Buffer
	if err := writeMessage(&good, kindHello, map[string]int{"a": 1}); err != nil {
		f.Fatal(err)
	}
	f.Add(good.Bytes())
	f.Add([]byte("\x00\x00\x00\x02{}"))
	f.Add([]byte("\x3f\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := readMessage(bytes.NewReader(data))
		if err != nil {
			if !errors.Is(err, errForeign) && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%v", err)
			}
			return
		}
		if len(m.Body) > 0 && !json.Valid(m.Body) {
			t.Errorf("%q of %q", m.Body, data)
		}
	})
}
