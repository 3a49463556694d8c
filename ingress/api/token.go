package api

import (
	"context"
	"errors"
	"fmt"
	"time"

	"miniflow/alipay"
	"miniflow/alipay/gateway"
	"miniflow/ingress/api/problem"
	"miniflow/ingress/api/strict"
	"miniflow/order"
)

type codeBody struct {
	AppID       string `json:"app_id" maxLength:"64" doc:"The third-party application that was authorised."`
	AppAuthCode string `json:"app_auth_code" pattern:"^[!-~]{1,256}$" patternDescription:"the code as Alipay gave it" doc:"From the redirect; works once and for 24 hours."`
}

type codeInput struct{ RawBody []byte }

type codeOutput struct{ Body miniProgramList }

// miniProgramList is the answer to an exchanged code. It contains no token, because reading
// one is recorded separately.
type miniProgramList struct {
	// MiniPrograms are those that the merchant authorised together, because one code may be
	// for several.
	MiniPrograms []order.MiniProgramView `json:"mini_programs"`
}

func (a *API) exchangeCode(bodies strict.Reader[codeBody]) func(context.Context, *codeInput) (*codeOutput, error) {
	return func(ctx context.Context, input *codeInput) (*codeOutput, error) {
		var fields problem.Fields
		body, err := bodies.Read(input.RawBody, &fields)
		if err != nil {
			return nil, err
		}
		if err := a.startFor(ctx, "app_id", body.AppID, &fields); err != nil {
			return nil, err
		}
		if err := fields.Err(); err != nil {
			return nil, err
		}
		recordOf(ctx).trail.Detail.AppID = body.AppID
		// From here on a caller that disconnects must not cost the merchant's token.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), importWithin)
		defer cancel()
		tokens, err := a.apps[body.AppID].Tokens.ExchangeCode(ctx, alipay.Secret(body.AppAuthCode))
		switch {
		case errors.Is(err, gateway.ErrObserving):
			return nil, problem.New(problem.NotNow, "the app is observed, and the exchange would spend the code that the system which acts needs; "+
				"let that system exchange it and import the token: PUT /v1/mini-programs/{app_id}/{mini_app_id}/authorization")
		case gateway.SaysCodeSpent(err):
			return nil, problem.Bad("app_auth_code", "Alipay does not take this code; it is spent, over 24 hours old or another app's. Let the merchant authorise again")
		case err != nil:
			return nil, alipayProblem(err, "exchange the code", "if the code is refused then, the merchant has to authorise again")
		}
		return a.importAll(ctx, body.AppID, tokens)
	}
}

// importAll keeps every token before it reports that one could not be kept, because the code
// is spent and none of them can be had again.
func (a *API) importAll(ctx context.Context, appID string, tokens []gateway.AppToken) (*codeOutput, error) {
	output := &codeOutput{Body: miniProgramList{MiniPrograms: []order.MiniProgramView{}}}
	var failed error
	for _, token := range tokens {
		view, err := a.importToken(ctx, appID, token, a.config.Now().UTC(), "code")
		if err != nil {
			failed = fmt.Errorf("mini program %s: %w", token.AuthAppID, err)
			continue
		}
		output.Body.MiniPrograms = append(output.Body.MiniPrograms, view)
	}
	if failed != nil {
		return nil, problem.New(problem.Failed,
			"the code is spent and not every token could be kept; let the merchant authorise again").Because(failed)
	}
	return output, nil
}

type readTokenInput struct {
	MiniProgramPath
	Actor string `header:"X-Actor" doc:"The person who reads, at most 64 bytes."`
}

type tokenOutput struct{ Body tokenView }

// tokenView is the only answer of this API that contains a secret, so it has a call and a
// scope of its own.
type tokenView struct {
	AppAuthToken    string    `json:"app_auth_token"`
	AppRefreshToken string    `json:"app_refresh_token,omitempty"`
	AuthTime        time.Time `json:"auth_time"`
}

// readToken handles POST /v1/mini-programs/{app_id}/{mini_app_id}/token. It is a POST because
// it leaves a trace in the log.
func (a *API) readToken(ctx context.Context, input *readTokenInput) (*tokenOutput, error) {
	var fields problem.Fields
	checkHeader("X-Actor", input.Actor, maxActor, &fields)
	if err := fields.Err(); err != nil {
		return nil, err
	}
	asking, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	token, err := ask[*order.Token](asking, a.config.Temporal, input.workflowID(), "", order.TokenQuery)
	switch {
	case err != nil:
		return nil, a.miniProgramProblem(ctx, input.MiniProgramPath, "read the mini program", err)
	case token == nil:
		return nil, problem.Of(problem.TokenMissing)
	}
	output := &tokenOutput{Body: tokenView{AuthTime: token.AuthTime}}
	if output.Body.AppAuthToken, err = a.opened(token.Sealed, input.AppID); err != nil {
		return nil, err
	}
	if output.Body.AppRefreshToken, err = a.opened(token.Refresh, input.AppID); err != nil {
		return nil, err
	}
	if err := a.reveal(ctx, "app_auth_token"); err != nil {
		return nil, err
	}
	a.config.Log.InfoContext(ctx, "app_auth_token read", "app_id", input.AppID, "mini_app_id", input.MiniAppID,
		logCaller, callerOf(ctx).name, "actor", input.Actor)
	return output, nil
}

func (a *API) opened(sealed order.Sealed, appID string) (string, error) {
	if sealed == "" {
		return "", nil
	}
	plain, err := a.config.Sealer.Open(sealed, appID, order.SealToken)
	if err != nil {
		return "", fmt.Errorf("open the token: %w", err)
	}
	return string(plain), nil
}
