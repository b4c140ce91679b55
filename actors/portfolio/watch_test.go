package portfolio_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"outcry/actors/actortest"
	"outcry/actors/portfolio"
	"outcry/persistence"
)

func TestEveryTabGetsEveryNoticeOnceAndOthersNone(t *testing.T) {
	r := newRig(t, nil, nil)
	one, two := r.open(), r.open()
	stranger := &tab{}
	if err := r.Portfolios.Tell("bob", &portfolio.Watch{Watcher: stranger}); err != nil {
		t.Fatal(err)
	}
	r.record(bought("t1"))
	r.record(sold("t2"))
	want := []string{"executed t1 @2", "executed t2 @3.1", "closed AAPL @3"}
	for _, w := range []*tab{one, two} {
		r.eventually("the notices", func() bool { return len(w.seen()) >= len(want) })
		if diff := cmp.Diff(want, w.seen()); diff != "" {
			t.Error(diff)
		}
	}
	if len(stranger.seen()) != 0 {
		t.Errorf("a stranger got %v", stranger.seen())
	}
	r.tell(&portfolio.Unwatch{Watcher: two})
	r.record(bought("t3"))
	r.eventually("the notice", func() bool { return len(one.seen()) == 4 })
	if len(two.seen()) != 3 {
		t.Error("a tab that left got a notice")
	}
	if got := r.Portfolios.Stats().Notices; got != 4+3 {
		t.Errorf("%d notices are counted", got)
	}
}

// comeBack is a tab that saw everything up to an offset, and takes what it missed so
// many bytes at a time.
func (r *rig) comeBack(after portfolio.Offset, room int) *tab {
	r.t.Helper()
	w := &tab{}
	w.again = func(after portfolio.Offset) {
		_ = r.Portfolios.Tell(ann, &portfolio.Watch{Watcher: w, Resumed: true, After: after, Room: room}) // fails when the engine ends
	}
	w.again(after)
	return w
}

func (r *rig) resume(after portfolio.Offset) *tab {
	r.t.Helper()
	w := r.comeBack(after, 1<<20)
	r.eventually("a snapshot", func() bool { return len(w.shown()) > 0 })
	return w
}

func (r *rig) resumable(after portfolio.Offset) bool {
	r.t.Helper()
	c := make(chan bool, 1)
	r.tell(&portfolio.Resume{After: after, Done: func(ok bool) { c <- ok }})
	select {
	case ok := <-c:
		return ok
	case <-time.After(patience):
		r.t.Fatal("no answer")
		return false
	}
}

func TestResumedTabGetsExactlyWhatItMissed(t *testing.T) {
	journal := actortest.NewJournal(t)
	r := newRig(t, journal, nil)
	r.record(bought("t1"))
	r.record(sold("t2"))
	r.record(bought("t3"))
	r.Stop()
	r = newRig(t, journal, nil)
	all := []string{"executed t1 @2", "executed t2 @3.1", "closed AAPL @3", "executed t3 @4"}
	cases := map[portfolio.Offset][]string{
		{}:                     all,
		{Version: 1}:           all,
		{Version: 2}:           all[1:],
		{Version: 3, Index: 1}: all[2:],
		{Version: 3}:           all[3:],
		{Version: 4}:           nil,
	}
	told := 0
	for after, want := range cases {
		told += len(want)
		if !r.resumable(after) {
			t.Errorf("%s cannot be resumed", after)
		}
		w := r.resume(after)
		if diff := cmp.Diff(want, w.seen()); diff != "" {
			t.Errorf("after %s: %s", after, diff)
		}
		if got := w.shown()[0]; !strings.HasPrefix(got, "snapshot portfolio ann 4 ") {
			t.Error(got)
		}
	}
	if r.resumable(portfolio.Offset{Version: 5}) {
		t.Error("an offset beyond the journal was taken")
	}
	if got := r.Portfolios.Stats().Notices; got != uint64(told) {
		t.Errorf("%d notices are counted, %d were told", got, told)
	}
}

// TestWhatWasMissedComesInPiecesThatThereIsRoomFor: also what was traded meanwhile,
// each notice once and with the account as it is.
func TestWhatWasMissedComesInPiecesThatThereIsRoomFor(t *testing.T) {
	r := newRig(t, nil, nil)
	const missed, trades, room = 200, 400, 100
	want := make([]string, trades)
	for i := range want {
		want[i] = fmt.Sprintf("executed t%d @%d", i, i+2)
		if i < missed {
			r.record(bought(fmt.Sprint("t", i)))
		}
	}
	w := r.comeBack(portfolio.Offset{}, room)
	var under []chan answer[portfolio.TradeOutcome]
	for i := missed; i < trades; i++ {
		under = append(under, r.begin(bought(fmt.Sprint("t", i))))
	}
	for _, c := range under {
		if _, err := await(t, c); err != nil {
			t.Fatal(err)
		}
	}
	r.eventually("all notices", func() bool { return len(w.seen()) >= trades })
	if diff := cmp.Diff(want, w.seen()); diff != "" {
		t.Error(diff)
	}
	if longest := len("executed t100 @102\n"); w.longest == 0 || w.longest > room+longest {
		t.Errorf("%d bytes came together, there was room for %d and at most one notice more", w.longest, room)
	}
	if got := w.shown()[0]; !strings.HasPrefix(got, "snapshot portfolio ann ") {
		t.Errorf("while it catches up it is shown %q", got)
	}
	r.eventually("the account", func() bool {
		shown := w.shown()
		return strings.HasPrefix(strings.TrimPrefix(shown[len(shown)-1], "snapshot "), fmt.Sprintf("portfolio ann %d ", trades+1))
	})
}

// TestWhatWasMissedAndCannotBeReadIsTriedAgainInAMoment: at once it would be read
// without a pause for as long as that fails.
func TestWhatWasMissedAndCannotBeReadIsTriedAgainInAMoment(t *testing.T) {
	r := newRig(t, nil, nil)
	r.record(bought("t1"))
	r.Journal.FailReads(errors.New("the disk is away"))
	began := time.Now()
	w := r.comeBack(portfolio.Offset{}, 100)
	r.eventually("the tab to hear", func() bool { return w.timesLost() == 1 })
	if waited := time.Since(began); waited < time.Second {
		t.Errorf("told to try again after %s", waited)
	}
	if len(w.seen())+len(w.shown()) != 0 {
		t.Errorf("%v %v", w.seen(), w.shown())
	}
	r.Journal.FailReads(nil)
	w.again(portfolio.Offset{})
	r.eventually("the notice", func() bool { return len(w.seen()) == 1 })
}

func TestBrowserThatMissedTooMuchStartsAnew(t *testing.T) {
	r := newRig(t, nil, func(o *actortest.Options) { o.Portfolio.RecoverEvents = 3 })
	for i := range 5 {
		r.record(bought(fmt.Sprint("t", i)))
	}
	if r.resumable(portfolio.Offset{Version: 2}) || !r.resumable(portfolio.Offset{Version: 3}) {
		t.Error("the limit is 3 events")
	}
}

// TestTabThatComesAndGoesSeesEachNoticeOnce drops and resumes a tab at random
// places, also while trades are under way, over restarts of the engine.
func TestTabThatComesAndGoesSeesEachNoticeOnce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		journal := actortest.NewJournal(t)
		r := newRig(t, journal, nil)
		w := r.open()
		var seen, want []string
		var after portfolio.Offset
		var under []chan answer[portfolio.TradeOutcome]
		settle := func() {
			for _, c := range under {
				if _, err := await(t, c); err != nil {
					rt.Fatal(err)
				}
			}
			under = nil
		}
		part := func() { // what the tab has when it goes
			notices := w.seen()
			seen = append(seen, notices...)
			if len(notices) > 0 {
				_, offset, _ := strings.Cut(notices[len(notices)-1], "@")
				var err error
				if after, err = portfolio.ParseOffset(offset); err != nil {
					rt.Fatal(err)
				}
			}
		}
		trades := 0
		for range rapid.IntRange(1, 25).Draw(rt, "steps") {
			switch rapid.IntRange(0, 5).Draw(rt, "step") {
			case 0:
				part()
				r.tell(&portfolio.Unwatch{Watcher: w})
				w = r.comeBack(after, rapid.IntRange(1, 100).Draw(rt, "room"))
			case 1:
				settle()
				r.eventually("a snapshot", func() bool { return len(w.shown()) > 0 })
				part()
				r.Stop()
				r = newRig(t, journal, nil)
				w = r.resume(after)
			default:
				trades++
				trade := bought(fmt.Sprint("t", trades))
				if trades%2 == 0 {
					trade = sold(trade.ID)
					want = append(want, fmt.Sprintf("executed t%d @%d.1", trades, trades+1), fmt.Sprintf("closed AAPL @%d", trades+1))
				} else {
					want = append(want, fmt.Sprintf("executed t%d @%d", trades, trades+1))
				}
				under = append(under, r.begin(trade))
			}
		}
		settle()
		r.eventually("all notices", func() bool { return len(seen)+len(w.seen()) >= len(want) })
		if diff := cmp.Diff(want, append(seen, w.seen()...)); diff != "" {
			rt.Error(diff)
		}
		r.Stop()
	})
}

func TestPricesMoveTheValuationAtItsPaceAndTradesAtOnce(t *testing.T) {
	r := newRig(t, nil, func(o *actortest.Options) { o.Portfolio.UpdateInterval = 50 * time.Millisecond })
	r.record(bought("t1"))
	r.price("100")
	w := r.open()
	for i := range 200 {
		r.Tick(t, "AAPL", fmt.Sprint(101+i))
	}
	r.eventually("the last price", func() bool { return slices.Contains(w.shown(), "portfolio ann 2 102000") })
	if n := len(w.shown()); n > 100 {
		t.Errorf("%d updates for 200 ticks: nothing was coalesced", n)
	}
	n := len(w.shown())
	r.record(sold("t2"))
	r.eventually("the trade", func() bool { return len(w.shown()) > n })
	if got := w.shown()[len(w.shown())-1]; got != "portfolio ann 3 100100" {
		t.Error(got)
	}
}

func TestANewPaceOfValuationsHoldsForAccountsThatAreShown(t *testing.T) {
	r := newRig(t, nil, func(o *actortest.Options) { o.Portfolio.UpdateInterval = time.Minute })
	r.record(bought("t1"))
	r.price("100")
	w := r.open()
	r.price("120")
	n := len(w.shown())
	o := r.Portfolios.Options()
	o.UpdateInterval = 10 * time.Millisecond
	if err := r.Portfolios.Configure(o); err != nil {
		t.Fatal(err)
	}
	r.eventually("the new price", func() bool { return len(w.shown()) > n })
	if got := w.shown()[n]; got != "portfolio ann 2 100200" {
		t.Error(got)
	}
	o.UpdateInterval, o.MaxOpenOrders = 0, 7
	if err := r.Portfolios.Configure(o); err == nil || r.Portfolios.Options().MaxOpenOrders == 7 {
		t.Errorf("%v, and %+v", err, r.Portfolios.Options())
	}
}

func TestANewOpeningDepositIsForAccountsThatAreOpenedLater(t *testing.T) {
	r := newRig(t, nil, nil)
	if v := r.view(); v.Valuation.TotalValue.String() != "100000" {
		t.Fatalf("%+v", v.Valuation)
	}
	o := r.Portfolios.Options()
	o.OpeningDeposit = "500"
	if err := r.Portfolios.Configure(o); err != nil {
		t.Fatal(err)
	}
	if v := r.view(); v.Valuation.TotalValue.String() != "100000" {
		t.Errorf("an account that was open is worth %s", v.Valuation.TotalValue)
	}
	c, reply := replyTo[portfolio.Account]()
	if err := r.Portfolios.Tell("new", &portfolio.View{Reply: reply}); err != nil {
		t.Fatal(err)
	}
	if v, err := await(t, c); err != nil || v.Valuation.TotalValue.String() != "500" {
		t.Errorf("a new account is worth %s: %v", v.Valuation.TotalValue, err)
	}
}

func TestFailedAccountIsLoadedAgainAndItsTabsAreToldSo(t *testing.T) {
	r := newRig(t, nil, nil)
	r.record(bought("t1"))
	w := r.open()
	r.tell((*portfolio.View)(nil)) // its handler dereferences it
	r.eventually("the tab to hear", func() bool { return w.timesLost() == 1 })
	if v := r.view(); v.Version != 2 || v.Valuation.Trades != 1 {
		t.Errorf("%+v", v)
	}
}

// TestWhatWaitsBehindAMessageThatFailsIsAnswered, also while the account is loaded.
func TestWhatWaitsBehindAMessageThatFailsIsAnswered(t *testing.T) {
	r := newRig(t, nil, nil)
	for i := range 50 {
		user := fmt.Sprint("u", i)
		c, reply := replyTo[portfolio.TradeOutcome]()
		w := &tab{}
		for _, message := range []any{(*portfolio.View)(nil), &portfolio.RecordTrade{Trade: bought("t1"), Reply: reply}, &portfolio.Watch{Watcher: w}} {
			if err := r.Portfolios.Tell(user, message); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := await(t, c); err != nil && !errors.Is(err, persistence.ErrUnavailable) {
			t.Error(err)
		}
		r.eventually("the tab to hear", func() bool { return len(w.shown()) > 0 || w.timesLost() > 0 })
	}
}

// TestAnAccountThatFailsWhileItIsWrittenIsReadBehindThat: read before, the next
// trade would find its stream at another version, and the account fail again.
func TestAnAccountThatFailsWhileItIsWrittenIsReadBehindThat(t *testing.T) {
	r := newRig(t, nil, nil)
	r.record(bought("t1"))
	r.Journal.Hold()
	lost := r.begin(bought("t2"))
	for range 2 { // what came before the first is on its way when the second is answered
		r.view()
	}
	r.tell((*portfolio.View)(nil)) // its handler dereferences it
	if _, err := await(t, lost); !errors.Is(err, persistence.ErrUnavailable) {
		t.Fatalf("whoever waits for the trade is told %v", err)
	}
	next := r.begin(bought("t3"))
	r.Journal.Release()
	if outcome, err := await(t, next); err != nil || outcome.Version != 4 {
		t.Errorf("%+v %v", outcome, err)
	}
	if again := r.record(bought("t2")); !again.Duplicate || again.Version != 3 {
		t.Errorf("sent again it is %+v", again)
	}
	if v := r.view(); v.Version != 4 || v.Valuation.Trades != 3 || r.Dispatcher.Stats().Panics != 1 {
		t.Errorf("%+v after %d panics", v, r.Dispatcher.Stats().Panics)
	}
}

func TestOffsetsAreOrderedAndReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := portfolio.Offset{Version: rapid.Uint64Range(0, 1<<62).Draw(t, "version"), Index: rapid.IntRange(0, 200).Draw(t, "index")}
		got, err := portfolio.ParseOffset(o.String())
		if err != nil || got != o {
			t.Fatalf("%s became %+v: %v", o, got, err)
		}
	})
	for _, bad := range []string{"", "x", "-1", "1.", "1.0", "1.x", "1.2.3", "99999999999999999999", " 1"} {
		if o, err := portfolio.ParseOffset(bad); err == nil {
			t.Errorf("%q became %s", bad, o)
		}
	}
}

func FuzzParseOffset(f *testing.F) {
	for _, seed := range []string{"1", "17.1", "1.", "9223372036854775808", "1.256"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if o, err := portfolio.ParseOffset(s); err == nil {
			if again, err := portfolio.ParseOffset(o.String()); err != nil || again != o {
				t.Fatalf("%q became %s, then %s: %v", s, o, again, err)
			}
		}
	})
}

// An account that no price can change needs no memory while its browsers wait.
func TestWatchedAccountWithoutPositionsLeavesMemoryAndItsTabsStay(t *testing.T) {
	clock := actortest.NewClock(noon)
	r := newRig(t, nil, func(o *actortest.Options) { o.Now = clock.Now })
	one, two := r.open(), r.open()
	away := func() {
		t.Helper()
		clock.Advance(time.Minute)
		r.eventually("the account to leave", func() bool { return r.Portfolios.Stats().Loaded == 0 })
	}
	away()
	r.tell(&portfolio.Unwatch{Watcher: two})
	if r.Portfolios.Stats().Loaded != 0 {
		t.Error("a browser that left loaded the account")
	}
	r.record(bought("t1"))
	r.eventually("the notice", func() bool { return len(one.seen()) == 1 })
	clock.Advance(time.Minute)
	r.record(sold("t2")) // held a position: it stayed
	r.eventually("the notices", func() bool { return len(one.seen()) == 3 })
	away()
	three := r.open()
	r.record(bought("t3"))
	r.eventually("the notice", func() bool { return len(one.seen()) == 4 && len(three.seen()) == 1 })
	if len(two.seen()) != 0 || one.lost+two.lost+three.lost != 0 {
		t.Errorf("%v, lost %d %d %d", two.seen(), one.lost, two.lost, three.lost)
	}
}
