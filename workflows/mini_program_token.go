package workflows

import (
	"cmp"
	"slices"

	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
)

// maxDead bounds the fingerprints of dead tokens that are remembered.
const maxDead = 20

// keepToken keeps a token unless a newer one is kept and lives, or it is known to be
// dead. It reports whether it did. The newest auth_time wins, whatever came first;
// but a dead token outranks nothing, and what Alipay has just called valid
// (confirmed) is dead no more and outranks a token that nobody knows to live.
func (m *miniProgramRun) keepToken(token order.Token, confirmed bool) bool {
	same := m.Token != nil && m.Token.Fingerprint == token.Fingerprint
	if confirmed {
		m.Dead = slices.DeleteFunc(m.Dead, func(dead string) bool { return dead == token.Fingerprint })
	} else if slices.Contains(m.Dead, token.Fingerprint) {
		return false
	}
	switch {
	case m.liveToken() == nil, token.AuthTime.After(m.Token.AuthTime):
	case confirmed && (same || token.AuthTime.Equal(m.Token.AuthTime) || m.Doubt != nil && m.Doubt.Refused != ""):
	default:
		return same
	}
	if same { // what is known of it already is not forgotten
		token.Refresh = cmp.Or(token.Refresh, m.Token.Refresh)
		if token.AuthTime.Before(m.Token.AuthTime) {
			token.AuthTime = m.Token.AuthTime
		}
	}
	m.Token, m.Authorization = &token, order.AuthorizationAuthorized
	m.settleDoubt(order.DispositionStale)
	return true
}

// kill revokes a token, and with it the authorisation if it is the one that is kept.
func (m *miniProgramRun) kill(ctx workflow.Context, fingerprint string) {
	if !slices.Contains(m.Dead, fingerprint) {
		m.Dead = append(m.Dead, fingerprint)
	}
	if len(m.Dead) > maxDead {
		m.Dead = m.Dead[1:]
	}
	if m.Token == nil || m.Token.Fingerprint != fingerprint {
		return
	}
	m.Authorization = order.AuthorizationRevoked
	m.settleDoubt(order.DispositionApplied)
	m.tellAll(ctx, m.orders())
}

// liveToken is what calls may use: a token that is punished or in doubt may be
// tried, one that is revoked may not.
func (m *miniProgramRun) liveToken() *order.Token {
	if m.Authorization == order.AuthorizationRevoked {
		return nil
	}
	return m.Token
}

// heardToken takes the token of open_app_auth_notify and pokes the order that it names.
func (m *miniProgramRun) heardToken(ctx workflow.Context, n order.Notification) {
	kept := m.keepToken(*n.Evidence.Token, false)
	if n.OutOrderNo != "" && n.OutOrderNo != m.InCharge {
		err := workflow.SignalExternalWorkflow(ctx, order.WorkflowID(m.input.AppID, n.OutOrderNo), "", order.PokeSignal,
			order.Poke{MiniAppID: m.input.MiniAppID, Why: "its authorisation has arrived"}).Get(ctx, nil)
		if err != nil { // the order may not exist, and needs no poke when it does not wait for one
			workflow.GetLogger(ctx).Debug("the order that a token names was not poked", "error", err)
		}
	}
	if !kept {
		m.Seen.settle(n.NotifyID, order.DispositionStale)
		return
	}
	m.Seen.settle(n.NotifyID, order.DispositionApplied)
	m.tellAll(ctx, m.orders())
}

// heardRevocation : a revocation kills the token that it names. When another is
// kept, Alipay is asked about that one.
func (m *miniProgramRun) heardRevocation(ctx workflow.Context, n order.Notification) {
	named := n.Evidence.RevokedToken
	m.kill(ctx, named)
	if live := m.liveToken(); live == nil || live.Fingerprint == named {
		m.Seen.settle(n.NotifyID, order.DispositionApplied)
		return
	}
	m.doubt(ctx).Revocations = append(m.Doubt.Revocations, n.NotifyID)
}

// watchToken keeps an eye on the token that is believed valid: the message that
// revokes it can be lost.
func (m *miniProgramRun) watchToken(ctx workflow.Context) {
	live := ""
	if token := m.liveToken(); token != nil {
		live = token.Fingerprint
	}
	if m.watched != live {
		m.watch.close()
		m.watched, m.resting = live, false
	}
	if live == "" || m.watch.future != nil {
		return
	}
	ctx, cancel := workflow.WithCancel(ctx)
	m.watch = pending{cancel: cancel,
		future: start(ctx, m.input.AppID, activities.AwaitRevocation, m.tokenQuestion(), "watch whether the token stays valid")}
}

// watchEnded takes what the watch found. One that ended without an answer begins
// again after a rest.
func (m *miniProgramRun) watchEnded(ctx workflow.Context, future workflow.Future) {
	watched := m.watched
	m.watch.close()
	if m.resting {
		m.resting = false
		return
	}
	answer, err := answerTo(ctx, activities.AwaitRevocation, future)
	if err == nil && !answer.Valid && !answer.Replaced {
		m.kill(ctx, watched)
		return
	}
	workflow.GetLogger(ctx).Warn("the watch on the token has ended without an answer", "error", err)
	resting, cancel := workflow.WithCancel(ctx)
	m.resting = true
	m.watch = pending{cancel: cancel, future: workflow.NewTimerWithOptions(resting, m.input.Schedules.Authorization.Delay(1), workflow.TimerOptions{
		Summary: "watches again whether the token stays valid",
	})}
}

func (m *miniProgramRun) tokenQuestion() activities.TokenQuestion {
	return activities.TokenQuestion{
		AppID: m.input.AppID, MiniAppID: m.input.MiniAppID, Fingerprint: m.Token.Fingerprint,
		Pacing: activities.Pacing{Schedule: m.input.Schedules.Authorization, Again: m.input.Schedules.Again},
	}
}
