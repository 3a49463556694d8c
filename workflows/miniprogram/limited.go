package miniprogram

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/words"
	"miniflow/workflows/durable"
)

// What is online in the limited form is taken down by Alipay after 90 days without an ICP filing.
// People are warned when 30, 15 and 5 days are left, and at the end; Alipay is asked each
// schedules.filing meanwhile, and what ends the warnings is its word that the release is limited no more
// (registration_limit_release of baseinfo.query), another version online, or none.

// changeLimited names the change that watches limited releases. A mini program that began to be limited
// before is watched from its next run on.
const changeLimited = "mini-programs-limited"

// limit is what is known of a limited release.
type limit struct {
	// Since is when the version went online, which names the release that this is about.
	Since time.Time `json:"since"`
	// Warned is how many of the warnings have been given, and WarnedAt when the last was.
	Warned   int          `json:"warned,omitempty"`
	WarnedAt time.Time    `json:"warned_at,omitzero"`
	Filing   order.Filing `json:"filing,omitempty"`
}

// lifting is what runs for it in this run.
type lifting struct {
	// timer is the time until the next warning, and question the one about the limit, which rests at
	// first and after a refusal.
	timer, question durable.Pending
	due             time.Time
	resting         bool
	rested          bool
}

func (l *lifting) close() {
	l.timer.Close()
	l.question.Close()
	*l = lifting{}
}

// limited reports whether what users see is in the limited form, and this run knows of that.
func (m *entity) limited(ctx workflow.Context) bool {
	return m.Online != nil && m.Online.Limited && workflow.GetVersion(ctx, changeLimited, workflow.DefaultVersion, 1) >= 1
}

// watchLimit warns where that is due, and begins or ends what waits for the next warning and for the end
// of the limit.
func (m *entity) watchLimit(ctx workflow.Context) {
	if !m.limited(ctx) {
		if m.Limit != nil {
			m.Limit = nil
			m.lifting.close()
		}
		return
	}
	if m.Limit == nil || !m.Limit.Since.Equal(m.Online.Since) {
		m.lifting.close()
		m.Limit = &limit{Since: m.Online.Since}
	}
	m.warn(ctx)
	m.awaitWarning(ctx)
	m.askLimit(ctx)
}

// warn gives the warning that is due; of several that came due while no worker ran the last counts.
func (m *entity) warn(ctx workflow.Context) {
	moments, now, before := m.input.Schedules.LimitWarnings(m.Limit.Since), workflow.Now(ctx).UTC(), m.Limit.Warned
	for m.Limit.Warned < len(moments) && !moments[m.Limit.Warned].After(now) {
		m.Limit.Warned++
	}
	if m.Limit.Warned == before {
		return
	}
	m.Limit.WarnedAt = now
	days := order.DaysUntil(m.input.Schedules.LimitedUntil(m.Limit.Since), now)
	m.happened(ctx, change{}, order.MiniProgramEvent{Type: order.HappenedLimitedEnds, AppVersion: m.Online.AppVersion, DaysLeft: &days})
}

func (m *entity) awaitWarning(ctx workflow.Context) {
	moments := m.input.Schedules.LimitWarnings(m.Limit.Since)
	if m.Limit.Warned >= len(moments) {
		return
	}
	due := moments[m.Limit.Warned]
	if m.lifting.timer.Future != nil && m.lifting.due.Equal(due) {
		return
	}
	m.lifting.timer.Close()
	left := max(due.Sub(workflow.Now(ctx)), time.Millisecond)
	m.lifting.due, m.lifting.timer = due, durable.Waiting(ctx, left, m.say(words.New("do.await_limit")))
}

// askLimit asks whether the limit is lifted. First it rests: Alipay may need a moment to show it.
func (m *entity) askLimit(ctx workflow.Context) {
	l := &m.lifting
	if l.question.Future != nil || m.liveToken() == nil {
		return
	}
	schedules := m.input.Schedules
	if !l.rested {
		l.resting, l.question = true, durable.Waiting(ctx, schedules.Expect(order.WaitFiling), m.say(words.New("do.await_limit")))
		return
	}
	l.rested = false
	question := activities.LimitQuestion{
		AppID: m.input.AppID, MiniAppID: m.input.MiniAppID, Known: m.Limit.Filing,
		Pacing: activities.Pacing{Schedule: schedules.Filing, Again: schedules.Again},
	}
	l.question = durable.Asking(ctx, m.input.AppID, activities.AwaitFullRelease, question, m.say(words.New("do.ask_filing")))
}

// selectLimit has the entity hear of both.
func (m *entity) selectLimit(ctx workflow.Context, selector workflow.Selector) {
	if m.lifting.timer.Future != nil {
		selector.AddFuture(m.lifting.timer.Future, func(workflow.Future) { m.lifting.timer.Close() })
	}
	if m.lifting.question.Future != nil {
		selector.AddFuture(m.lifting.question.Future, func(future workflow.Future) { m.limitAnswered(ctx, future) })
	}
}

// limitAnswered takes Alipay's answer. A question that was refused is asked again after a rest.
func (m *entity) limitAnswered(ctx workflow.Context, future workflow.Future) {
	m.lifting.question.Close()
	if m.lifting.resting {
		m.lifting.resting, m.lifting.rested = false, true
		return
	}
	answer, err := durable.AnswerTo(ctx, activities.AwaitFullRelease, future)
	switch {
	case err != nil:
		workflow.GetLogger(ctx).Warn("whether a release is still limited was not answered", "error", err)
	case answer.Full:
		m.Online.Limited = false
		m.happened(ctx, change{}, order.MiniProgramEvent{Type: order.HappenedLimitLifted, AppVersion: m.Online.AppVersion})
	case m.Limit != nil && answer.Filing != "":
		m.Limit.Filing = answer.Filing
	}
}

// limitTrouble says whether a warning stands, and since when.
func (m *entity) limitTrouble() (order.Trouble, bool) {
	if m.Limit == nil || m.Limit.Warned == 0 {
		return order.Trouble{}, false
	}
	return order.Trouble{Since: m.Limit.WarnedAt, Code: order.CodeLimitedEnds, Until: m.input.Schedules.LimitedUntil(m.Limit.Since)}, true
}

// limitText says until when the release lasts.
func (m *entity) limitText() words.Text {
	return words.New("page.limited_until", m.input.Schedules.LimitedUntil(m.Limit.Since), m.Limit.Filing)
}
