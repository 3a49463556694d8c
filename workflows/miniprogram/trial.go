package miniprogram

import (
	"cmp"
	"strings"

	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/words"
	"miniflow/workflows/durable"
)

// How a trial becomes formal after its order has ended: its merchant's papers go to Alipay once, and
// Alipay is asked until the certification is over. Messages about it are pokes.

func (m *entity) registerCertify(ctx workflow.Context) error {
	return workflow.SetUpdateHandlerWithOptions(ctx, order.CertifyUpdate, m.certify,
		workflow.UpdateHandlerOptions{Validator: m.refuseCertify, Description: "hand in the papers by which Alipay makes a trial formal"})
}

func (m *entity) refuseCertify(_ workflow.Context, in order.CertifyInstruction) error {
	known, err := m.Repeats.Knows(order.Instruction{Key: in.Key, Digest: in.Digest})
	switch {
	case known || err != nil:
		return err
	case m.ordered():
		return durable.Refuse(words.New("refuse.certify_order", m.InCharge))
	case m.commanding:
		return durable.Refuse(words.New("refuse.commanded"))
	case m.Trial == nil && in.OrderNo == "":
		return durable.Refuse(words.New("refuse.no_trial"))
	case m.Trial != nil && m.Trial.Certification.UnderWay():
		return durable.Refuse(words.New("refuse.certification_stands", m.Trial.Certification))
	}
	return nil
}

// certify hands the papers to Alipay, which answers nothing: what becomes of them is asked from then on.
// They are kept nowhere; what Alipay refuses is the answer.
func (m *entity) certify(ctx workflow.Context, in order.CertifyInstruction) (order.MiniProgramView, error) {
	used := order.Instruction{Key: in.Key, Digest: in.Digest}
	if known, err := m.Repeats.Knows(used); known || err != nil {
		return m.view(), err
	}
	m.commanding = true
	defer func() { m.commanding = false; m.wakes.SendAsync(true) }()
	orderNo := in.OrderNo
	if m.Trial != nil {
		orderNo = m.Trial.OrderNo
	}
	call := activities.CertifyCall{
		Whose: activities.Whose{Run: activities.Run(workflow.GetInfo(ctx).WorkflowExecution.RunID)},
		AppID: m.input.AppID, OrderNo: orderNo, Create: []order.Sealed{in.Papers},
	}
	now, err := durable.AnswerTo(ctx, activities.CertifyTrial, durable.Start(ctx, m.input.AppID, activities.CertifyTrial, call, m.say(words.New("do.certify"))))
	if err != nil {
		return order.MiniProgramView{}, durable.Refuse(uncertified(activities.FailureOf(err)))
	}
	if m.Trial == nil {
		m.Trial = &order.Trial{OrderNo: orderNo, Certification: order.CertificationNone, Since: workflow.Now(ctx).UTC()}
	}
	m.Trial.Quiet = false
	m.certificationIs(ctx, now.MerchantAnswer, change{cause: order.DownByCommand, actor: in.Actor})
	m.Repeats.Keep(used)
	return m.view(), nil
}

// uncertified says why a trial can't be certified, with the fields to correct.
func uncertified(failure *activities.Failure) words.Text {
	switch {
	case failure.Class == activities.FailureUnknown:
		return words.New("refuse.certify_lost", failure.Message)
	case len(failure.Fields) > 0:
		return words.New("refuse.certify_fields", failure.Code, failure.Message, strings.Join(failure.Fields, ", "))
	}
	return words.New("refuse.alipay_said", failure.Code, failure.Message)
}

// registrationPoked takes a message about the trial: Alipay is asked at once.
func (m *entity) registrationPoked() {
	if m.Trial == nil || m.Trial.Certification == order.CertificationCertified {
		return
	}
	m.Trial.Poked, m.Trial.Quiet = true, false
	m.certification.Close()
}

// watchCertification asks where the certification stands: while it is under way by its schedule, after a
// poke for a moment.
func (m *entity) watchCertification(ctx workflow.Context) {
	under := m.Trial != nil && !m.Trial.Quiet && m.Trial.Certification.UnderWay() && m.Trial.Certification != order.CertificationCertified
	if m.certification.Future != nil || !under && (m.Trial == nil || !m.Trial.Poked) {
		return
	}
	pacing := activities.Pacing{Schedule: m.input.Schedules.Certification, Again: m.input.Schedules.Again}
	if !under {
		pacing = activities.Pacing{Schedule: m.input.Schedules.Agree, Again: m.input.Schedules.Again, GiveUpAfter: m.input.Schedules.AgreeFor}
	}
	question := activities.MerchantQuestion{AppID: m.input.AppID, Kind: order.KindTrial, OrderNo: m.Trial.OrderNo, Known: m.Trial.Certification, Pacing: pacing}
	m.certification = durable.Asking(ctx, m.input.AppID, activities.AwaitCertification, question, m.say(words.New("do.ask_certification")))
}

func (m *entity) certificationAnswered(ctx workflow.Context, future workflow.Future) {
	m.certification.Close()
	m.Trial.Poked = false
	answer, err := durable.AnswerTo(ctx, activities.AwaitCertification, future)
	if err != nil { // a person or a message asks again; by itself Alipay would refuse it again
		workflow.GetLogger(ctx).Warn("where a certification stands was not answered", "error", err)
		m.Trial.Quiet = true
		return
	}
	m.certificationIs(ctx, answer, byOthers)
}

// certificationIs takes in where the certification stands. A trial that was deregistered will never be
// formal.
func (m *entity) certificationIs(ctx workflow.Context, answer activities.MerchantAnswer, by change) {
	now := cmp.Or(answer.Certification, order.CertificationNone)
	if answer.Status == order.MerchantFailed {
		now = order.CertificationFailed
	}
	if now == order.CertificationNone || now == m.Trial.Certification {
		return
	}
	m.Trial.Certification, m.Trial.Since = now, workflow.Now(ctx).UTC()
	m.happened(ctx, by, order.MiniProgramEvent{Type: order.HappenedCertificationChanged, Certification: now})
}
