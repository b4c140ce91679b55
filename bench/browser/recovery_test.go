package browser

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// comeBack drops the connection and goes through the handshake again. It returns
// what the browser said.
func (s *stage) comeBack(t *testing.T, reply string) []string {
	t.Helper()
	s.Drop()
	s.rest = nil
	s.Dial(5000)
	s.Start(nil)
	if err := s.hear(bytes.Join([][]byte{s.switching(), text(openPacket), text(reply)}, nil)); err != nil {
		t.Fatal(err)
	}
	return s.said(t)
}

func TestBrowserThatIsRecoveredDoesNotSubscribeAgain(t *testing.T) {
	s := newStage(false)
	s.live(t)
	for _, packet := range []string{
		`42["trade:executed",{"id":"a","trade":{"id":"a"}},"17.1"]`,
		`42["trade:executed",{"id":"b"},"17"]`,
		`42["connected",{"message":"no offset"}]`, `42["bare"]`, `42["text","only \" text"]`,
	} {
		if err := s.hear(text(packet)); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{`40{"token":"a.b.c","pid":"p1","offset":"17"}`}
	if diff := cmp.Diff(want, s.comeBack(t, connectReply)); diff != "" {
		t.Errorf("the browser says (-want +got):\n%s", diff)
	}
	if !s.Recovered || s.Confirmed == 0 || s.Snapshot != 0 || s.Ready() {
		t.Errorf("recovered %v, %+v, want no snapshot yet", s.Recovered, s.Milestones)
	}
}

func TestBrowserThatIsNotRecoveredSubscribesAgain(t *testing.T) {
	s := newStage(false)
	s.live(t)
	said := s.comeBack(t, `40{"sid":"s2","pid":"p2"}`)
	if len(said) != 2 || said[0] != `40{"token":"a.b.c","pid":"p1"}` || said[1] != `42["subscribe:watchlist",{"symbols":["BX7Q2.0003","BX7Q2.0001","BX7Q2.0002"]}]` {
		t.Errorf("the browser says %q", said)
	}
	if s.Recovered {
		t.Error("recovered with another pid")
	}
	// A server that gives no pid recovers nobody, and is shown none.
	if said := s.comeBack(t, `40{"sid":"s3"}`); s.Recovered || said[0] != `40{"token":"a.b.c","pid":"p2"}` {
		t.Errorf("recovered %v, the browser says %q", s.Recovered, said)
	}
	if said := s.comeBack(t, `40{"sid":"s4"}`); s.Recovered || said[0] != `40{"token":"a.b.c"}` {
		t.Errorf("recovered %v, the browser says %q", s.Recovered, said)
	}
}

// The intake of a browser that comes back counts from its dial, and its shape
// does not depend on how long the numbers are.
func TestIntakeIsThatOfTheNewConnection(t *testing.T) {
	s := newStage(false)
	s.live(t)
	intakes := []Intake{}
	for _, price := range []string{"0.01", "0.10"} {
		s.comeBack(t, connectReply)
		for _, symbol := range []int{3, 1, 2} {
			if s.Ready() {
				t.Fatal("ready with a symbol missing")
			}
			if err := s.hear(text(quotePacket(symbol, price))); err != nil {
				t.Fatal(err)
			}
		}
		if !s.Ready() {
			t.Fatal("not ready")
		}
		held := s.Intake
		if err := s.hear(text(quotePacket(3, price))); err != nil || s.Intake != held {
			t.Errorf("%v: a quote after the snapshot is counted in: %+v", err, s.Intake)
		}
		intakes = append(intakes, s.Intake)
	}
	shape := int64(0)
	for _, symbol := range []int{3, 1, 2} {
		var i Intake
		i.take([]byte(wireQuote(testNames.Name(symbol), "12345.67") + "]"))
		shape += i.Shape
	}
	for _, got := range intakes {
		if got.Quotes != 3 || got.Shape != shape || got.Bytes < got.Shape {
			t.Errorf("%+v, want 3 quotes of %d bytes besides numbers", got, shape)
		}
	}
}

func TestShapeTellsOtherWordsApart(t *testing.T) {
	shape := func(quote string) int64 {
		var i Intake
		i.take([]byte(quote))
		return i.Shape
	}
	if shape(`{"a":1.5,"b":-20}`) != shape(`{"a":-123,"b":7    }`) {
		t.Error("numbers are told apart")
	}
	if shape(`{"a":1,"s":"live"}`) == shape(`{"a":1,"s":"quiet"}`) {
		t.Error("words are not told apart")
	}
}
