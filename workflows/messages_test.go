package workflows_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"miniflow/alipay"
	"miniflow/alipay/gateway"
	"miniflow/order"
)

func TestTheSameMessageEightTimes(t *testing.T) {
	w := newWorld(t)
	w.platform.verdicts = reviewed
	w.at(time.Minute, agree)
	same := confirmed("AGREED")
	same.NotifyID = "same"
	for i := range 8 {
		w.send(2*time.Minute+time.Duration(i/2)*time.Second, same)
	}
	w.send(3*time.Minute, authorized("T1", w.env.Now()))
	view := w.run()
	received := 0
	for _, item := range view.Timeline {
		if item.NotifyID == "same" {
			received++
		}
	}
	if received != 1 || view.Stage != order.StageOnline {
		t.Errorf("the message shows %d times; the order ended %s", received, view.Stage)
	}
}

// TestAMessageThatCanNotBeReadWholePokesItsOrder: it names the order, so there is
// something to ask Alipay about; the next look would come much later.
func TestAMessageThatCanNotBeReadWholePokesItsOrder(t *testing.T) {
	w := newWorld(t)
	w.platform.verdicts = reviewed
	w.at(62*time.Minute, agree) // it looks each ten minutes by now
	w.send(63*time.Minute, order.Notification{Name: alipay.MessageMerchantConfirmed, OutOrderNo: outNo, Flaw: "member status: it holds characters that can't be read"})
	after := w.viewAt(63*time.Minute + 10*time.Second)
	w.send(4*time.Hour, authorized("T1", w.env.Now()))
	view := w.run()
	if after.Stage != order.StageAwaitingAuthorization {
		t.Errorf("the order did not ask: it is %s", after.Stage)
	}
	if got := dispositions(view)["n1"]; got != order.DispositionApplied {
		t.Errorf("it became %q", got)
	}
}

// TestWhatWasRepairedIsSaid where the message shows: nobody has to wonder about the
// odd characters.
func TestWhatWasRepairedIsSaid(t *testing.T) {
	w := newWorld(t)
	w.platform.verdicts = reviewed
	w.at(time.Minute, agree)
	n := confirmed("AGREED")
	n.Note = "a text has raw line breaks or tabs"
	w.send(2*time.Minute, n)
	w.send(4*time.Minute, authorized("T1", w.env.Now()))
	for _, item := range w.run().Timeline {
		if item.NotifyID == "n1" && !strings.Contains(item.Note.String(), n.Note) {
			t.Errorf("its place in the timeline says %q", item.Note)
		}
	}
	p := newPost(t)
	p.input.Notification.Note = n.Note
	if view, _ := p.runs(); !strings.Contains(view.Reason.String(), n.Note) {
		t.Errorf("the delivery says %q", view.Reason)
	}
}

func TestTheSameFactUnderTwoIDs(t *testing.T) {
	w := newWorld(t)
	w.platform.verdicts = reviewed
	w.at(time.Minute, agree)
	w.send(2*time.Minute, confirmed("AGREED"))
	w.send(3*time.Minute, confirmed("AGREED"))
	w.send(4*time.Minute, authorized("T1", w.env.Now()))
	got := dispositions(w.run())
	if got["n1"] != order.DispositionApplied || got["n2"] != order.DispositionDuplicate {
		t.Errorf("dispositions %v", got)
	}
}

func TestTheSameIDWithOtherContentIsAConflict(t *testing.T) {
	w := newWorld(t)
	w.platform.verdicts = reviewed
	w.at(time.Minute, agree)
	first, other := confirmed("AGREED"), confirmed("REJECTED")
	first.NotifyID, other.NotifyID = "x", "x"
	first.Digest, other.Digest = "aa", "bb"
	w.send(2*time.Minute, first)
	w.send(3*time.Minute, other)
	w.send(4*time.Minute, authorized("T1", w.env.Now()))
	view := w.run()
	if view.Stage != order.StageOnline {
		t.Errorf("ended %s", view.Stage)
	}
	if len(w.deliveries) != 1 || w.deliveries[0].Disposition != order.DispositionConflict || w.deliveries[0].Notification.Digest != "bb" {
		t.Errorf("deliveries %+v", w.deliveries)
	}
}

// TestAMessageThatAlipayContradictsIsStale: Alipay's query rules.
func TestAMessageThatAlipayContradictsIsStale(t *testing.T) {
	w := newWorld(t)
	w.platform.verdicts = reviewed
	w.send(time.Minute, confirmed("REJECTED"))
	w.at(10*time.Minute, agree)
	w.send(20*time.Minute, authorized("T1", w.env.Now()))
	w.send(30*time.Minute, audited(order.VerdictRejected))
	w.send(31*time.Minute, confirmed("TIMEOUT"))
	view := w.run()
	if view.Stage != order.StageOnline {
		t.Errorf("ended %s", view.Stage)
	}
	for _, id := range []string{"n1", "n3", "n4"} {
		if got := dispositions(view)[id]; got != order.DispositionStale {
			t.Errorf("%s became %q", id, got)
		}
	}
}

// TestAVerdictIsBelievedWhileAlipayCanNotBeAsked, and stays unconfirmed until it can.
func TestAVerdictIsBelievedWhileAlipayCanNotBeAsked(t *testing.T) {
	w := newWorld(t)
	w.platform.verdicts = []verdict{{status: gateway.VersionAuditReject, after: time.Hour}, {status: gateway.VersionWaitRelease, after: time.Hour}}
	began := w.env.Now()
	w.at(time.Minute, agree)
	w.send(2*time.Minute, authorized("T1", began))
	w.at(20*time.Minute, func(p *platform) { p.token = "" })
	w.send(20*time.Minute, revoked("T1"))
	w.send(2*time.Hour, audited(order.VerdictRejected, order.Reason{Part: "all", Memo: "类目不符"}))
	during := w.viewAt(3 * time.Hour)
	w.at(4*time.Hour, func(p *platform) { p.token = "T2" })
	w.send(4*time.Hour, authorized("T2", began.Add(4*time.Hour)))
	after := w.viewAt(5 * time.Hour)
	w.command(6*time.Hour, order.CommandResubmit, order.Instruction{Submission: &order.Submission{}})
	w.run()
	if during.Stage != order.StageAuditRejected || !during.Audits[0].Unconfirmed || during.Audits[0].Reasons[0].Memo != "类目不符" {
		t.Errorf("during: %s %+v", during.Stage, during.Audits)
	}
	if after.Stage != order.StageAuditRejected || len(after.Audits) != 1 {
		t.Errorf("after: %s %+v", after.Stage, after.Audits)
	}
}

// story is an order's whole set of messages: what moves it, what is noise, what is late.
func story(began time.Time) []order.Notification {
	return []order.Notification{
		confirmed("PROCESS"), confirmed("AGREED"), authorized("T1", began), audited(order.VerdictPassed), revoked("T0"), confirmed("AGREED"),
	}
}

// TestEveryPermutation: whatever the order in which the messages come, the end
// is the same, each has one final disposition, and Alipay saw each effect once.
func TestEveryPermutation(t *testing.T) {
	var arrivals [][]int
	permute([]int{0, 1, 2, 3, 4, 5}, func(arrival []int) { arrivals = append(arrivals, slices.Clone(arrival)) })
	if len(arrivals) != 720 {
		t.Errorf("there are %d permutations", len(arrivals))
	}
	if underRace {
		rand.Shuffle(len(arrivals), func(i, j int) { arrivals[i], arrivals[j] = arrivals[j], arrivals[i] })
		arrivals = arrivals[:len(arrivals)/sampleUnderRace]
	}
	for some := range slices.Chunk(arrivals, 120) {
		t.Run(fmt.Sprint("from ", some[0]), func(t *testing.T) {
			t.Parallel()
			for _, arrival := range some {
				w := newWorld(t)
				w.platform.verdicts = []verdict{{status: gateway.VersionWaitRelease, after: 2 * time.Minute}}
				w.at(30*time.Second, agree)
				messages := story(w.env.Now())
				for slot, which := range arrival {
					messages[which].NotifyID = fmt.Sprintf("m%d", which)
					w.send(time.Duration(slot+1)*time.Minute, messages[which])
				}
				w.sameEnd(t, arrival)
			}
		})
	}
}

// sameEnd checks what no order of arrival may change.
func (w *world) sameEnd(t testing.TB, arrival any) {
	t.Helper()
	view := w.run()
	if view.Stage != order.StageOnline {
		t.Errorf("%v ended %s", arrival, view.Stage)
	}
	if err := w.platform.once("create", "upload", "apply", "online"); err != nil {
		t.Errorf("%v: %v", arrival, err)
	}
	times := map[string]int{}
	for _, item := range view.Timeline {
		if item.NotifyID != "" {
			times[item.NotifyID]++
			if !item.Disposition.Final() {
				t.Errorf("%v: %s is still %q", arrival, item.NotifyID, item.Disposition)
			}
		}
	}
	for id, n := range times {
		if n != 1 {
			t.Errorf("%v: %s has %d dispositions", arrival, id, n)
		}
	}
}

func permute(items []int, visit func([]int)) {
	var walk func(int)
	walk = func(k int) {
		if k == len(items) {
			visit(items)
			return
		}
		for i := k; i < len(items); i++ {
			items[k], items[i] = items[i], items[k]
			walk(k + 1)
			items[k], items[i] = items[i], items[k]
		}
	}
	walk(0)
}

// TestAnySequence draws sequences with duplicates, losses and shuffles. The one
// message that can't be lost is the token, which no query returns.
func TestAnySequence(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(rt)
		rejected := rapid.Bool().Draw(rt, "rejected first")
		w.platform.verdicts = []verdict{{status: gateway.VersionWaitRelease, after: 10 * time.Minute}}
		if rejected {
			w.platform.verdicts = append([]verdict{{status: gateway.VersionAuditReject, after: 10 * time.Minute}}, w.platform.verdicts...)
			w.command(48*time.Hour, order.CommandResubmit, order.Instruction{Submission: &order.Submission{}})
		}
		w.platform.token = "T1" // Alipay gives a token before it tells of it
		w.at(time.Duration(rapid.IntRange(1, 600).Draw(rt, "agreed after"))*time.Second, agree)
		messages := append(story(w.env.Now()), audited(order.VerdictRejected), audited(order.VerdictBasePassed), confirmed("REJECTED"))
		for i, message := range messages {
			message.NotifyID = fmt.Sprintf("m%d", i)
			copies := rapid.IntRange(0, 3).Draw(rt, "copies")
			if message.Evidence.Token != nil {
				copies = max(copies, 1)
			}
			for range copies {
				w.send(time.Duration(rapid.IntRange(1, 7200).Draw(rt, "at"))*time.Second, message)
			}
		}
		applies := 1
		if rejected {
			applies = 2
		}
		w.sameEndAfter(rt, applies)
	})
}

func (w *world) sameEndAfter(rt *rapid.T, applies int) {
	view := w.run()
	if view.Stage != order.StageOnline {
		rt.Errorf("ended %s", view.Stage)
	}
	if err := w.platform.once("create", "upload", "online"); err != nil {
		rt.Error(err)
	}
	if w.platform.effects["apply"] != applies {
		rt.Errorf("submitted %d times, want %d", w.platform.effects["apply"], applies)
	}
	for id, d := range dispositions(view) {
		if !d.Final() {
			rt.Errorf("%s is still %q", id, d)
		}
	}
}

// TestAFloodOfDuplicates keeps the state small and the order moving.
func TestAFloodOfDuplicates(t *testing.T) {
	w := newWorld(t)
	w.platform.verdicts = reviewed
	w.at(time.Minute, agree)
	random := rand.New(rand.NewPCG(1, 2))
	for range 800 { // the test environment queues no more than a thousand callbacks
		same := confirmed("AGREED")
		same.NotifyID = "flood"
		w.send(2*time.Minute+time.Duration(random.IntN(1000))*time.Millisecond, same)
	}
	w.send(4*time.Minute, authorized("T1", w.env.Now()))
	view := w.run()
	if view.Stage != order.StageOnline || len(view.Timeline) > 150 {
		t.Errorf("ended %s with %d items", view.Stage, len(view.Timeline))
	}
}
