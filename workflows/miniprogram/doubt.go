package miniprogram

import (
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/words"
	"miniflow/workflows/durable"
)

// tokenDoubt is a question about the token that is kept, from when it arose until
// Alipay has answered it. Alipay may refuse the question for reasons of ours (a list
// of addresses, permissions, a key): that is not an answer, and it is asked again.
type tokenDoubt struct {
	Fingerprint string    `json:"fingerprint"`
	Since       time.Time `json:"since"`
	// Refused is the code with which an order's call was refused; until the doubt is
	// over the order does not act. Empty when no call was.
	Refused string `json:"refused,omitempty"`
	// Lift lets a valid token be tried again: a person wants it, or its penalty may be over.
	Lift bool `json:"lift,omitempty"`
	// Revocations are the messages whose disposition waits for the answer, by their ids: an old
	// revocation is stale where the token is valid.
	Revocations []string `json:"revocations,omitempty"`

	// Asked counts the questions that Alipay refused, Code is why it did at last, and
	// NextTry is when it is asked again.
	Asked   int       `json:"asked,omitempty"`
	Code    string    `json:"code,omitempty"`
	NextTry time.Time `json:"next_try,omitzero"`
}

// question is what runs for the doubt: the question itself, or the pause before the next. At most
// one of them runs.
type question struct {
	durable.Pending
	about string
}

// doubted takes an order's doubt: Alipay refused its call. Alipay says whether the token
// is revoked, or valid and refused all the same, which is a penalty on the mini program.
func (m *entity) doubted(ctx workflow.Context, doubt order.Doubt) {
	live, known := m.liveToken(), slices.Contains(m.orders(), doubt.OutOrderNo)
	if !known {
		// An order that calls has claimed. The entity that it claimed was terminated, and a message has begun this one.
		m.claimed(ctx, order.Claim{OutOrderNo: doubt.OutOrderNo}, false)
	}
	asks := live != nil && doubt.OutOrderNo == m.InCharge
	switch {
	case asks && doubt.Code == order.RetryDoubt:
		m.doubt(ctx).Lift = true
		if m.question.about == "" { // a person who retries wants to know now
			m.Doubt.NextTry = time.Time{}
			m.stopAsking()
		}
	case asks && doubt.Fingerprint == live.Fingerprint:
		m.doubt(ctx).Refused = doubt.Code
	case known: // the token that was refused is revoked, or another has come since
		m.informAll(ctx, []string{doubt.OutOrderNo})
	}
}

// doubt returns the doubt about the token that is kept, which begins here unless there is one: what
// several orders doubt is asked once.
func (m *entity) doubt(ctx workflow.Context) *tokenDoubt {
	if m.Doubt == nil {
		m.Doubt = &tokenDoubt{Fingerprint: m.Token.Fingerprint, Since: workflow.Now(ctx).UTC()}
	}
	return m.Doubt
}

// endDoubt ends the doubt. The messages that waited for it get their disposition: a
// revocation that Alipay denies is stale.
func (m *entity) endDoubt(disposition order.Disposition) {
	if m.Doubt == nil {
		return
	}
	for _, id := range m.Doubt.Revocations {
		m.Seen.Resolve(id, disposition)
	}
	m.Doubt = nil
}

// watchDoubt asks Alipay about the token while the entity goes on listening. A question
// about a token that was replaced meanwhile is given up: its answer would be believed of
// the wrong one.
func (m *entity) watchDoubt(ctx workflow.Context) {
	if m.Doubt == nil || (m.question.about != "" && m.question.about != m.Doubt.Fingerprint) {
		m.stopAsking()
	}
	if m.Doubt == nil || m.question.Future != nil {
		return
	}
	if pause := m.Doubt.NextTry.Sub(workflow.Now(ctx)); pause > 0 {
		m.question.Pending = durable.Waiting(ctx, pause, m.say(words.New("do.await_doubt", m.Doubt.Code)))
		return
	}
	asking := durable.Asking(ctx, m.input.AppID, activities.CheckToken, m.tokenQuestion(), m.say(words.New("do.ask_token")))
	m.question = question{about: m.Doubt.Fingerprint, Pending: asking}
}

func (m *entity) stopAsking() {
	m.question.Close()
	m.question.about = ""
}

// answered takes Alipay's answer about the token. By then another token may be kept, of which the
// answer says nothing.
func (m *entity) answered(ctx workflow.Context, future workflow.Future) {
	about := m.question.about
	m.stopAsking()
	if about == "" || m.Doubt == nil || m.Doubt.Fingerprint != about {
		return
	}
	answer, err := durable.AnswerTo(ctx, activities.CheckToken, future)
	switch {
	case err != nil:
		m.unanswered(ctx, activities.FailureOf(err).Code)
	case answer.Replaced: // another worker's short memory: the token that is kept was not asked about
		m.unanswered(ctx, "REPLACED")
	case answer.Valid:
		m.found(ctx)
	default:
		m.revoke(ctx, about)
	}
}

// unanswered takes note that Alipay did not say. The token lives on in doubt, the orders
// learn why, and Alipay is asked again by the schedule of what it refuses for now.
func (m *entity) unanswered(ctx workflow.Context, code string) {
	doubt := m.Doubt
	doubt.Asked++
	// The pause grows: what keeps Alipay from saying, such as a list of addresses, a person mends.
	doubt.NextTry = workflow.Now(ctx).UTC().Add(m.input.Schedules.Busy.Delay(doubt.Asked))
	news := doubt.Code != code && doubt.Refused != ""
	doubt.Code = code
	if news {
		m.informAll(ctx, m.orders())
	}
}

// found takes note that Alipay calls the token valid. One with which a call was refused all the
// same is punished: Alipay has no other word for that. One that is to be tried again is believed.
func (m *entity) found(ctx workflow.Context) {
	news := m.Doubt.Lift || m.Doubt.Refused != ""
	switch {
	case m.Doubt.Lift:
		m.Authorization = order.AuthorizationAuthorized
	case m.Doubt.Refused != "":
		m.Authorization, m.PunishedSince = order.AuthorizationPunished, workflow.Now(ctx).UTC()
	}
	m.endDoubt(order.DispositionStale)
	if news {
		m.informAll(ctx, m.orders())
	}
}

// watchPenalty runs the time until a punished token is looked at again. Alipay announces
// no end of a penalty, so a call has to show it.
func (m *entity) watchPenalty(ctx workflow.Context) {
	if m.Authorization != order.AuthorizationPunished || m.Doubt != nil {
		m.penalty.Close()
		return
	}
	if m.penalty.Future != nil {
		return
	}
	again := m.PunishedSince.Add(m.input.Schedules.Authorization.Delay(1))
	left := max(again.Sub(workflow.Now(ctx)), time.Millisecond)
	m.penalty = durable.Waiting(ctx, left, m.say(words.New("do.await_penalty")))
}

// tryAgain has a punished token tried once more, if Alipay still calls it valid: only a
// call that is accepted shows that the penalty is over.
func (m *entity) tryAgain(ctx workflow.Context) {
	m.penalty.Close()
	m.doubt(ctx).Lift = true
}
