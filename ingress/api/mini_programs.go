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
)

// MiniProgramPath names one mini program. It is exported for the framework.
type MiniProgramPath struct {
	AppID     string `path:"app_id" maxLength:"64" doc:"The third-party application."`
	MiniAppID string `path:"mini_app_id" pattern:"^[0-9A-Za-z]{1,32}$" doc:"Alipay's id of the mini program."`
}

// workflowID is the id of the entity behind the mini program.
func (p MiniProgramPath) workflowID() string {
	return order.MiniProgramWorkflowID(p.AppID, p.MiniAppID)
}

type miniProgramInput struct{ MiniProgramPath }

type miniProgramOutput struct{ Body order.MiniProgramView }

// noSuchMiniProgram says 404. A mini program is known from its first message or token on.
const noSuchMiniProgram = "Miniflow knows no such mini program; check app_id and mini_app_id"

// routeMiniPrograms registers mini programs and all that has to do with tokens.
// Whoever may bring a token in decides in whose name calls are made: that is as
// much as reading one, so the scope is the same.
func (a *API) routeMiniPrograms(calls huma.API) {
	const path = "/v1/mini-programs/{app_id}/{mini_app_id}"
	call(a, calls, APIScopeRead, huma.Operation{
		OperationID: "get-mini-program", Method: http.MethodGet, Path: path, Tags: []string{"mini programs"},
		Summary: "Authorisation, the order in charge, what is online",
	}, a.getMiniProgram)
	imports := strict.NewReader[authorizationBody](a.schemas)
	describeBody(call(a, calls, APIScopeToken, huma.Operation{
		OperationID: "import-authorization", Method: http.MethodPut, Path: path + "/authorization", Tags: []string{"authorisation"},
		Summary: "Import a merchant's app_auth_token", Description: "Checked by alipay.open.auth.token.app.query first. The newest auth_time wins.",
	}, a.importAuthorization(imports)), imports.Schema)
	call(a, calls, APIScopeToken, huma.Operation{
		OperationID: "read-token", Method: http.MethodPost, Path: path + "/token", Tags: []string{"authorisation"},
		Summary: "Read the merchant's app_auth_token", Description: "Recorded in the log of Miniflow: who read, not what.",
	}, a.readToken)
	codes := strict.NewReader[codeBody](a.schemas)
	describeBody(call(a, calls, APIScopeToken, huma.Operation{
		OperationID: "exchange-code", Method: http.MethodPost, Path: "/v1/authorizations", Tags: []string{"authorisation"},
		Summary: "Exchange the app_auth_code of an authorisation redirect", Description: "A code works once; what it brings is kept before the answer.",
	}, a.exchangeCode(codes)), codes.Schema)
	a.routeClose(calls, path)
}

// getMiniProgram is GET /v1/mini-programs/{app_id}/{mini_app_id}.
func (a *API) getMiniProgram(ctx context.Context, input *miniProgramInput) (*miniProgramOutput, error) {
	asking, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	view, err := ask[order.MiniProgramView](asking, a.config.Temporal, input.workflowID(), "", order.ViewQuery)
	if err != nil {
		return nil, a.miniProgramProblem(ctx, input.MiniProgramPath, "read the mini program", err)
	}
	s, err := a.standing(ctx, input.workflowID(), noSuchMiniProgram)
	if err != nil {
		return nil, err
	}
	view.Execution, view.Interruption = s.execution, s.interruption
	if s.execution == order.ExecutionTerminated {
		view.Interruption.Remedy = remedyTerminatedEntity
	}
	return &miniProgramOutput{Body: view}, nil
}

// authorizationBody is what PUT …/authorization takes. A token is 40 characters
// today; Alipay promises no length.
type authorizationBody struct {
	AppAuthToken    string `json:"app_auth_token" pattern:"^[!-~]{1,256}$" patternDescription:"the token as Alipay gave it" doc:"The token."`
	AppRefreshToken string `json:"app_refresh_token,omitempty" pattern:"^[!-~]{1,256}$" patternDescription:"the token as Alipay gave it"`
	AuthTime        string `json:"auth_time,omitempty" maxLength:"40" doc:"When the merchant authorised, RFC 3339. Alipay's own auth_start counts where it gives one; now when both are missing."`
}

// authorizationInput names the mini program; its body holds secrets and is read
// by [strict.bodyReader], whose complaints hold no values.
type authorizationInput struct {
	MiniProgramPath
	RawBody []byte
}

// importAuthorization is PUT /v1/mini-programs/{app_id}/{mini_app_id}/authorization.
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
			authTime = since // Alipay knows better than whoever imports
		}
		ctx, cancel := context.WithTimeout(ctx, commandWithin)
		defer cancel()
		view, err := a.importToken(ctx, input.AppID, token, authTime.UTC(), "import")
		return &miniProgramOutput{Body: view}, err
	}
}

// readAuthTime refuses a time that is still to come: no later authorisation could win against it.
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

// checkToken asks Alipay whether the token is alive and whose it is, and returns when
// the merchant authorised, zero where Alipay does not say.
func (a *API) checkToken(ctx context.Context, appID string, token gateway.AppToken) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, alipayWithin)
	defer cancel()
	// Asking changes nothing at Alipay, so a caller may repeat the whole call.
	status, err := a.apps[appID].Tokens.QueryToken(ctx, token.Token)
	bad := func(message string) (time.Time, error) {
		return time.Time{}, problem.Invalid([]problem.FieldProblem{{Field: "app_auth_token", Message: message}})
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

// alipayProblem is the answer when Alipay could not be asked, or refused the
// application's own call: a repeated one is refused until somebody has put that right.
// The cause is scrubbed by package alipay and goes to the log.
func alipayProblem(err error, question, so string) *problem.Problem {
	var refused *gateway.Error
	if errors.As(err, &refused) {
		switch refused.Class {
		case codes.ClassFix, codes.ClassAuthorization, codes.ClassPermanent:
			return problem.New(http.StatusBadGateway, "Alipay was asked to %s and refuses the application's own call: %s, %s. Put that right (miniflow doctor tries the application), then try again; %s",
				question, cmp.Or(refused.SubCode, refused.Code, "not sent"), refused.Advice, so).Because(err)
		case codes.ClassRetry, codes.ClassWait, codes.ClassQuery, codes.ClassUnknown:
		}
	}
	return problem.New(http.StatusBadGateway, "Alipay gave no usable answer when it was asked to %s. Try again after Retry-After; %s", question, so).After(againSoon).Because(err)
}

// importToken hands a token, sealed, to the mini program, which is started if it
// does not run. It tries for as long as ctx lasts: a code's token can't be had
// again. Repeating is harmless, for a mini program knows a token by its fingerprint.
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
	path := MiniProgramPath{AppID: appID, MiniAppID: token.AuthAppID}
	view, err := again(ctx, func() (order.MiniProgramView, error) { return a.keepToken(ctx, path, kept) })
	if err != nil {
		return view, a.miniProgramProblem(ctx, path, "keep the token", err)
	}
	view.Execution = order.ExecutionRunning
	return view, nil
}

// keepToken starts the entity and hands it the token in one call: between two it could close.
func (a *API) keepToken(ctx context.Context, path MiniProgramPath, token order.Token) (view order.MiniProgramView, _ error) {
	start := a.config.Temporal.NewWithStartWorkflowOperation(temporalio.StartMiniProgram(path.AppID, path.MiniAppID), order.MiniProgramWorkflowType, order.MiniProgramInput{AppID: path.AppID, MiniAppID: path.MiniAppID, Schedules: a.config.Schedules})
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

// miniProgramProblem is the answer to a call to a mini program that failed. One
// that an operator has stopped says so; it keeps no summary that could be shown.
func (a *API) miniProgramProblem(ctx context.Context, path MiniProgramPath, what string, err error) error {
	if sentence, refused := refusal(err); refused {
		return problem.New(http.StatusConflict, "%s", sentence)
	}
	if why := a.stoppedProblem(ctx, path.workflowID(), "this mini program", err); why != nil {
		return why
	}
	return temporalProblem(err, what, noSuchMiniProgram)
}
