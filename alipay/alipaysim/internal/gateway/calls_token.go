package gateway

import (
	"net/url"

	"miniflow/alipay/alipaysim/internal/admission"
	"miniflow/alipay/alipaysim/internal/world"
	"miniflow/alipay/alipaysim/lifecycle"
	"miniflow/alipay/alipaysim/wire"
)

// exchangeToken is alipay.open.auth.token.app: a code or a refresh token becomes
// a new token, once. No push follows.
func (c *call) exchangeToken() admission.Answer {
	var given string
	missing, spent := "AUTH_CODE_NOT_EXIST", "AUTH_CODE_NOT_VALID"
	refresh := false
	switch c.text("grant_type") {
	case "authorization_code":
		given = c.text("code")
	case "refresh_token":
		given, refresh = c.text("refresh_token"), true
		missing, spent = "REFRESH_TOKEN_NOT_EXIST", "REFRESH_TOKEN_NOT_VALID"
	default:
		return admission.Fail("GRANT_TYPE_INVALID", "grant_type 应为 authorization_code 或 refresh_token")
	}
	code := &world.AuthCode{Code: given}
	mini := &world.Mini{}
	switch {
	case given == "" || !c.Load(code) || code.Refresh != refresh:
		return admission.Fail(missing, "授权码或刷新令牌不存在")
	case code.AppID != c.app.ID:
		return admission.Fail("APP_ID_NOT_CONSISTENT", "授权码与当前应用不一致")
	case code.Used || (!code.ValidTill.IsZero() && c.Now.After(code.ValidTill)):
		return admission.Fail(spent, "授权码或刷新令牌已使用或已过期")
	}
	if mini.MiniAppID = code.MiniAppID; !c.Load(mini) {
		return admission.Fail("AUTH_TOKEN_NOT_FOUND", "授权关系不存在")
	}
	code.Used = true
	c.Save(code)
	return admission.Done(granted(c.IssueToken(mini, c.app.ID))...)
}

// granted is a list, because on the platform one code may stand for several apps, and
// the same again at the top, where clients for a single app look.
func granted(r *world.Token) wire.Object {
	one := wire.Object{{"app_auth_token", r.Token}, {"app_refresh_token", r.Refresh}, {"auth_app_id", r.MiniAppID},
		{"user_id", r.PID}, {"expires_in", world.TokenSeconds}, {"re_expires_in", world.RefreshSeconds}}
	return append(wire.Object{{"tokens", []wire.Object{one}}}, one...)
}

// queryToken is alipay.open.auth.token.app.query. The token it asks about is a
// field of the content; a revoked or replaced one is known and invalid.
func (c *call) queryToken() admission.Answer {
	token := &world.Token{Token: c.text("app_auth_token")}
	switch {
	case token.Token == "":
		return admission.Fail("ILLEGAL_PARAM", "参数有误: app_auth_token 不能为空")
	case !c.Load(token):
		return admission.Fail("AUTH_TOKEN_NOT_EXISTED", "授权令牌不存在")
	case token.AppID != c.app.ID:
		return admission.Fail("AUTH_TOKEN_NOT_CONSISTENT", "授权令牌与当前应用不一致")
	}
	status := "invalid"
	if token.State == world.TokenValid {
		status = "valid"
	}
	start := token.AuthTime.In(wire.Beijing())
	return admission.Succeed(wire.Member{"auth_app_id", token.MiniAppID}, wire.Member{"user_id", token.PID},
		wire.Member{"auth_methods", []string{string(lifecycle.StepUpload), string(lifecycle.StepApply), string(lifecycle.StepOnline)}},
		wire.Member{"auth_start", start.Format(wire.TimeLayout)}, wire.Member{"auth_end", start.AddDate(1, 0, 0).Format(wire.TimeLayout)},
		wire.Member{"expires_in", world.TokenSeconds}, wire.Member{"is_by_app_auth", true}, wire.Member{"status", status})
}

// invite is alipay.open.auth.appauth.invite.create: the address of a page that is not there. The
// merchant's answer is given by the management API.
func (c *call) invite() admission.Answer {
	mini := &world.Mini{MiniAppID: c.text("auth_app_id")}
	switch {
	case mini.MiniAppID == "" || c.text("redirect_url") == "":
		return admission.Fail("INVALID_PARAMETER", "参数有误: auth_app_id、redirect_url 不能为空")
	case !c.Load(mini) || mini.AppID != c.app.ID:
		return admission.Fail("APP_INFO_NOT_EXIST", "小程序不存在")
	}
	return admission.Done(wire.Member{"task_page_url", "https://simulator.invalid/invite?auth_app_id=" + url.QueryEscape(mini.MiniAppID)})
}
