package miniprogram

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/words"
	"miniflow/workflows/durable"
)

// downward is a way in which users stop seeing a version: the one before comes back, or none does.
type downward struct {
	update, does, about string
	call                activities.Call[activities.TakeDownCall, activities.Nothing]
	back                bool
}

func downwards() []downward {
	return []downward{
		{order.RollbackUpdate, "do.roll_back_version", "put the version before back online", activities.RollBackVersion, true},
		{order.OfflineUpdate, "do.take_offline", "take what is online from its users", activities.TakeOffline, false},
	}
}

// registerDownwards registers what people ask about what is online. Unlike other handlers these wait for
// Alipay; they change nothing that a message or an order changes, and only one is at work at a time.
func (m *entity) registerDownwards(ctx workflow.Context) error {
	for _, way := range downwards() {
		handler := func(ctx workflow.Context, in order.MiniProgramInstruction) (order.MiniProgramView, error) {
			return m.commanded(ctx, way, in)
		}
		options := workflow.UpdateHandlerOptions{Validator: m.refuseCommand, Description: way.about}
		if err := workflow.SetUpdateHandlerWithOptions(ctx, way.update, handler, options); err != nil {
			return err
		}
	}
	return nil
}

// refuseCommand refuses what can't be begun now. Nothing of it is written to the history then.
func (m *entity) refuseCommand(_ workflow.Context, in order.MiniProgramInstruction) error {
	known, err := m.Repeats.Knows(order.Instruction{Key: in.Key, Digest: in.Digest})
	switch {
	case known || err != nil:
		return err
	case m.commanding:
		return durable.Refuse(words.New("refuse.commanded"))
	case m.liveToken() == nil:
		return durable.Refuse(words.New("refuse.no_token"))
	}
	return nil
}

func (m *entity) commanded(ctx workflow.Context, way downward, in order.MiniProgramInstruction) (order.MiniProgramView, error) {
	used := order.Instruction{Key: in.Key, Digest: in.Digest}
	if known, err := m.Repeats.Knows(used); known || err != nil {
		return m.view(), err
	}
	m.commanding = true
	defer func() { m.commanding = false; m.wakes.SendAsync(true) }()
	if err := m.carryOut(ctx, way, in); err != nil {
		return order.MiniProgramView{}, err
	}
	m.Repeats.Keep(used)
	return m.view(), nil
}

// carryOut asks what is online, takes that down by its number, and asks again. A number makes the call
// harmless to repeat, and the second question says what became of a call whose answer was lost.
func (m *entity) carryOut(ctx workflow.Context, way downward, in order.MiniProgramInstruction) error {
	now, err := m.askOnline(ctx)
	if err != nil {
		return durable.Refuse(words.New("refuse.online_unasked", activities.FailureOf(err).Message))
	}
	m.saw(ctx, now, byOthers)
	by := change{cause: order.DownByCommand, actor: in.Actor, reason: in.Reason}
	if why := m.unfit(way, in, now); !why.IsZero() {
		return durable.Refuse(why)
	}
	if now.AppVersion == "" { // offline already, as this person wants it
		m.isDown(ctx, by)
		return nil
	}
	return m.takeDown(ctx, way, now.AppVersion, by)
}

// unfit says why Alipay would refuse.
func (m *entity) unfit(way downward, in order.MiniProgramInstruction, now activities.OnlineAnswer) words.Text {
	switch {
	case now.Gray != "":
		return words.New("refuse.gray", now.Gray)
	case in.AppVersion != "" && now.AppVersion != "" && in.AppVersion != now.AppVersion:
		return words.New("refuse.other_online", now.AppVersion, in.AppVersion)
	case now.AppVersion == "" && !way.back && m.Down != nil && m.Down.Cause == order.DownByOthers:
		return words.Text{}
	case now.AppVersion == "":
		return words.New("refuse.nothing_online")
	}
	return words.Text{}
}

func (m *entity) takeDown(ctx workflow.Context, way downward, version string, by change) error {
	run := activities.Run(workflow.GetInfo(ctx).WorkflowExecution.RunID)
	call := activities.TakeDownCall{
		Whose: activities.Whose{Run: run}, AppID: m.input.AppID, MiniAppID: m.input.MiniAppID, AppVersion: version, BundleID: m.client(),
	}
	_, err := durable.AnswerTo(ctx, way.call, durable.Start(ctx, m.input.AppID, way.call, call, m.say(words.New(way.does, version))))
	if why := decided(err); why != nil {
		return durable.Refuse(words.New("refuse.alipay_said", why.Code, why.Message))
	}
	now, seen, waitErr := m.after(ctx, version)
	switch {
	case waitErr != nil:
		return waitErr
	case seen:
	case err != nil:
		return durable.Refuse(words.New("refuse.answer_lost", version))
	case way.back:
		return durable.Refuse(words.New("refuse.not_shown_yet", version))
	default: // Alipay has said that it is offline
		now = activities.OnlineAnswer{}
	}
	m.saw(ctx, now, by)
	return nil
}

// decided is a refusal; nil where there is none, or where nobody knows what became of the call.
func decided(err error) *activities.Failure {
	if err == nil {
		return nil
	}
	if failure := activities.FailureOf(err); failure.Class != activities.FailureUnknown {
		return failure
	}
	return nil
}

// looks are the pauses before each look at what a call has changed: Alipay may take a moment to show it.
var looks = []time.Duration{0, time.Second, 3 * time.Second, 10 * time.Second, 30 * time.Second}

// after asks what is online until that is not the version any more.
func (m *entity) after(ctx workflow.Context, version string) (now activities.OnlineAnswer, seen bool, _ error) {
	for _, pause := range looks {
		if pause > 0 {
			if err := durable.Waiting(ctx, pause, m.say(words.New("do.await_change"))).Future.Get(ctx, nil); err != nil {
				return now, false, err
			}
		}
		answer, err := m.askOnline(ctx)
		if err == nil && answer.AppVersion != version {
			return answer, true, nil
		}
	}
	return now, false, nil
}

func (m *entity) askOnline(ctx workflow.Context) (activities.OnlineAnswer, error) {
	question := activities.OnlineQuestion{AppID: m.input.AppID, MiniAppID: m.input.MiniAppID, BundleID: m.client(), AppVersion: m.lastSeen()}
	return durable.AnswerTo(ctx, activities.LookOnline,
		durable.Start(ctx, m.input.AppID, activities.LookOnline, question, m.say(words.New("do.look_online"))))
}
