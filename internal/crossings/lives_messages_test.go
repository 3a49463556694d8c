package crossings

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"miniflow/alipay"
	"miniflow/alipay/alipaysim"
	"miniflow/order"
)

// again is when a message comes once more.
type again struct {
	message int // the how-manieth that came first
	after   time.Duration
}

func (t *teller) repeats() []again {
	return rapid.SliceOfN(rapid.Custom(func(r *rapid.T) again {
		d := &teller{T: r}
		return again{message: rapid.IntRange(0, 9).Draw(r, "message"), after: d.moment("again after")}
	}), 1, 8).Draw(t.T, "repeats")
}

// repeated has messages come again as change has them.
func (d *told) repeated(repeats []again, change func(order.Notification, int) order.Notification) {
	came, copies := 0, 0
	d.transit = func(n order.Notification) {
		d.accept(n)
		for _, r := range repeats {
			if r.message == came {
				copies++
				copied := change(n, copies)
				d.e.in(r.after, func() {
					copied.ReceivedAt = d.e.now().UTC()
					d.accept(copied)
				})
			}
		}
		came++
	}
}

// once wants each message to have had one effect at most: those of the timeline by their ids.
func (t *teller) once(d *told) {
	applied := map[string]int{}
	for _, item := range d.view.Timeline {
		if item.Disposition == order.DispositionApplied {
			if applied[item.NotifyID]++; applied[item.NotifyID] > 1 {
				t.Fatalf("%s was applied twice\n%s", item.NotifyID, d.page())
			}
		}
	}
}

// oneEffectPerMessage: Alipay's sender repeats itself, and so does a network, for hours.
func oneEffectPerMessage(t *teller) {
	s := t.story(order.Kinds()...)
	plain := t.sound(t.life(s))
	s.rule.Pushes.Duplicate = rapid.IntRange(0, 7).Draw(t.T, "duplicates")
	d := t.life(s)
	d.repeated(t.repeats(), func(n order.Notification, _ int) order.Notification { return n })
	t.wantSame(t.sound(d), plain)
	t.once(d)
}

// oneEffectPerFact: the same content comes again under another id.
func oneEffectPerFact(t *teller) {
	s := t.story(order.Kinds()...)
	plain := t.sound(t.life(s))
	d := t.life(s)
	d.repeated(t.repeats(), func(n order.Notification, copies int) order.Notification {
		if n.NotifyID = fmt.Sprintf("copy-%02d", copies); isWaiting(n.Evidence) {
			n.NotifyID = fmt.Sprintf("waiting-%02d", copies)
		}
		return n
	})
	t.wantSame(t.sound(d), plain)
	for _, item := range d.view.Timeline {
		if strings.HasPrefix(item.NotifyID, "copy-") && item.Disposition == order.DispositionApplied {
			t.Fatalf("a fact that was known was applied again: %+v\n%s", item, d.page())
		}
	}
}

// isWaiting reports whether a message says that nothing has been decided: it is noted as often as it comes.
func isWaiting(e order.Evidence) bool {
	return e.MerchantStatus == "PROCESS" || e.RegisterStatus == "WAIT_CONFIRM"
}

// anyOrderOfAgreement: the merchant's yes and the authorisation overtake each other, and the answer
// to create.
func anyOrderOfAgreement(t *teller) {
	s := t.story(order.KindFormal, order.KindTrial)
	plain := t.sound(t.life(s))
	d := t.life(s)
	agreed, authorised := t.moment("agreement later by"), t.moment("authorisation later by")
	d.transit = func(n order.Notification) {
		switch {
		case n.Evidence.Token != nil:
			d.e.in(authorised, func() { d.accept(n) })
		case n.Evidence.MerchantStatus == "AGREED" || n.Evidence.RegisterStatus == "CREATE_MINI_APP_SUCCESS":
			d.e.in(agreed, func() { d.accept(n) })
		default:
			d.accept(n)
		}
	}
	t.wantSame(t.sound(d), plain)
	mini, known := d.atEnd.mini(), d.atEnd.order()
	if d.view.MiniAppID != mini.MiniAppID || d.view.OrderNo != known.OrderNo || d.view.Authorization != order.AuthorizationAuthorized {
		t.Fatalf("it knows %s %s %s, and Alipay has %+v %+v", d.view.MiniAppID, d.view.OrderNo, d.view.Authorization, mini, known)
	}
}

// noMessageChangesAnEnd: whatever comes for an order that has ended, only a question could correct it.
func noMessageChangesAnEnd(t *teller) {
	s := t.story(order.Kinds()...)
	s.rule.Merchant.Answer = rapid.SampledFrom([]string{"AGREED", "AGREED", "REJECTED", "TIMEOUT"}).Draw(t.T, "merchant")
	cancel := t.pick("cancelled at", 0, 0, 3*time.Minute, 45*time.Minute)
	late := rapid.SliceOfN(rapid.SampledFrom([]string{"AGREED", "REJECTED", "TIMEOUT", "passed", "rejected", "base_passed", "again"}), 1, 6).Draw(t.T, "late")
	d := t.life(s)
	if cancel > 0 {
		d.acts = []act{{at: cancel, what: "cancel"}}
	}
	before := ""
	calls := 0
	d.e.in(time.Minute, func() {
		d.whenOver(func() {
			d.see()
			ours, _ := d.log()
			before, calls = d.final(), len(effectsOf(ours))
			for i, what := range late {
				d.e.in(time.Duration(i+1)*20*time.Second, func() { d.comesLate(what, i) })
			}
		})
	})
	t.sound(d)
	if after := d.final(); before == "" || after != before {
		t.Fatalf("it had ended\n%s\nand is\n%s\n%s", before, after, &d.trace)
	}
	if d.view.Stage != order.StageCancelled && len(d.effects()) != calls {
		t.Fatalf("after its end it did %v\n%s", d.effects()[calls:], &d.trace)
	}
}

// final is everything that an end consists of.
func (d *told) final() string {
	v := d.view
	return fmt.Sprint(d.end(), v.Reason, v.FinishedAt, v.StageSince, v.MiniAppID, v.OrderNo, v.Sequence)
}

// comesLate has a message come for the order, verified and of Alipay's own making as far as anybody can tell.
func (d *told) comesLate(what string, i int) {
	n := order.Notification{
		NotificationKey: order.NotificationKey{AppID: appID, NotifyID: fmt.Sprintf("late-%02d", i), Digest: strings.Repeat(fmt.Sprint(i%10), 64)},
		Channel:         "http", SentAt: d.e.now(), ReceivedAt: d.e.now().UTC(),
	}
	v := d.view
	switch what {
	case "again":
		if len(d.accepted) == 0 {
			return
		}
		n = d.accepted[i%len(d.accepted)]
		n.NotifyID, n.ReceivedAt = fmt.Sprintf("late-%02d", i), d.e.now().UTC()
	case "AGREED", "REJECTED", "TIMEOUT":
		if d.kind == order.KindRelease {
			return
		}
		n.Name, n.OutOrderNo, n.OrderNo, n.Evidence.MerchantStatus = alipay.MessageMerchantConfirmed, outNo, v.OrderNo, what
	default:
		if v.MiniAppID == "" {
			return
		}
		n.Name, n.MiniAppID, n.AppVersion, n.Evidence.Verdict = "alipay.open.mini.version.audit."+what, v.MiniAppID, v.Version.AppVersion, order.Verdict(what)
	}
	d.accept(n)
}

// askingReachesTheSame: messages are accelerators. The one that has no question is the authorisation.
func askingReachesTheSame(t *teller) {
	s := t.story(order.Kinds()...)
	plain := t.sound(t.life(s))
	d := t.life(s)
	lost := rapid.SliceOfN(rapid.Bool(), 12, 12).Draw(t.T, "lost")
	came := 0
	d.transit = func(n order.Notification) {
		if n.Evidence.Token != nil || came >= len(lost) || !lost[came] {
			d.accept(n)
		}
		came++
	}
	t.wantSame(t.sound(d), plain)
}

// staleVerdictsMoveNothing: a version is rejected, corrected and submitted again; what Alipay said of
// the earlier attempt comes once more, under another id, when it is in audit again.
func staleVerdictsMoveNothing(t *teller) {
	s := t.story(order.Kinds()...)
	s.rule.Audits = slices.Insert(s.rule.Audits, 0, alipaysim.AuditRule{Result: "reject", After: t.simulated("rejected after", time.Second, time.Hour)})
	s.rule.Audits[len(s.rule.Audits)-1].After = alipaysim.Duration(3 * time.Hour)
	plain := t.sound(t.life(s))
	d := t.life(s)
	after := rapid.SliceOfN(rapid.SampledFrom([]time.Duration{0, time.Second, 90 * time.Second, time.Hour}), 1, 4).Draw(t.T, "late by")
	nameless := rapid.Bool().Draw(t.T, "without a version")
	d.stale(after, nameless)
	t.wantSame(t.sound(d), plain)
	if got, want := d.rejections(), plain.rejections(); got != want {
		t.Fatalf("it was rejected %d times, and Alipay rejected it %d times\n%s\n%s", got, want, &d.trace, d.page())
	}
}

// rejections counts how often the order came to be rejected.
func (d *told) rejections() int {
	n := 0
	for _, item := range d.view.Timeline {
		if item.Event == order.HappenedStageChanged && item.Stage == order.StageAuditRejected {
			n++
		}
	}
	return n
}

// stale has the verdict on the first attempt come again once the next is in audit.
func (d *told) stale(after []time.Duration, nameless bool) {
	rejected := 0
	answers := d.e.arrived
	var verdict *order.Notification
	d.transit = func(n order.Notification) {
		if n.Evidence.Verdict == order.VerdictRejected && verdict == nil {
			verdict = &n
		}
		d.accept(n)
	}
	d.e.arrived = func(id string, stage order.Stage, hold order.HoldKind) {
		answers(id, stage, hold)
		if stage == order.StageAuditRejected {
			rejected++
		}
		if stage != order.StageAuditing || rejected == 0 || verdict == nil {
			return
		}
		for i, after := range after {
			copied := *verdict
			copied.NotifyID = fmt.Sprintf("stale-%02d-%02d", rejected, i)
			if nameless {
				copied.AppVersion, copied.BundleID = "", ""
			}
			d.e.in(after, func() {
				copied.ReceivedAt = d.e.now().UTC()
				d.accept(copied)
			})
		}
	}
}
