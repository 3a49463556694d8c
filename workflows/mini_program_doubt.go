package workflows

import (
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
)

// tokenDoubt is a question about the token that is kept, from when it arose until
// Alipay has answered it. Alipay may refuse the question for reasons of ours (a list
// of addresses, permissions, a key): that is no answer, and it is asked again.
type tokenDoubt struct {
	Fingerprint string    `json:"fingerprint"`
	Since       time.Time `json:"since"`
	// Refused is the code with which an order's call was refused; until the doubt is
	// settled the order does not act. Empty when no call was.
	Refused string `json:"refused,omitempty"`
	// Lift lets a valid token be tried again: a person wants it, or its penalty may be over.
	Lift bool `json:"lift,omitempty"`
	// Revocations are the messages whose disposition waits for the answer, by their ids.
	Revocations []string `json:"revocations,omitempty"`

	// Asked counts the questions that Alipay refused, Code is why it did at last, and
	// NextTry is when it is asked again.
	Asked   int       `json:"asked,omitempty"`
	Code    string    `json:"code,omitempty"`
	NextTry time.Time `json:"next_try,omitzero"`
}

// question is what runs for the doubt: the question itself, or the pause before the next.
type question struct {
	pending
	// about is the token that is asked about; empty during a pause.
	about string
}

// retryDoubt is the code of a doubt that a person's retry raised: a valid token is tried again.
const retryDoubt = "RETRY"

// doubted : an order's call was refused. Alipay says whether the token is dead,
// or valid and refused all the same, which is a penalty on the mini program.
func (m *miniProgramRun) doubted(ctx workflow.Context, doubt order.Doubt) {
	live, known := m.liveToken(), slices.Contains(m.orders(), doubt.OutOrderNo)
	if !known {
		// Whoever calls has claimed. The entity that it claimed was terminated, and a message has begun this one.
		m.claimed(ctx, order.Claim{OutOrderNo: doubt.OutOrderNo})
	}
	asks := live != nil && doubt.OutOrderNo == m.InCharge
	switch {
	case asks && doubt.Code == retryDoubt:
		m.doubt(ctx).Lift = true
		if m.question.about == "" { // whoever retries wants to know now
			m.Doubt.NextTry = time.Time{}
			m.stopAsking()
		}
	case asks && doubt.Fingerprint == live.Fingerprint:
		m.doubt(ctx).Refused = doubt.Code
	case known: // the token that was refused is dead, or another has come since
		m.tellAll(ctx, []string{doubt.OutOrderNo})
	}
}

// doubt is the doubt about the token that is kept, which begins here unless there is one.
func (m *miniProgramRun) doubt(ctx workflow.Context) *tokenDoubt {
	if m.Doubt == nil {
		m.Doubt = &tokenDoubt{Fingerprint: m.Token.Fingerprint, Since: workflow.Now(ctx).UTC()}
	}
	return m.Doubt
}

// settleDoubt ends the doubt; the messages that waited for it get their disposition.
func (m *miniProgramRun) settleDoubt(disposition order.Disposition) {
	if m.Doubt == nil {
		return
	}
	for _, id := range m.Doubt.Revocations {
		m.Seen.settle(id, disposition)
	}
	m.Doubt = nil
}

// watchDoubt asks Alipay about the token while the entity goes on listening.
func (m *miniProgramRun) watchDoubt(ctx workflow.Context) {
	if m.Doubt == nil || (m.question.about != "" && m.question.about != m.Doubt.Fingerprint) {
		m.stopAsking()
	}
	if m.Doubt == nil || m.question.future != nil {
		return
	}
	if pause := m.Doubt.NextTry.Sub(workflow.Now(ctx)); pause > 0 {
		ctx, cancel := workflow.WithCancel(ctx)
		m.question.pending = pending{cancel: cancel, future: workflow.NewTimerWithOptions(ctx, pause, workflow.TimerOptions{
			Summary: "asks again whether the token is valid: Alipay refused to say (" + m.Doubt.Code + ")",
		})}
		return
	}
	ctx, cancel := workflow.WithCancel(ctx)
	m.question = question{about: m.Doubt.Fingerprint, pending: pending{cancel: cancel,
		future: start(ctx, m.input.AppID, activities.CheckToken, m.tokenQuestion(), "ask whether the token is valid")}}
}

func (m *miniProgramRun) stopAsking() {
	m.question.close()
	m.question.about = ""
}

// answered takes Alipay's answer about the token, or the end of the pause before the next question.
func (m *miniProgramRun) answered(ctx workflow.Context, future workflow.Future) {
	about := m.question.about
	m.stopAsking()
	if about == "" || m.Doubt == nil || m.Doubt.Fingerprint != about {
		return
	}
	answer, err := answerTo(ctx, activities.CheckToken, future)
	switch {
	case err != nil:
		m.unanswered(ctx, activities.FailureOf(err).Code)
	case answer.Replaced: // another worker's short memory: the token that is kept was not asked about
		m.unanswered(ctx, "REPLACED")
	case answer.Valid:
		m.found(ctx)
	default:
		m.kill(ctx, about)
	}
}

// unanswered : Alipay did not say. The token lives on in doubt, the orders are told
// why, and Alipay is asked again by the schedule of what it refuses for now.
func (m *miniProgramRun) unanswered(ctx workflow.Context, code string) {
	doubt := m.Doubt
	doubt.Asked++
	doubt.NextTry = workflow.Now(ctx).UTC().Add(m.input.Schedules.Busy.Delay(doubt.Asked))
	news := doubt.Code != code && doubt.Refused != ""
	doubt.Code = code
	if news {
		m.tellAll(ctx, m.orders())
	}
}

// found : Alipay calls the token valid. One with which a call was refused is
// punished; one that is to be tried again is believed.
func (m *miniProgramRun) found(ctx workflow.Context) {
	news := m.Doubt.Lift || m.Doubt.Refused != ""
	switch {
	case m.Doubt.Lift:
		m.Authorization = order.AuthorizationAuthorized
	case m.Doubt.Refused != "":
		m.Authorization, m.PunishedSince = order.AuthorizationPunished, workflow.Now(ctx).UTC()
	}
	m.settleDoubt(order.DispositionStale)
	if news {
		m.tellAll(ctx, m.orders())
	}
}

// watchPenance runs the time until a punished token is looked at again.
func (m *miniProgramRun) watchPenance(ctx workflow.Context) {
	if m.Authorization != order.AuthorizationPunished || m.Doubt != nil {
		m.penance.close()
		return
	}
	if m.penance.future != nil {
		return
	}
	again := m.PunishedSince.Add(m.input.Schedules.Authorization.Delay(1))
	left := max(again.Sub(workflow.Now(ctx)), time.Millisecond)
	ctx, cancel := workflow.WithCancel(ctx)
	m.penance = pending{cancel: cancel, future: workflow.NewTimerWithOptions(ctx, left, workflow.TimerOptions{
		Summary: "looks whether the penalty on the mini program is over",
	})}
}

// tryAgain lets a punished token be tried once more, if Alipay still calls it valid.
func (m *miniProgramRun) tryAgain(ctx workflow.Context) {
	m.penance.close()
	m.doubt(ctx).Lift = true
}
