package activities

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.temporal.io/sdk/converter"

	"miniflow/alipay"
	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
	"miniflow/order"
	"miniflow/temporalio"
)

// ErrNoToken means that the mini program has no token that may be used: none came, or Alipay has
// called it invalid.
var ErrNoToken = errors.New("the mini program has no valid authorisation: the merchant has to authorise, or a token has to be imported")

// LiveToken is a token ready for use. Its fingerprint goes into a failure, where the token itself
// may not.
type LiveToken struct {
	Secret      alipay.Secret
	Fingerprint string
}

// Querier asks a workflow. A Temporal client is one.
type Querier interface {
	QueryWorkflow(ctx context.Context, workflowID, runID, queryType string, args ...any) (converter.EncodedValue, error)
}

// tokenLife is how long a token is used without asking its MiniProgram again: one order makes
// several calls in a row, and each query needs a worker.
const tokenLife = 15 * time.Second

// TokenKeeper asks the MiniProgram for its token at each attempt, with a short
// memory. Tokens are in no activity's input and in no history.
type TokenKeeper struct {
	Temporal Querier
	Ring     Opener
	Now      func() time.Time

	mutex sync.Mutex
	kept  map[string]keptToken
}

type keptToken struct {
	token LiveToken
	until time.Time
}

// Token returns the current token, from memory where that is fresh. One that was replaced meanwhile
// is refused at worst, and then [TokenKeeper.Fresh] is asked.
func (k *TokenKeeper) Token(ctx context.Context, appID, miniAppID string) (LiveToken, error) {
	k.mutex.Lock()
	kept, ok := k.kept[appID+"/"+miniAppID]
	k.mutex.Unlock()
	if ok && k.Now().Before(kept.until) {
		return kept.token, nil
	}
	return k.Fresh(ctx, appID, miniAppID)
}

// Fresh asks the MiniProgram, and forgets what has run out, so that the memory holds no token of an
// order that has ended.
func (k *TokenKeeper) Fresh(ctx context.Context, appID, miniAppID string) (LiveToken, error) {
	key := appID + "/" + miniAppID
	token, err := k.ask(ctx, appID, miniAppID)
	k.mutex.Lock()
	defer k.mutex.Unlock()
	now := k.Now()
	for other, kept := range k.kept {
		if now.After(kept.until) {
			delete(k.kept, other)
		}
	}
	if err != nil {
		delete(k.kept, key)
		return LiveToken{}, err
	}
	if k.kept == nil {
		k.kept = map[string]keptToken{}
	}
	k.kept[key] = keptToken{token: token, until: now.Add(tokenLife)}
	return token, nil
}

func (k *TokenKeeper) ask(ctx context.Context, appID, miniAppID string) (LiveToken, error) {
	value, err := k.Temporal.QueryWorkflow(ctx, order.MiniProgramWorkflowID(appID, miniAppID), "", order.TokenQuery)
	if temporalio.NotFound(err) {
		return LiveToken{}, ErrNoToken
	}
	if err != nil {
		return LiveToken{}, fmt.Errorf("query the mini program: %w", err)
	}
	var token *order.Token
	if err := value.Get(&token); err != nil {
		return LiveToken{}, fmt.Errorf("read the mini program's answer: %w", err)
	}
	if token == nil {
		return LiveToken{}, ErrNoToken
	}
	plain, err := k.Ring.Open(token.Sealed, appID, order.SealToken)
	if err != nil {
		return LiveToken{}, unopened(err, "the token")
	}
	return LiveToken{Secret: alipay.Secret(plain), Fingerprint: token.Fingerprint}, nil
}

// CheckToken asks Alipay whether the MiniProgram's token is valid. It changes nothing
// at Alipay. A question that is refused for another reason than the token ends as that
// refusal and says nothing of the token.
func (a *Alipay) CheckToken(ctx context.Context, question TokenQuestion) (TokenAnswer, error) {
	answer, err := a.askToken(ctx, question)
	return answer, refusal(err, "authorization")
}

// AwaitRevocation asks about the token until it is not valid any more. It changes
// nothing at Alipay. A refusal that is not about the token is not an answer: the question
// is asked again when it would have been.
func (a *Alipay) AwaitRevocation(ctx context.Context, question TokenQuestion) (TokenAnswer, error) {
	answer, err := a.askToken(ctx, question)
	delay := question.Pacing.Schedule.Delay(attempt(ctx))
	switch class := gateway.ClassOf(err); {
	case class == codes.ClassFix, class == codes.ClassAuthorization, class == codes.ClassPermanent:
		return answer, waiting("asked whether the token is valid, and refused: "+err.Error(), delay)
	case err != nil:
		return answer, paced(ctx, err, "authorization", question.Pacing)
	case !answer.Valid, question.Pacing.Once:
		return answer, nil
	}
	return answer, waiting("asked whether the token is valid: it is", delay)
}

func (a *Alipay) askToken(ctx context.Context, question TokenQuestion) (TokenAnswer, error) {
	client, err := a.gateway(question.AppID)
	if err != nil {
		return TokenAnswer{}, err
	}
	token, err := a.Tokens.Fresh(ctx, question.AppID, question.MiniAppID)
	if errors.Is(err, ErrNoToken) || (err == nil && token.Fingerprint != question.Fingerprint) {
		return TokenAnswer{Replaced: true}, nil
	}
	if err != nil {
		return TokenAnswer{}, err
	}
	status, err := client.QueryToken(ctx, token.Secret)
	switch {
	case gateway.SaysTokenDead(err):
		return TokenAnswer{}, nil
	case err != nil:
		return TokenAnswer{}, err
	case !status.Valid && !status.Invalid:
		return TokenAnswer{}, failed(&Failure{
			Class: FailurePermanent, Code: "TOKEN_STATUS_UNKNOWN", Message: "Alipay gave the token a status that it has not published",
		})
	}
	return TokenAnswer{Valid: status.Valid}, nil
}
