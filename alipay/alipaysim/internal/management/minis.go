package management

import (
	"cmp"
	"net/http"

	"miniflow/alipay/alipaysim/internal/problem"
	"miniflow/alipay/alipaysim/internal/world"
	"miniflow/alipay/alipaysim/lifecycle"
	"miniflow/alipay/alipaysim/script"
	"miniflow/alipay/alipaysim/wire"
)

// auditMini is POST /sim/v1/mini-programs/{id}/audit: the reviewer decides now
// about the version in audit. The body is an AuditRule without after.
func (a *API) auditMini(r *http.Request) (any, error) {
	var in script.AuditRule
	if err := readJSON(r, &in, false); err != nil {
		return nil, err
	}
	if err := cmp.Or(in.Check(), script.OneOf("result", in.Result, "pass", "reject", "base_pass")); err != nil {
		return nil, problem.Refuse(http.StatusUnprocessableEntity, "%v; nothing was changed", err)
	}
	if in.After > 0 {
		return nil, problem.Refuse(http.StatusUnprocessableEntity, "after can't be given here: the reviewer decides now; put it into a rule")
	}
	return a.decideAbout(r, func(t *world.Tx, mini *world.Mini) (any, error) {
		for _, version := range t.Versions(mini.MiniAppID, "") {
			if version.Phase == lifecycle.Auditing && t.Decide(version, mini, in) {
				return miniView(t, mini), nil
			}
		}
		return nil, problem.Refuse(http.StatusConflict, "no version of %s is in audit; submit one first", mini.MiniAppID)
	})
}

// authorizeMini is POST /sim/v1/mini-programs/{id}/authorize: the merchant gives
// an authorisation now. via "notify" (the default) pushes open_app_auth_notify;
// via "link" answers with the app_auth_code that would come on the redirect.
func (a *API) authorizeMini(r *http.Request) (any, error) {
	var in struct {
		AppID string `json:"app_id"`
		Via   string `json:"via"`
	}
	if err := readJSON(r, &in, true); err != nil {
		return nil, err
	}
	if err := script.OneOf("via", in.Via, "", "notify", "link"); err != nil {
		return nil, problem.Refuse(http.StatusUnprocessableEntity, "%v; nothing was changed", err)
	}
	return a.decideAbout(r, func(t *world.Tx, mini *world.Mini) (any, error) {
		appID := cmp.Or(in.AppID, mini.AppID)
		if _, known := a.World.Apps.Get(appID); !known {
			return nil, problem.Refuse(http.StatusUnprocessableEntity, "app_id %q is not configured; use one of GET /sim/v1/state's apps", appID)
		}
		if appID != mini.AppID && t.TokenValid(mini.Token) {
			return nil, problem.Refuse(http.StatusConflict, "%s is authorised to %s; revoke that first, one mini program has one third-party app", mini.MiniAppID, mini.AppID)
		}
		if in.Via == "link" {
			code := t.IssueCode(mini, appID)
			return wire.Object{{"app_auth_code", code.Code}, {"app_id", appID}, {"source", "alipay_app_auth"}}, nil
		}
		t.Authorize(mini, appID)
		return miniView(t, mini), nil
	})
}

// revokeMini is POST /sim/v1/mini-programs/{id}/revoke: the merchant takes the
// authorisation back now, and the app that held it receives the message.
func (a *API) revokeMini(r *http.Request) (any, error) {
	if err := readJSON(r, &struct{}{}, true); err != nil {
		return nil, err
	}
	return a.decideAbout(r, func(t *world.Tx, mini *world.Mini) (any, error) {
		if !t.Revoke(mini) {
			return nil, problem.Refuse(http.StatusConflict, "%s has no valid authorisation to revoke; authorize it first", mini.MiniAppID)
		}
		return miniView(t, mini), nil
	})
}

// takeDownMini is POST /sim/v1/mini-programs/{id}/take-down: the platform forces
// what is online off line. No push follows.
func (a *API) takeDownMini(r *http.Request) (any, error) {
	if err := readJSON(r, &struct{}{}, true); err != nil {
		return nil, err
	}
	return a.decideAbout(r, func(t *world.Tx, mini *world.Mini) (any, error) {
		taken := 0
		for _, version := range t.Versions(mini.MiniAppID, "") {
			if version.Step(lifecycle.StepTakenDown) {
				version.OfflineAt = t.Now
				t.Save(version)
				taken++
			}
		}
		if taken == 0 {
			return nil, problem.Refuse(http.StatusConflict, "no version of %s is online; put one online first", mini.MiniAppID)
		}
		return miniView(t, mini), nil
	})
}

// fileMini is PUT /sim/v1/mini-programs/{id}/filing: how far its ICP filing is. No push follows.
func (a *API) fileMini(r *http.Request) (any, error) {
	var in world.Filing
	if err := readJSON(r, &in, false); err != nil {
		return nil, err
	}
	return a.decideAbout(r, func(t *world.Tx, mini *world.Mini) (any, error) {
		t.SetFiling(mini, in)
		return miniView(t, mini), nil
	})
}

// viewToken is GET /sim/v1/mini-programs/{id}/token, the only view that shows a token:
// a client that lost it could otherwise not go on without a new authorisation.
func (a *API) viewToken(r *http.Request) (body any, err error) {
	var refusal error
	err = a.World.Look(func(t *world.Tx) {
		mini, missing := miniNamed(t, r)
		if refusal = missing; missing != nil {
			return
		}
		token := &world.Token{Token: mini.Token}
		if mini.Token == "" || !t.Load(token) {
			refusal = problem.Refuse(http.StatusConflict, "%s was never authorised; authorize it first", mini.MiniAppID)
			return
		}
		body = wire.Object{{"app_auth_token", token.Token}, {"app_refresh_token", token.Refresh}, {"app_id", token.AppID},
			{"auth_app_id", token.MiniAppID}, {"user_id", token.PID}, {"state", token.State}, {"auth_time", token.AuthTime.UnixMilli()}}
	})
	return body, cmp.Or(refusal, err)
}
