package crossings

import (
	"time"

	"pgregory.net/rapid"

	"miniflow/alipay/alipaysim"
	"miniflow/order"
)

// everyWaitEnds: an order leaves each wait soon after the message alone, soon after the question
// alone, and where neither ever brings anything a person is told in time.
func everyWaitEnds(t *teller) {
	switch rapid.SampledFrom([]string{"message", "question", "watchdog"}).Draw(t.T, "way") {
	case "message":
		messagesAlone(t)
	case "question":
		questionsAlone(t)
	default:
		watchdogAlone(t)
	}
}

// soon is within what an order needs to ask, be answered and move.
const soon = 2 * time.Minute

// messagesAlone: the Sweep finds nothing, so that what moves the order in time is the message.
func messagesAlone(t *teller) {
	s := t.story(order.KindFormal, order.KindTrial)
	s.rule.Merchant.After, s.rule.Audits[0].After = alipaysim.Duration(25*time.Minute), alipaysim.Duration(50*time.Minute)
	s.schedules.Confirm, s.schedules.Audit = order.Schedule{{Every: 20 * time.Hour}}, order.Schedule{{Every: 20 * time.Hour}}
	d := t.life(s)
	d.unheard = func(string) bool { return true }
	t.sound(d)
	t.leftWithin(d, map[order.Stage]time.Duration{
		order.StageAwaitingMerchant: 25*time.Minute + soon, order.StageAuditing: 3*time.Hour + soon,
	})
}

// questionsAlone: no message arrives but the authorisation.
func questionsAlone(t *teller) {
	s := t.story(order.Kinds()...)
	d := t.life(s)
	d.transit = func(n order.Notification) {
		if n.Evidence.Token != nil {
			d.accept(n)
		}
	}
	t.sound(d)
	const look = 3 * sweepEvery
	longest := time.Duration(0)
	for _, audit := range s.rule.Audits {
		longest = max(longest, time.Duration(audit.After))
	}
	t.leftWithin(d, map[order.Stage]time.Duration{
		order.StageAwaitingMerchant: time.Duration(s.rule.Merchant.After) + look,
		order.StageBuilding:         time.Duration(s.rule.Build.After) + soon,
		order.StageScanning:         time.Duration(s.rule.Scan.After) + 2*soon,
		order.StageAuditing:         longest + look,
		order.StageReleasing:        time.Duration(s.rule.AutoOnline.After) + look,
	})
}

// leftWithin wants each visit of a stage to have ended in time.
func (t *teller) leftWithin(d *told, within map[order.Stage]time.Duration) {
	var at order.Stage
	var since time.Time
	for _, item := range d.view.Timeline {
		if item.Event != order.HappenedStageChanged && item.Event != order.HappenedFinished || item.Stage == at {
			continue
		}
		if most, bound := within[at]; bound && item.At.Sub(since) > most {
			t.Fatalf("it was %s for %s, at most %s are due\n%s\n%s", at, item.At.Sub(since), most, &d.trace, d.page())
		}
		at, since = item.Stage, item.At
	}
}

// watchdogAlone: Alipay never comes to an end of something.
func watchdogAlone(t *teller) {
	s := t.story(order.KindFormal, order.KindTrial)
	const never = alipaysim.Duration(1000 * time.Hour)
	stage := rapid.SampledFrom([]order.Stage{
		order.StageAwaitingMerchant, order.StageAwaitingAuthorization, order.StageBuilding, order.StageScanning, order.StageAuditing, order.StageReleasing,
	}).Draw(t.T, "stands at")
	switch stage {
	case order.StageAwaitingMerchant:
		s.rule.Merchant.Answer = "none"
	case order.StageAwaitingAuthorization:
		s.rule.Authorize.Skip = true
	case order.StageBuilding:
		s.rule.Build.After = never
	case order.StageScanning:
		s.rule.Scan.After = never
	case order.StageAuditing:
		s.rule.Audits = []alipaysim.AuditRule{{Result: "none"}}
	default:
		online := true
		s.autoOnline, s.rule.AutoOnline.After = &online, never
		s.rule.Audits = []alipaysim.AuditRule{{Result: "pass", After: alipaysim.Duration(time.Minute)}}
	}
	s.chaos = 1000 * time.Hour
	d := t.life(s)
	within := time.Duration(s.schedules.Watchdogs[stage])
	d.e.in(within+2*time.Hour, func() {
		d.see()
		d.e.finish()
	})
	d.over(func() []broken { return nil })
	t.toldInTime(d, stage, within)
}

// toldInTime wants that a person was told of a stage that lasted too long.
func (t *teller) toldInTime(d *told, stage order.Stage, within time.Duration) {
	var since time.Time
	for _, item := range d.view.Timeline {
		switch {
		case item.Event == order.HappenedStageChanged && item.Stage == stage:
			since = item.At
		case item.Event == order.HappenedAttentionNeeded && item.Stage == stage && !since.IsZero() && item.At.Sub(since) <= within+soon:
			return
		}
	}
	t.Fatalf("it stands at %s, and nobody was told within %s\n%s\n%s", stage, within, &d.trace, d.page())
}
