package workflows

import (
	"slices"

	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
)

// keepToken keeps a token unless a newer one is kept or it is known to be dead.
// It reports whether it did. The newest auth_time wins, whatever came first.
func (m *miniProgramRun) keepToken(token order.Token) bool {
	if slices.Contains(m.Dead, token.Fingerprint) {
		return false
	}
	if m.Token != nil && !token.AuthTime.After(m.Token.AuthTime) {
		return m.Token.Fingerprint == token.Fingerprint
	}
	m.Token, m.Authorization = &token, order.AuthorizationAuthorized
	return true
}

// kill revokes the current token.
func (m *miniProgramRun) kill(ctx workflow.Context, fingerprint string) {
	m.Dead = append(m.Dead, fingerprint)
	if len(m.Dead) > maxDead {
		m.Dead = m.Dead[1:]
	}
	if m.Token == nil || m.Token.Fingerprint != fingerprint {
		return
	}
	m.Authorization = order.AuthorizationRevoked
	m.tellAuthorization(ctx)
}

// liveToken is what calls may use: a token that is punished may be tried, one that is revoked may not.
func (m *miniProgramRun) liveToken() *order.Token {
	if m.Authorization == order.AuthorizationRevoked {
		return nil
	}
	return m.Token
}

// heardToken takes the token of open_app_auth_notify and pokes the order that it names.
func (m *miniProgramRun) heardToken(ctx workflow.Context, n order.Notification) order.Disposition {
	if n.OutOrderNo != "" && n.OutOrderNo != m.InCharge {
		// Not waited for: the order may not exist, and needs no poke when it does not wait for one.
		workflow.SignalExternalWorkflow(ctx, order.WorkflowID(m.input.AppID, n.OutOrderNo), "", order.PokeSignal,
			order.Poke{MiniAppID: m.input.MiniAppID, Why: "its authorisation has arrived"})
	}
	if !m.keepToken(*n.Evidence.Token) {
		return order.DispositionStale
	}
	m.tellAuthorization(ctx)
	return order.DispositionApplied
}

// heardRevocation : a revocation kills the token that it names. When another is
// kept, Alipay is asked about that one.
func (m *miniProgramRun) heardRevocation(ctx workflow.Context, n order.Notification) (order.Disposition, error) {
	named := n.Evidence.RevokedToken
	if m.Token == nil || m.Token.Fingerprint == named {
		m.kill(ctx, named)
		return order.DispositionApplied, nil
	}
	m.kill(ctx, named)
	asked := m.Token.Fingerprint // an import can bring another while Alipay is asked
	valid, err := m.askAboutToken(ctx)
	if err != nil {
		return "", err
	}
	if valid {
		return order.DispositionStale, nil
	}
	m.kill(ctx, asked)
	return order.DispositionApplied, nil
}

// doubted : an order's call was refused. Alipay says whether the token is dead,
// or valid and refused all the same, which is a penalty on the mini program.
func (m *miniProgramRun) doubted(ctx workflow.Context, doubt order.Doubt) error {
	if doubt.OutOrderNo != m.InCharge {
		return nil
	}
	if m.Token == nil || m.Authorization == order.AuthorizationRevoked {
		m.tellAuthorization(ctx)
		return nil
	}
	if doubt.Code != retryDoubt && doubt.Fingerprint != m.Token.Fingerprint {
		m.tellAuthorization(ctx) // this one was not refused: it has come since
		return nil
	}
	before := m.Token.Fingerprint
	valid, err := m.askAboutToken(ctx)
	switch {
	case err != nil:
		return err
	case m.Token.Fingerprint != before:
		m.Authorization = order.AuthorizationAuthorized
	case !valid:
		m.kill(ctx, before)
		return nil
	case doubt.Code == retryDoubt:
		m.Authorization = order.AuthorizationAuthorized
	default:
		m.Authorization = order.AuthorizationPunished
	}
	m.tellAuthorization(ctx)
	return nil
}

// retryDoubt is the code of a doubt that a person's retry raised: a valid token is tried again.
const retryDoubt = "RETRY"

// askAboutToken asks Alipay about the current token.
func (m *miniProgramRun) askAboutToken(ctx workflow.Context) (bool, error) {
	var answer activities.TokenAnswer
	ctx = alipay(ctx, m.input.AppID, "ask whether the token is valid")
	err := workflow.ExecuteActivity(ctx, activities.CheckToken, m.tokenQuestion()).Get(ctx, &answer)
	if err != nil {
		if ctx.Err() != nil {
			return false, err
		}
		// Alipay refuses the question: the token is no better than dead until someone authorises again.
		workflow.GetLogger(ctx).Warn("the token could not be checked", "code", activities.FailureOf(err).Code)
		return false, nil
	}
	return answer.Valid || answer.Replaced, nil
}

func (m *miniProgramRun) tokenQuestion() activities.TokenQuestion {
	return activities.TokenQuestion{
		AppID: m.input.AppID, MiniAppID: m.input.MiniAppID, Fingerprint: m.Token.Fingerprint,
		Pacing: activities.Pacing{Schedule: m.input.Schedules.Authorization},
	}
}

// watchToken keeps an eye on the token that is believed valid: the message that
// revokes it can be lost.
func (m *miniProgramRun) watchToken(ctx workflow.Context) {
	if m.Token == nil || m.Authorization == order.AuthorizationRevoked {
		m.watch.close()
		m.watched = ""
		return
	}
	if m.watched == m.Token.Fingerprint {
		return
	}
	m.watch.close()
	m.watched = m.Token.Fingerprint
	ctx, quiet := workflow.WithCancel(alipay(ctx, m.input.AppID, "watch whether the token stays valid"))
	m.watch = ear{quiet: quiet, future: workflow.ExecuteActivity(ctx, activities.AwaitRevocation, m.tokenQuestion())}
}

// tokenLost takes what the watch found.
func (m *miniProgramRun) tokenLost(ctx workflow.Context, future workflow.Future) error {
	watched := m.watched
	m.watch.close()
	var answer activities.TokenAnswer
	if err := future.Get(ctx, &answer); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		workflow.GetLogger(ctx).Warn("the watch on the token has ended", "code", activities.FailureOf(err).Code)
		return nil
	}
	if !answer.Valid && !answer.Replaced {
		m.kill(ctx, watched)
	}
	return nil
}

// tellAuthorization tells the order in charge where authorisation stands. The
// news need not be waited for: an order that has ended needs none, and any other
// gets it from Temporal. Nil means that no order is in charge.
func (m *miniProgramRun) tellAuthorization(ctx workflow.Context) workflow.Future {
	if m.InCharge == "" {
		return nil
	}
	change := order.AuthorizationChange{Authorization: m.Authorization}
	if m.Token != nil {
		change.Fingerprint = m.Token.Fingerprint
	}
	return workflow.SignalExternalWorkflow(ctx, order.WorkflowID(m.input.AppID, m.InCharge), "", order.AuthorizationSignal, change)
}
