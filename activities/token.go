package activities

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"miniflow/alipay"
	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
	"miniflow/order"
	"miniflow/temporalio"
	"miniflow/words"
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

// Entities reads a workflow's memo, and asks a workflow where that says nothing. A Temporal client
// does.
type Entities interface {
	Querier
	DescribeWorkflowExecution(ctx context.Context, workflowID, runID string) (*workflowservice.DescribeWorkflowExecutionResponse, error)
	ListWorkflow(ctx context.Context, request *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error)
}

// Bounds of a keeper's memory. A token does not run out: one that was replaced or revoked is refused
// by Alipay, and then asked for again. So its life only bounds for how long a secret that nobody
// uses any more is kept.
const (
	tokenLife  = 5 * time.Minute
	tokensKept = 1000
)

// TokenKeeper reads the token in its MiniProgram's memo, with a short memory: that needs no worker
// and wakes no workflow. No activity's input and no history has a token in clear.
type TokenKeeper struct {
	Temporal  Entities
	Namespace string
	Ring      Opener
	Now       func() time.Time

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

// Fresh reads the MiniProgram's token, past all memory.
func (k *TokenKeeper) Fresh(ctx context.Context, appID, miniAppID string) (LiveToken, error) {
	key := appID + "/" + miniAppID
	token, err := k.read(ctx, appID, miniAppID)
	k.mutex.Lock()
	defer k.mutex.Unlock()
	delete(k.kept, key)
	if err != nil {
		return LiveToken{}, err
	}
	k.keep(key, token)
	return token, nil
}

// keep remembers a token. The caller holds the lock.
func (k *TokenKeeper) keep(key string, token LiveToken) {
	k.makeRoom()
	if k.kept == nil {
		k.kept = map[string]keptToken{}
	}
	k.kept[key] = keptToken{token: token, until: k.Now().Add(tokenLife)}
}

// Foresee reads the tokens of many mini programs in one list, for somebody who is about to ask about
// all of them: one by one they would each be loaded from Temporal's store. A list may lag behind,
// and a token that was replaced just now is refused like any other; one that is not found is read
// when it is needed.
func (k *TokenKeeper) Foresee(ctx context.Context, appID string, miniAppIDs []string) error {
	ids := make(map[string]string, len(miniAppIDs))
	k.mutex.Lock()
	for _, miniAppID := range miniAppIDs {
		if kept, known := k.kept[appID+"/"+miniAppID]; !known || k.Now().After(kept.until) {
			ids[order.MiniProgramWorkflowID(appID, miniAppID)] = miniAppID
		}
	}
	k.mutex.Unlock()
	if len(ids) < 2 {
		return nil
	}
	query := temporalio.NewQuery(order.MiniProgramWorkflowType, appID).Running().OneOf("WorkflowId", slices.Sorted(maps.Keys(ids)))
	listed, err := k.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: k.Namespace, Query: query.String(), PageSize: int32(min(len(ids), tokensKept)),
	})
	if err != nil {
		return fmt.Errorf("list the mini programs: %w", err)
	}
	for _, row := range listed.GetExecutions() {
		if token, known := temporalio.Memo[*order.Token](row, order.TokenMemo); known && token != nil {
			k.Learn(TokenOf{AppID: appID, MiniAppID: ids[row.GetExecution().GetWorkflowId()], Token: *token})
		}
	}
	return nil
}

// Learn remembers a token that somebody has read. One that can't be opened is read again when it is
// needed, and the error shows there.
func (k *TokenKeeper) Learn(of TokenOf) {
	plain, err := k.Ring.Open(of.Token.Sealed, of.AppID, order.SealToken)
	if err != nil {
		return
	}
	k.mutex.Lock()
	defer k.mutex.Unlock()
	k.keep(of.AppID+"/"+of.MiniAppID, LiveToken{Secret: alipay.Secret(plain), Fingerprint: of.Token.Fingerprint})
}

// makeRoom forgets every token that has run out once the memory is full, and all where none has: a
// Sweep passes by more mini programs than are worth remembering.
func (k *TokenKeeper) makeRoom() {
	if len(k.kept) < tokensKept {
		return
	}
	now := k.Now()
	maps.DeleteFunc(k.kept, func(_ string, kept keptToken) bool { return now.After(kept.until) })
	if len(k.kept) >= tokensKept {
		clear(k.kept)
	}
}

func (k *TokenKeeper) read(ctx context.Context, appID, miniAppID string) (LiveToken, error) {
	token, err := k.sealed(ctx, order.MiniProgramWorkflowID(appID, miniAppID))
	switch {
	case temporalio.NotFound(err):
		return LiveToken{}, ErrNoToken
	case err != nil:
		return LiveToken{}, err
	case token == nil:
		return LiveToken{}, ErrNoToken
	}
	plain, err := k.Ring.Open(token.Sealed, appID, order.SealToken)
	if err != nil {
		return LiveToken{}, unopened(err, "the token")
	}
	return LiveToken{Secret: alipay.Secret(plain), Fingerprint: token.Fingerprint}, nil
}

// sealed returns the token as the MiniProgram keeps it, nil where it has none. An entity that an
// older build runs has none in its memo, and is asked.
func (k *TokenKeeper) sealed(ctx context.Context, id string) (*order.Token, error) {
	described, err := k.Temporal.DescribeWorkflowExecution(ctx, id, "")
	if err != nil {
		return nil, fmt.Errorf("look at the mini program: %w", err)
	}
	if token, known := temporalio.Memo[*order.Token](described.GetWorkflowExecutionInfo(), order.TokenMemo); known {
		return token, nil
	}
	value, err := k.Temporal.QueryWorkflow(ctx, id, "", order.TokenQuery)
	if err != nil {
		return nil, fmt.Errorf("query the mini program: %w", err)
	}
	var token *order.Token
	if err := value.Get(&token); err != nil {
		return nil, fmt.Errorf("read the mini program's answer: %w", err)
	}
	return token, nil
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
			Class: FailurePermanent, Code: "TOKEN_STATUS_UNKNOWN", Message: words.New("failure.token_status"),
		})
	}
	return TokenAnswer{Valid: status.Valid}, nil
}
