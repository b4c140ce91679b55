package portfolio

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"outcry/actors/ledger"
)

// book is what a test's spans write.
type book struct{ lines []string }

func (b *book) span(name string) *page {
	return &page{book: b, name: name}
}

type page struct {
	book *book
	name string
}

func (p *page) Begin(part string) Span {
	p.book.lines = append(p.book.lines, "begin "+p.name+"/"+part)
	return p.book.span(p.name + "/" + part)
}

func (p *page) Note(key, value string) {
	p.book.lines = append(p.book.lines, p.name+" "+key+"="+value)
}

func (p *page) End(err error) {
	p.book.lines = append(p.book.lines, fmt.Sprint("end ", p.name, " ", err))
}

// oneNotice is an encoder to which only deposits are news.
type oneNotice struct{ Encoder }

func (oneNotice) Notices(e ledger.Event) int {
	if _, news := e.(ledger.Deposited); news {
		return 1
	}
	return 0
}

func TestBatchFollowsThoseOfItsCommandsThatAreFollowed(t *testing.T) {
	var log book
	b := &batch{}
	b.add(&RecordTrade{Trace: Follow(log.span("one"))}, ledger.Deposited{}, "1")
	b.add(&RecordTrade{}, ledger.Deposited{}, "2")
	b.add(&RecordTrade{Trace: Follow(log.span("silent"))}, ledger.OrderPlaced{}, "silent")
	b.add(&Execution{trace: Follow(log.span("fill"))}, ledger.Deposited{}, "3")
	b.beginAppend()
	b.endAppend(errors.New("full"))
	for range 2 { // two browsers
		for _, trace := range b.beginNotices(oneNotice{}) {
			trace.End(nil)
		}
	}
	want := []string{
		"begin one/journal.append", "begin silent/journal.append", "begin fill/journal.append",
		"end one/journal.append full", "end silent/journal.append full", "end fill/journal.append full", "end fill full",
		"begin one/session.notice", "begin fill/session.notice", "end one/session.notice <nil>", "end fill/session.notice <nil>",
		"begin one/session.notice", "begin fill/session.notice", "end one/session.notice <nil>", "end fill/session.notice <nil>",
	}
	if !slices.Equal(log.lines, want) {
		t.Errorf("got %q\nwant %q", log.lines, want)
	}
}

// followNothing is what a batch does for tracing while nobody follows.
func followNothing(b *batch, a *portfolioActor, m *RecordTrade) {
	trace := m.Trace.Begin(PartRecordTrade)
	trace.Note("key", "value")
	b.beginAppend()
	b.endAppend(nil)
	a.follow("order", trace)
	if b.beginNotices(oneNotice{}) != nil {
		panic("followed")
	}
	trace.End(nil)
}

func TestFollowingNothingAllocatesNothing(t *testing.T) {
	b, a, m := &batch{steps: []step{{command: &RecordTrade{}}, {command: &Execution{}}}}, &portfolioActor{}, &RecordTrade{}
	if n := testing.AllocsPerRun(100, func() { followNothing(b, a, m) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkFollowNothing(b *testing.B) {
	bt, a, m := &batch{steps: []step{{command: &RecordTrade{}}, {command: &Execution{}}}}, &portfolioActor{}, &RecordTrade{}
	b.ReportAllocs()
	for b.Loop() {
		followNothing(bt, a, m)
	}
}
