package workflows

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/words"
	"miniflow/workflows/durable"
)

// Where an order stands changes here alone: its stage by move, its hold by hold and
// unhold. Everything else only says what it has learned.

// move takes the order along the table, and nowhere else. It reports whether there was
// such a move: an answer can come when something else has moved the order already, and
// then it has nothing to say.
func (o *orderRun) move(ctx workflow.Context, on order.Event, note words.Text) bool {
	to, ok := order.Next(o.Stage, on)
	if !ok {
		workflow.GetLogger(ctx).Warn("a move that is not in the table was refused", "stage", o.Stage, "event", on)
		return false
	}
	if o.AskFirst == o.Stage && to != o.Stage { // the approval was wanted of this stage
		o.AskFirst = ""
	}
	o.Stage, o.StageSince, o.Visit, o.asleep = to, o.now(ctx), visit{}, nil
	if o.Act != nil { // a lost act's truth is what moved the order
		o.Pauses = o.Pauses.without(o.Act.Call)
		o.Act = nil
	}
	if o.Hold != nil && !o.authorizationMissing() { // a missing authorisation holds the next stage too
		o.unhold(ctx)
	}
	o.happened(ctx, order.TimelineItem{Event: order.HappenedStageChanged, Note: note})
	if to == order.StageAwaitingMerchant {
		o.askMerchant(ctx, order.TaskConfirm)
	}
	if to.Ended() {
		o.finish(ctx, note)
	}
	return true
}

// finish ends the order. What held it, or waited, has no meaning any more and would ask for a
// person.
func (o *orderRun) finish(ctx workflow.Context, note words.Text) {
	at := o.now(ctx)
	o.FinishedAt, o.Hold, o.Pauses, o.Queue = &at, nil, nil, nil
	if o.Reason.IsZero() && o.Stage != order.StageOnline {
		o.Reason = note
	}
	o.happened(ctx, order.TimelineItem{Event: order.HappenedFinished})
}

// A timeline keeps its beginning and its end; what lies between is folded into
// a count, so that an order's state stays bounded however long it lives.
const (
	keptFirst = 20
	keptLast  = 100
	maxActor  = 64
)

// happened puts one more thing on the timeline, from which people, the API and lists see that there
// is news.
func (o *orderRun) happened(ctx workflow.Context, item order.TimelineItem) {
	o.Sequence++
	item.Sequence, item.At, item.Stage = o.Sequence, o.now(ctx), o.Stage
	item.Note, item.Actor = order.CutWords(item.Note, 300), order.CutText(item.Actor, maxActor)
	o.Timeline = append(o.Timeline, item)
	if slices.Contains(order.ToldTypes(), item.Event) {
		o.ChangedAt = item.At
	}
	if len(o.Timeline) > keptFirst+keptLast {
		if o.LastFolded == nil {
			o.LastFolded = map[string]int{}
		}
		o.LastFolded[o.Timeline[keptFirst].Event] = o.Timeline[keptFirst].Sequence
		o.Timeline = append(o.Timeline[:keptFirst:keptFirst], o.Timeline[keptFirst+1:]...)
		o.Folded++
	}
	o.dirty = true
}

// hold stops the acting and keeps the place. The same hold again changes nothing, so that
// its time, by which the watchdog counts, stays that of its beginning.
func (o *orderRun) hold(ctx workflow.Context, kind order.HoldKind, code string, message words.Text, fields ...string) {
	message = order.CutWords(message, 1<<10)
	if o.Hold != nil && o.Hold.Kind == kind && o.Hold.Code == code && slices.Equal(o.Hold.Fields, fields) && !o.saysMore(message) {
		return
	}
	o.Hold = &order.Hold{
		Kind: kind, Since: o.now(ctx), Code: code, Message: message, Fields: append([]string{}, fields...),
	}
	o.Visit.HoldChanged = o.Hold.Since
	o.happened(ctx, order.TimelineItem{Event: order.HappenedAttentionNeeded, Hold: kind, Code: code, Note: words.Plain(fmt.Sprintf("%s %s", kind, code))})
	if task := o.Hold.MerchantTask(); task != "" && (task != order.TaskHandIn || o.reminds()) {
		o.askMerchant(ctx, task)
	}
}

// unhold ends the hold. The timeline says so, since somebody may have been asked to see to it.
func (o *orderRun) unhold(ctx workflow.Context) {
	if o.Hold == nil {
		return
	}
	ended := o.Hold.Kind
	o.Hold, o.Visit.HoldChanged = nil, o.now(ctx)
	o.happened(ctx, order.TimelineItem{Event: order.HappenedAttentionCleared, Hold: ended, Note: words.Plain(string(ended))})
}

func (o *orderRun) holdKind() order.HoldKind {
	if o.Hold == nil {
		return ""
	}
	return o.Hold.Kind
}

// stopped reports whether a hold stops the acting. A busy pipeline does not, nor a filing, since the
// call is tried again by itself; nor does a watchdog, which only asks for a person.
func (o *orderRun) stopped() bool {
	return o.Hold != nil && o.Hold.Code != watchdogCode &&
		o.Hold.Kind != order.HoldPipelineBusy && o.Hold.Kind != order.HoldAwaitingFiling
}

// refused does what the class of a refusal asks for. The classes are few and say who can
// do something about it; Alipay's codes, of which there are many, are sorted into them
// where they arrive.
func (o *orderRun) refused(ctx workflow.Context, call string, failure *activities.Failure) {
	class := failure.Class
	if class == activities.FailureAuthorization && (!o.Stage.NeedsAuthorization() || call == activities.CertifyTrial.Name) {
		class = activities.FailurePermanent // the call carried no token that could be in doubt
	}
	switch class {
	case activities.FailureWait:
		o.pause(ctx, call, failure)
		o.hold(ctx, order.HoldPipelineBusy, failure.Code, failure.Message, failure.Fields...)
	case activities.FailureFix:
		o.countRefusal(ctx, call, failure)
		o.hold(ctx, order.HoldNeedsInput, failure.Code, failure.Message, failure.Fields...)
	case activities.FailureAuthorization: // a token that is found valid and is refused all the same is not tried on and on
		o.pauseAfterRepeats(ctx, call, failure)
		o.doubtToken(ctx, failure)
	case activities.FailureUnknown:
		if o.pause(ctx, call, failure); o.Pauses.of(call).Times < maxTraceless {
			return
		}
		o.hold(ctx, order.HoldNeedsOperator, failure.Code, failure.Message, failure.Fields...)
	case activities.FailurePermanent, activities.FailureReset, activities.FailureObserving:
		o.countRefusal(ctx, call, failure)
		o.hold(ctx, order.HoldNeedsOperator, failure.Code, failure.Message, failure.Fields...)
	}
}

// watchdogCode is the code of the hold that a watchdog sets. It stops nothing, since Alipay may
// still be at work.
const watchdogCode = "STILL_WAITING"

// watch sets the watchdog. It watches one visit of a stage under one hold, or without one: what
// a hold has lasted is not counted against the stage, and what waits for a person is called to
// mind as well.
//
// One timer does for all: it is set anew only when something is due before it goes off, or when a
// long wait begins. One that goes off too early finds nothing to ask for, and is cheaper than one for
// each stage and hold; in a long wait it would wake, once for every order, a workflow that no worker
// keeps any more.
func (o *orderRun) watch(ctx workflow.Context) {
	if !o.sleeps {
		o.watchEachStage(ctx)
		return
	}
	due, roused := earlier(o.watchdogDue(), o.reminderDue()), o.Visit.Roused == o.watched()
	if due.IsZero() || o.watchdog.Future != nil && (roused || !due.Before(o.watchdogAt) && !o.wakesInVain(due)) {
		return
	}
	o.watchdog.Close()
	left := max(due.Sub(o.now(ctx)), time.Millisecond)
	if roused { // Alipay is being asked, which takes a moment, no matter what else comes meanwhile
		left = max(left, o.input.Schedules.AgreeFor.Std())
	}
	o.watchdogAt = o.now(ctx).Add(left)
	o.watchdog = durable.Waiting(ctx, left, o.say(words.New("do.watchdog")))
}

// wakesInVain reports whether the timer would wake an order that sleeps before anything is due.
func (o *orderRun) wakesInVain(due time.Time) bool {
	return o.asleep != nil && o.watchdogAt.Before(due)
}

// watchdogDue is when what is watched now has lasted too long; zero where nothing is watched.
func (o *orderRun) watchdogDue() time.Time {
	after, set := o.input.Schedules.Watchdogs[o.Stage]
	if !set || o.Visit.Escalated == o.watched() || o.Stage.Ended() || o.Queue != nil {
		return time.Time{}
	}
	since := o.Visit.HoldChanged
	if o.StageSince.After(since) {
		since = o.StageSince
	}
	return since.Add(after.Std())
}

// watched names what the watchdog watches now, so that it escalates once for each.
func (o *orderRun) watched() string {
	name := fmt.Sprint(o.Stage, o.StageSince.UnixNano())
	if o.Hold != nil {
		name += fmt.Sprint(o.Hold.Kind, o.Hold.Code, o.Hold.Since.UnixNano())
	} else if !o.Visit.HoldChanged.IsZero() {
		name += fmt.Sprint(o.Visit.HoldChanged.UnixNano())
	}
	return name
}

// escalate asks for a person, or reminds the merchant. It ends nothing: the order goes on listening
// and asking.
func (o *orderRun) escalate(ctx workflow.Context) {
	o.watchdog.Close()
	o.remind(ctx)
	if o.sleeps {
		if due := o.watchdogDue(); due.IsZero() || due.After(o.now(ctx)) || o.rouse() {
			return
		}
		if o.Observed { // whom to ask is the other system's to know
			o.Visit.HoldChanged = o.now(ctx)
			if o.asleep != nil { // else its question is asked on and on
				o.lookAgain()
			}
			return
		}
	}
	if o.Hold == nil {
		message := words.New("hold.overdue", o.Stage)
		if o.Act != nil {
			message = words.New("hold.no_answer", o.callName(o.Act.Call))
		}
		o.hold(ctx, order.HoldNeedsOperator, watchdogCode, message)
	} else {
		o.happened(ctx, order.TimelineItem{
			Event: order.HappenedAttentionNeeded,
			Note:  words.New("note.still_held", o.Hold.Kind, o.Hold.Code, o.Hold.Since),
		})
	}
	o.Visit.Escalated = o.watched()
}
