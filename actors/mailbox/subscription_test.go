package mailbox

import (
	"fmt"
	"slices"
	"testing"
	"unsafe"

	"pgregory.net/rapid"

	"outcry/actors/conflation"
)

// TestEachWatcherIsFoundByWhatItWatches holds the numbers that subscriptions and
// their index refer to each other with to a model of who watches what.
func TestEachWatcherIsFoundByWhatItWatches(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorker(&Dispatcher{})
		slots := make([]*conflation.Slot, 5)
		for i := range slots {
			slots[i] = conflation.NewSlot(fmt.Sprint(i))
		}
		boxes := make([]*Mailbox, 4)
		for i := range boxes {
			boxes[i] = &Mailbox{runner: w}
		}
		model := make(map[*Mailbox][]tagged)
		t.Repeat(map[string]func(*rapid.T){
			"watch": func(t *rapid.T) {
				m := rapid.SampledFrom(boxes).Draw(t, "mailbox")
				tag := rapid.Uint8().Draw(t, "tag")
				before := m.Subscriptions().Len()
				more := rapid.SliceOfN(rapid.SampledFrom(slots), 0, 4).Draw(t, "slots")
				m.Watch(more)
				for i, slot := range more {
					m.Subscriptions().SetTag(before+i, tag)
					model[m] = append(model[m], tagged{slot, tag})
				}
			},
			"unwatch": func(t *rapid.T) {
				m := rapid.SampledFrom(boxes).Draw(t, "mailbox")
				if m.Subscriptions().Len() == 0 {
					t.Skip("it watches nothing")
				}
				i := rapid.IntRange(0, m.Subscriptions().Len()-1).Draw(t, "subscription")
				m.Unwatch(i)
				kept := model[m]
				kept[i] = kept[len(kept)-1]
				model[m] = kept[:len(kept)-1]
			},
			"publish": func(t *rapid.T) {
				slot := rapid.SampledFrom(slots).Draw(t, "slot")
				slot.Publish(&conflation.Frame{})
				checkDirty(t, w, slot, model)
			},
			"": func(t *rapid.T) { checkSubscriptions(t, w, slots, model) },
		})
	})
}

// tagged is a subscription of the model.
type tagged struct {
	slot *conflation.Slot
	tag  uint8
}

// checkSubscriptions compares what mailboxes watch, and that nobody listens to a
// slot that none of them does.
func checkSubscriptions(t *rapid.T, w *Worker, slots []*conflation.Slot, model map[*Mailbox][]tagged) {
	watched := make(map[*conflation.Slot]int)
	for m, want := range model {
		subscriptions := m.Subscriptions()
		var got []tagged
		for i := range subscriptions.Len() {
			got = append(got, tagged{subscriptions.Slot(i), subscriptions.Tag(i)})
			watched[subscriptions.Slot(i)]++
		}
		if !slices.Equal(got, want) {
			t.Fatalf("watches %v, want %v", got, want)
		}
	}
	for _, slot := range slots {
		if slot.Watched() != (watched[slot] > 0) {
			t.Fatalf("slot %s: listened to: %t, by %d subscriptions", slot.Symbol(), slot.Watched(), watched[slot])
		}
		if number, ok := w.numbers[slot]; ok && len(w.interests[number].watchers) != watched[slot] {
			t.Fatalf("slot %s: %d in the index, %d subscriptions", slot.Symbol(), len(w.interests[number].watchers), watched[slot])
		}
	}
}

// checkDirty flushes what was published: everybody who watches it is listed.
func checkDirty(t *rapid.T, w *Worker, slot *conflation.Slot, model map[*Mailbox][]tagged) {
	for _, i := range w.changes {
		i.queued.Store(false)
	}
	w.markDirty(w.changes)
	w.changes = nil
	for m, want := range model {
		watches := slices.ContainsFunc(want, func(s tagged) bool { return s.slot == slot })
		if watches && !m.dirty {
			t.Fatalf("a mailbox that watches %s is not flushed", slot.Symbol())
		}
		m.dirty = false
	}
	w.dirty = w.dirty[:0]
}

// TestASubscriptionIsSmall: an idle dashboard has twenty of both.
func TestASubscriptionIsSmall(t *testing.T) {
	if size := unsafe.Sizeof(subscription{}); size != 16 {
		t.Errorf("a subscription takes %d bytes, want 16", size)
	}
	if size := unsafe.Sizeof(watcher{}); size != 8 {
		t.Errorf("its entry in the index takes %d bytes, want 8", size)
	}
}
