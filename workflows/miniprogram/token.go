package miniprogram

import (
	"cmp"
	"slices"

	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/words"
	"miniflow/workflows/durable"
)

// maxRevoked bounds the fingerprints of revoked tokens that are remembered. Alipay repeats
// a message for about a day; a merchant does not authorise that often.
const maxRevoked = 20

// keepToken keeps a token unless a newer one is kept and lives, or it is known to be
// revoked. It reports whether it did. The newest auth_time wins, no matter which came
// first; but a revoked token outranks nothing, and one that Alipay has just called valid
// (confirmed) is no longer revoked and outranks a token that is in doubt.
func (m *entity) keepToken(token order.Token, confirmed bool) bool {
	same := m.Token != nil && m.Token.Fingerprint == token.Fingerprint
	if confirmed {
		m.Revoked = slices.DeleteFunc(m.Revoked, func(known string) bool { return known == token.Fingerprint })
	} else if slices.Contains(m.Revoked, token.Fingerprint) {
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
	m.endDoubt(order.DispositionStale)
	return true
}

// revoke notes that a token is revoked, and with it the authorisation if it is the one that
// is kept. The token stays: should Alipay call it valid once more, it is used again.
func (m *entity) revoke(ctx workflow.Context, fingerprint string) {
	if !slices.Contains(m.Revoked, fingerprint) {
		// Remembered, because Alipay may repeat the message that brought the token after it is revoked.
		m.Revoked = append(m.Revoked, fingerprint)
	}
	if len(m.Revoked) > maxRevoked {
		m.Revoked = m.Revoked[1:]
	}
	if m.Token == nil || m.Token.Fingerprint != fingerprint {
		return
	}
	m.Authorization = order.AuthorizationRevoked
	m.endDoubt(order.DispositionApplied)
	m.informAll(ctx, m.orders())
}

// liveToken returns what calls may use: a token that is punished or in doubt may be
// tried, one that is revoked may not.
func (m *entity) liveToken() *order.Token {
	if m.Authorization == order.AuthorizationRevoked {
		return nil
	}
	return m.Token
}

// tokenArrived takes the token of open_app_auth_notify and pokes the order that it names. An
// order that is not in charge may still wait for the merchant, whose answer this is as well:
// it asks Alipay at once in place of at its next time.
func (m *entity) tokenArrived(ctx workflow.Context, n order.Notification) {
	kept := m.keepToken(*n.Evidence.Token, false)
	if m.prompt && kept && n.OutOrderNo != "" && m.InCharge == "" {
		m.putInCharge(ctx, n.OutOrderNo)
		m.Seen.Resolve(n.NotifyID, order.DispositionApplied)
		return
	}
	if n.OutOrderNo != "" && n.OutOrderNo != m.InCharge {
		err := workflow.SignalExternalWorkflow(ctx, order.WorkflowID(m.input.AppID, n.OutOrderNo), "", order.PokeSignal,
			order.Poke{MiniAppID: m.input.MiniAppID, Why: words.New("note.token_arrived")}).Get(ctx, nil)
		if err != nil { // the order may not exist, and needs no poke when it does not wait for one
			workflow.GetLogger(ctx).Debug("the order that a token names was not poked", "error", err)
		}
	}
	if !kept {
		m.Seen.Resolve(n.NotifyID, order.DispositionStale)
		return
	}
	m.Seen.Resolve(n.NotifyID, order.DispositionApplied)
	m.informAll(ctx, m.orders())
}

// putInCharge puts the order in charge that the merchant's authorisation names: it is the answer
// to that order, which need not claim what is its own. One that does not run here leaves nothing.
func (m *entity) putInCharge(ctx workflow.Context, outOrderNo string) {
	m.InCharge = outOrderNo
	if isGone(m.inform(ctx, outOrderNo)) {
		m.InCharge = ""
		return
	}
	m.passKept(ctx)
}

// revocationArrived revokes the token that a message names. When another one is kept, Alipay is
// asked about that: the message may be an old one, and the newer token valid.
func (m *entity) revocationArrived(ctx workflow.Context, n order.Notification) {
	named := n.Evidence.RevokedToken
	m.revoke(ctx, named)
	if live := m.liveToken(); live == nil || live.Fingerprint == named {
		m.Seen.Resolve(n.NotifyID, order.DispositionApplied)
		return
	}
	m.doubt(ctx).Revocations = append(m.Doubt.Revocations, n.NotifyID)
}

// watchToken asks about the token that is believed valid, once a day: the message that
// revokes it can be lost, and a mini program without an order makes no call that would show
// it. Another token has another watch.
func (m *entity) watchToken(ctx workflow.Context) {
	live := ""
	if token := m.liveToken(); token != nil {
		live = token.Fingerprint
	}
	if m.watched != live {
		m.watch.Close()
		m.watched, m.resting, m.rested = live, false, false
	}
	if live == "" || m.watch.Future != nil {
		return
	}
	if m.prompt && !m.rested { // it has only just come, or was valid when it was asked about
		m.rest(ctx)
		return
	}
	m.rested = false
	m.watch = durable.Asking(ctx, m.input.AppID, activities.AwaitRevocation, m.tokenQuestion(), m.say(words.New("do.ask_token_again")))
}

// rest waits until the token is asked about again.
func (m *entity) rest(ctx workflow.Context) {
	m.resting = true
	m.watch = durable.Waiting(ctx, m.input.Schedules.Authorization.Delay(1), m.say(words.New("do.await_token")))
}

// watchEnded takes what the watch found. One that ended without an answer begins
// again after a rest.
func (m *entity) watchEnded(ctx workflow.Context, future workflow.Future) {
	watched := m.watched
	m.watch.Close()
	if m.resting {
		m.resting, m.rested = false, true
		return
	}
	answer, err := durable.AnswerTo(ctx, activities.AwaitRevocation, future)
	if err == nil && !answer.Valid && !answer.Replaced {
		m.revoke(ctx, watched)
		return
	}
	if err != nil {
		workflow.GetLogger(ctx).Warn("whether the token is still valid was not answered", "error", err)
	}
	m.rest(ctx)
}

// tokenQuestion asks about the token that is kept. The token itself is in no input: the
// activity fetches it and compares the fingerprint.
func (m *entity) tokenQuestion() activities.TokenQuestion {
	return activities.TokenQuestion{
		AppID: m.input.AppID, MiniAppID: m.input.MiniAppID, Fingerprint: m.Token.Fingerprint,
		Pacing: activities.Pacing{Schedule: m.input.Schedules.Authorization, Again: m.input.Schedules.Again, Once: m.prompt},
	}
}
