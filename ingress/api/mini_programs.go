package api

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"go.temporal.io/sdk/client"

	"miniflow/alipay"
	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
	"miniflow/ingress/api/problem"
	"miniflow/ingress/api/strict"
	"miniflow/order"
	"miniflow/temporalio"
	"miniflow/words"
)

// MiniProgramPath names one mini program. It is exported because the framework ignores
// unexported embedded types.
type MiniProgramPath struct {
	AppID     string `path:"app_id" maxLength:"64" doc:"The third-party application."`
	MiniAppID string `path:"mini_app_id" pattern:"^[0-9A-Za-z]{1,32}$" doc:"Alipay's id of the mini program."`
}

func (p MiniProgramPath) workflowID() string {
	return order.MiniProgramWorkflowID(p.AppID, p.MiniAppID)
}

type miniProgramInput struct{ MiniProgramPath }

type miniProgramOutput struct{ Body order.MiniProgramView }

// tagAuthorisation groups the calls that ask Alipay.
const tagAuthorisation = "authorisation"

// routeMiniPrograms registers mini programs and everything about tokens. Importing a token
// decides in whose name calls are made, which is as powerful as reading one, so both need the
// same scope.
func (a *API) routeMiniPrograms(calls huma.API) {
	const path = "/v1/mini-programs/{app_id}/{mini_app_id}"
	call(a, calls, APIScopeRead, huma.Operation{
		OperationID: "get-mini-program", Method: http.MethodGet, Path: path, Tags: []string{"mini programs"},
		Summary: "Authorisation, the order in charge, what is online",
	}, a.getMiniProgram)
	call(a, calls, APIScopeRead, huma.Operation{
		OperationID: "list-mini-programs", Method: http.MethodGet, Path: "/v1/mini-programs", Tags: []string{"mini programs"},
		Summary:     "List mini programs",
		Description: "Those that Miniflow keeps: an order needs them, or a token of theirs is alive. In no order. Each is asked by itself; one that does not answer in time is shown by what lists know of it, with execution failing or paused where that is why.",
	}, a.listMiniPrograms)
	imports := strict.NewReader[authorizationBody](a.schemas)
	describeBody(call(a, calls, APIScopeToken, huma.Operation{
		OperationID: "import-authorization", Method: http.MethodPut, Path: path + "/authorization", Tags: []string{tagAuthorisation},
		Summary: "Import a merchant's app_auth_token", Description: "Checked by alipay.open.auth.token.app.query first. The newest auth_time wins.",
	}, a.importAuthorization(imports)), imports.Schema)
	call(a, calls, APIScopeToken, huma.Operation{
		OperationID: "read-token", Method: http.MethodPost, Path: path + "/token", Tags: []string{tagAuthorisation},
		Summary: "Read the merchant's app_auth_token", Description: "Recorded in the log of Miniflow: who read, not what.",
	}, a.readToken)
	codes := strict.NewReader[codeBody](a.schemas)
	describeBody(call(a, calls, APIScopeToken, huma.Operation{
		OperationID: "exchange-code", Method: http.MethodPost, Path: "/v1/authorizations", Tags: []string{tagAuthorisation},
		Summary: "Exchange the app_auth_code of an authorisation redirect", Description: "A code works once; what it brings is kept before the answer.",
	}, a.exchangeCode(codes)), codes.Schema)
	a.routeClose(calls, path)
	a.routeDownwards(calls, path)
	a.routeCertify(calls, path)
}

func (a *API) getMiniProgram(ctx context.Context, input *miniProgramInput) (*miniProgramOutput, error) {
	asking, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	view, err := ask[order.MiniProgramView](asking, a.config.Temporal, input.workflowID(), "", order.ViewQuery)
	if err != nil {
		return nil, a.miniProgramProblem(ctx, input.MiniProgramPath, "read the mini program", err)
	}
	s, err := a.standing(ctx, input.workflowID(), problem.MiniProgramUnknown)
	if err != nil {
		return nil, err
	}
	view.Execution, view.Interruption, view.Events = s.execution, s.interruption, filled(view.Events)
	if s.execution == order.ExecutionTerminated {
		view.Interruption.Remedy = words.Sentence(remedyTerminatedEntity)
	}
	return &miniProgramOutput{Body: view}, nil
}

// authorizationBody is the body of PUT …/authorization. The pattern allows more than today's
// 40 characters, because Alipay promises no length.
type authorizationBody struct {
	AppAuthToken    string `json:"app_auth_token" pattern:"^[!-~]{1,256}$" patternDescription:"the token as Alipay gave it" doc:"The token."`
	AppRefreshToken string `json:"app_refresh_token,omitempty" pattern:"^[!-~]{1,256}$" patternDescription:"the token as Alipay gave it"`
	AuthTime        string `json:"auth_time,omitempty" maxLength:"40" doc:"When the merchant authorised, RFC 3339. Alipay's own auth_start counts where it gives one; now when both are missing."`
}

// authorizationInput reads its body with [strict.Reader], because that never repeats a value,
// and the values are secrets.
type authorizationInput struct {
	MiniProgramPath
	RawBody []byte
}

func (a *API) importAuthorization(bodies strict.Reader[authorizationBody]) func(context.Context, *authorizationInput) (*miniProgramOutput, error) {
	return func(ctx context.Context, input *authorizationInput) (*miniProgramOutput, error) {
		var fields problem.Fields
		body, err := bodies.Read(input.RawBody, &fields)
		if err != nil {
			return nil, err
		}
		authTime := a.readAuthTime(body.AuthTime, &fields)
		if err := fields.Err(); err != nil {
			return nil, err
		}
		token := gateway.AppToken{
			Token: alipay.Secret(body.AppAuthToken), RefreshToken: alipay.Secret(body.AppRefreshToken), AuthAppID: input.MiniAppID,
		}
		since, err := a.checkToken(ctx, input.AppID, token)
		if err != nil {
			return nil, err
		}
		if !since.IsZero() && since.Before(a.config.Now()) {
			authTime = since // Alipay knows better than the caller
		}
		ctx, cancel := context.WithTimeout(ctx, commandWithin)
		defer cancel()
		view, err := a.importToken(ctx, input.AppID, token, authTime.UTC(), "import")
		return &miniProgramOutput{Body: view}, err
	}
}

// readAuthTime refuses a future time, because no later authorisation could win against it.
func (a *API) readAuthTime(text string, fields *problem.Fields) time.Time {
	now := a.config.Now().UTC()
	if text == "" {
		return now
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil || at.After(now.Add(5*time.Minute)) {
		fields.Add("auth_time", "write the moment of the authorisation as RFC 3339, not in the future")
	}
	return at.UTC()
}

// checkToken asks Alipay whether the token is valid and whose it is, because a wrong one
// would stop the mini program, and returns when the merchant authorised, zero where Alipay
// returns no time.
func (a *API) checkToken(ctx context.Context, appID string, token gateway.AppToken) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, alipayWithin)
	defer cancel()
	// The query changes nothing at Alipay, so a caller may repeat the whole call.
	status, err := a.apps[appID].Tokens.QueryToken(ctx, token.Token)
	bad := func(message string) (time.Time, error) {
		return time.Time{}, problem.Bad("app_auth_token", "%s", message)
	}
	switch {
	case gateway.SaysTokenDead(err):
		return bad("Alipay does not know this token as one of this app; let the merchant authorise again")
	case err != nil:
		return time.Time{}, alipayProblem(err, "say whether the token is valid", "the token is not kept")
	case !status.Valid:
		return bad("Alipay says that this token is not valid any more; let the merchant authorise again")
	case status.AuthAppID != token.AuthAppID:
		return bad("this token belongs to another mini program; check mini_app_id")
	}
	return status.Start, nil
}

// alipayProblem returns the answer when Alipay could not be reached, or refused the
// application's own call: a repetition is refused until an operator has corrected something.
// The cause contains no secrets, see package gateway, and goes to the log.
func alipayProblem(err error, question, so string) *problem.Problem {
	var refused *gateway.Error
	if errors.As(err, &refused) {
		switch refused.Class {
		case codes.ClassFix, codes.ClassAuthorization, codes.ClassPermanent:
			return problem.New(problem.AlipayRefused, "Alipay was asked to %s and refuses the application's own call: %s, %s. Put that right (miniflow doctor tries the application), then try again; %s",
				question, cmp.Or(refused.SubCode, refused.Code, "not sent"), refused.Advice, so).Because(err)
		case codes.ClassRetry, codes.ClassWait, codes.ClassQuery, codes.ClassUnknown:
		}
	}
	return problem.New(problem.AlipayUnanswered, "Alipay gave no usable answer when it was asked to %s. Try again after Retry-After; %s", question, so).After(againSoon).Because(err)
}

// importToken sends a token, sealed, to the mini program, which is started if necessary. It
// retries until ctx ends, because the token of a code can't be obtained again. Repeating is
// harmless, because a mini program recognises a token by its fingerprint.
func (a *API) importToken(ctx context.Context, appID string, token gateway.AppToken, authTime time.Time, source string) (order.MiniProgramView, error) {
	kept := order.Token{Fingerprint: order.Fingerprint(token.Token.Reveal()), AuthTime: authTime, Source: source}
	var err error
	if kept.Sealed, err = a.sealed([]byte(token.Token.Reveal()), appID, order.SealToken); err != nil {
		return order.MiniProgramView{}, err
	}
	if token.RefreshToken != "" {
		if kept.Refresh, err = a.sealed([]byte(token.RefreshToken.Reveal()), appID, order.SealToken); err != nil {
			return order.MiniProgramView{}, err
		}
	}
	// As every message names it: Alipay's answer to a code can be anything, and the id becomes a
	// search attribute.
	path := MiniProgramPath{AppID: appID, MiniAppID: order.PlainID(token.AuthAppID)}
	view, err := again(ctx, func() (order.MiniProgramView, error) { return a.keepToken(ctx, path, kept) })
	if err != nil {
		return view, a.miniProgramProblem(ctx, path, "keep the token", err)
	}
	view.Execution = order.ExecutionRunning
	return view, nil
}

// keepToken starts the entity and sends it the token in one call, because the entity could
// close between two calls.
func (a *API) keepToken(ctx context.Context, path MiniProgramPath, token order.Token) (view order.MiniProgramView, _ error) {
	input := order.MiniProgramInput{
		AppID: path.AppID, MiniAppID: path.MiniAppID, Schedules: a.config.Schedules, Language: a.apps[path.AppID].Language,
	}
	start := a.config.Temporal.NewWithStartWorkflowOperation(temporalio.MiniProgramOptions(input), order.MiniProgramWorkflowType, input)
	handle, err := a.config.Temporal.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: start,
		UpdateOptions: client.UpdateWorkflowOptions{
			WorkflowID: path.workflowID(), UpdateName: order.ImportTokenUpdate, Args: []any{token}, WaitForStage: client.WorkflowUpdateStageCompleted,
		},
	})
	if err == nil {
		err = handle.Get(ctx, &view)
	}
	return view, err
}

// miniProgramProblem returns the answer to a failed call to a mini program. A mini program
// that an operator has stopped has no summary that could be shown instead.
func (a *API) miniProgramProblem(ctx context.Context, path MiniProgramPath, what string, err error) error {
	if sentence, refused := refusal(err); refused {
		return problem.New(problem.NotNow, "%s", sentence)
	}
	if why := a.stoppedProblem(ctx, path.workflowID(), "this mini program", err); why != nil {
		return why
	}
	return temporalProblem(err, what, problem.MiniProgramUnknown)
}
