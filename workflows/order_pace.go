package workflows

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/words"
)

// Progress or pause: a step that changes nothing, or a call that is refused once
// more, never leads at once to the next. However Alipay answers, in codes that have
// a table or in ones that do not, an order's refused calls stay few. A loop of calls
// would use up the limit that all orders of an application share.
const (
	// maxTraceless is how often a call is made that Alipay answers with a doubt and
	// that leaves no trace: trouble passes, a contradiction does not.
	maxTraceless = 6
	// hourlyRefusals bounds an order's refused acts in any hour after its first, since refused
	// calls count against the application's limit too.
	hourlyRefusals = 8
	// maxIdle is how many steps in a row may change nothing before the story pauses: a loop would
	// fill the history within seconds.
	maxIdle = 3
)

// pause is what an order knows of a call that was refused: it is not made again before Next. It is
// carried, or each new run would try at once.
type pause struct {
	Call    string     `json:"call"`
	Code    string     `json:"code"`
	Message words.Text `json:"message,omitzero"`
	Times   int        `json:"times"`
	Next    time.Time  `json:"next"`
	Ask     bool       `json:"ask,omitempty"`
}

// pauses are those of an order's calls, in the order in which they were refused first. A list
// and not a map: state is written as JSON, and a replay has to go through it in one order.
type pauses []*pause

func (p pauses) of(call string) *pause {
	for _, one := range p {
		if one.Call == call {
			return one
		}
	}
	return nil
}

func (p pauses) without(call string) pauses {
	return slices.DeleteFunc(p, func(one *pause) bool { return one.Call == call })
}

func (o *orderRun) paused(ctx workflow.Context, call string) bool {
	waits := o.Pauses.of(call)
	return waits != nil && waits.Next.After(o.now(ctx))
}

// pause sets when a refused call may be made again. A busy pipeline has a schedule of its
// own, since it stays busy for as long as an audit takes; where Alipay's limit for the
// whole application is reached, the orders spread out.
func (o *orderRun) pause(ctx workflow.Context, call string, failure *activities.Failure) {
	schedule := o.input.Schedules.Again
	if failure.Class == activities.FailureWait {
		schedule = o.input.Schedules.Busy
	}
	times := o.countRefusal(ctx, call, failure)
	name := fmt.Sprint(o.input.Request.AppID, "/", o.input.Request.OutOrderNo, "/", call)
	delay := schedule.Delay(times)
	if failure.Tomorrow {
		delay = alipaysNextDay(o.now(ctx)).Sub(o.now(ctx)) + activities.Spread(name, afterMidnight)
	}
	if failure.Slow { // Alipay's limit on calls, which all orders share
		delay = max(delay, activities.BusyPause(name, times))
	}
	waits := o.Pauses.of(call)
	waits.Next = o.now(ctx).Add(delay)
	if free := o.nextFree(ctx); free.After(waits.Next) { // however short the pauses of single calls are
		waits.Next = free
	}
	o.dirty = true
}

// afterMidnight is how long after its midnight Alipay is asked again at the earliest, and half of how
// long at the latest, so that those who were refused on one day do not come back together.
const afterMidnight = 10 * time.Minute

// alipaysNextDay is when Alipay's next day begins: its counts are those of Beijing's days.
func alipaysNextDay(now time.Time) time.Time {
	const beijing = 8 * time.Hour
	return now.Add(beijing).Truncate(24 * time.Hour).Add(24*time.Hour - beijing)
}

// pauseAfterRepeats pauses a call that was refused a second time for the same. The first
// time it may be made again at once, because what it was refused for has been put right.
func (o *orderRun) pauseAfterRepeats(ctx workflow.Context, call string, failure *activities.Failure) {
	if known := o.Pauses.of(call); known != nil && known.Code == failure.Code {
		o.pause(ctx, call, failure)
		return
	}
	o.countRefusal(ctx, call, failure)
}

// countRefusal remembers a refusal, and returns how many there were in a row: pauses grow
// by that, and an answer ends the row.
func (o *orderRun) countRefusal(ctx workflow.Context, call string, failure *activities.Failure) int {
	waits := o.Pauses.of(call)
	if waits == nil {
		waits = &pause{Call: call}
		o.Pauses = append(o.Pauses, waits)
	}
	waits.Times++
	waits.Code, waits.Message, waits.Ask = failure.Code, order.CutWords(failure.Message, 300), failure.Ask
	o.Refusals = append(o.Refusals, o.now(ctx))
	if len(o.Refusals) > hourlyRefusals {
		o.Refusals = o.Refusals[1:]
	}
	return waits.Times
}

// nextFree returns when the order has an hour's refusals behind it. In its first hour an
// order may be refused more often, while people correct its input.
func (o *orderRun) nextFree(ctx workflow.Context) time.Time {
	const hour = time.Hour
	now := o.now(ctx)
	if len(o.Refusals) < hourlyRefusals || now.Sub(o.input.CreatedAt) < hour {
		return time.Time{}
	}
	return o.Refusals[0].Add(hour)
}

// tryNow ends every pause: a person wants it tried, and may know that its cause is gone.
func (o *orderRun) tryNow() {
	for _, one := range o.Pauses {
		one.Next = time.Time{}
	}
}

// resting is a call whose next try is awaited. People see it on the order's page.
type resting struct {
	call  string
	until time.Time
}

// rest listens until a call's next try, and shows meanwhile what is waited for, since a person can
// cut it short with retry.
func (o *orderRun) rest(ctx workflow.Context, call string, until time.Time) error {
	o.resting, o.dirty = resting{call, until}, true
	err := o.pursue(ctx, pursuit{until: until})
	o.resting, o.dirty = resting{}, true
	return err
}

// progress is all that a step can change. Two that are equal mean that nothing came of it.
type progress struct {
	stage                                                          order.Stage
	since                                                          time.Time
	hold, code, number, mini, orderNo, link                        string
	turn, audits, drops, outbox, certify                           int
	merchant                                                       order.MerchantStatus
	authorization                                                  order.Authorization
	certification                                                  order.Certification
	verdict                                                        order.Verdict
	act, lost, claimed, reserved, uploaded, rework, withdraw, asks bool
	visit                                                          visit
	tried                                                          experience
	trying                                                         bool
}

func (o *orderRun) progress() progress {
	p := progress{
		stage: o.Stage, since: o.StageSince, number: o.Version.AppVersion, mini: o.MiniAppID, orderNo: o.OrderNo, link: o.AuthorizeURL,
		turn: o.turn, audits: len(o.Audits), drops: len(o.Drop), outbox: len(o.Outbox), certify: len(o.Certify),
		merchant: o.Merchant, authorization: o.Authorization, certification: o.Certification,
		act: o.Act != nil, claimed: o.Claimed, reserved: o.Reserved, uploaded: o.Uploaded, rework: o.Rework != nil, withdraw: o.Withdraw,
		asks: o.AskFirst != "", visit: o.Visit,
	}
	if o.Act != nil {
		p.lost = !o.Act.Lost.IsZero()
	}
	if p.trying = o.Experience != nil; p.trying {
		p.tried = *o.Experience
	}
	if o.Hold != nil {
		p.hold, p.code = string(o.Hold.Kind), o.Hold.Code
	}
	if audit := o.lastAudit(); audit != nil {
		p.verdict = audit.Verdict
	}
	return p
}

// keepPace runs a step of the story, and pauses it when one after the other changes
// nothing. Every step is written to wait for something; this is for the one that is not.
func (o *orderRun) keepPace(ctx workflow.Context, step func(workflow.Context) error) error {
	before, began := o.progress(), o.now(ctx)
	if err := step(ctx); err != nil {
		return err
	}
	if o.progress() != before || o.now(ctx).After(began) {
		o.idle = 0
		return nil
	}
	if o.idle++; o.idle < maxIdle {
		return nil
	}
	workflow.GetLogger(ctx).Error("the story makes no progress and pauses", "stage", o.Stage)
	return o.pursue(ctx, pursuit{until: o.now(ctx).Add(o.input.Schedules.Again.Delay(o.idle))})
}
