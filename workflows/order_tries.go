package workflows

import (
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/words"
)

// What was tried last, and when Alipay is asked again: with what the order waits for, that is why it
// stands where it stands. Both cost the history nothing.

// maxAnswer bounds what is kept of an answer.
const maxAnswer = 300

// tried keeps what came of a call. The page says it when it is shown next.
func (o *orderRun) tried(ctx workflow.Context, call string, answer words.Text, failure *activities.Failure) {
	last := order.Try{Method: activities.CalledBy(call, o.input.Request.Kind), At: o.now(ctx), Answer: answer}
	if failure != nil {
		last.Answer, last.Code = order.CutWords(failure.Message, maxAnswer), failure.Code
	}
	o.LastTry, o.retold = &last, true
}

// answerOf says in one of Alipay's words what was answered.
func answerOf(kind activities.Kind, answer any) words.Text {
	said := ""
	switch answer := answer.(type) {
	case activities.MerchantAnswer:
		said = string(answer.Status)
	case activities.VersionAnswer:
		said = string(answer.Status)
	case activities.FilingAnswer:
		said = strings.TrimSpace(string(answer.Status) + " " + string(answer.Version.Status))
	case activities.Followed:
		said = string(answer.Truth.Status)
	case activities.BuildAnswer:
		said = string(answer.State)
	case activities.Created:
		said = answer.OrderNo
	case activities.Number:
		said = answer.AppVersion
	}
	switch act := kind == activities.KindAct; {
	case act && said != "":
		return words.New("call.accepted_as", said)
	case act:
		return words.New("call.accepted")
	case said != "":
		return words.New("call.answered_as", said)
	}
	return words.New("call.answered")
}

// looksNext is when the order calls Alipay next without news or a person, and how often from then on:
// a refused call after its pause, the app's Sweep where the order sleeps.
func (o *orderRun) looksNext() (next *time.Time, everySeconds float64) {
	switch {
	case o.Stage.Ended() || o.Act != nil:
	case o.resting.call != "":
		return &o.resting.until, 0
	case o.asleep != nil:
		first := o.nextLook()
		return &first, o.input.Schedules.Expect(o.asleep.wait).Seconds()
	}
	return nil, 0
}
