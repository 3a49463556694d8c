package alipaysim

// exchangeToken is alipay.open.auth.token.app: a code or a refresh token becomes
// a new token, once. No push tells of it.
func (c *call) exchangeToken() answer {
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
		return fail("GRANT_TYPE_INVALID", "grant_type 应为 authorization_code 或 refresh_token")
	}
	code := &codeRecord{Code: given}
	mini := &miniRecord{}
	switch {
	case given == "" || !c.load(code) || code.Refresh != refresh:
		return fail(missing, "授权码或刷新令牌不存在")
	case code.AppID != c.app.ID:
		return fail("APP_ID_NOT_CONSISTENT", "授权码与当前应用不一致")
	case code.Used || (!code.ValidTill.IsZero() && c.Now.After(code.ValidTill)):
		return fail(spent, "授权码或刷新令牌已使用或已过期")
	}
	if mini.MiniAppID = code.MiniAppID; !c.load(mini) {
		return fail("AUTH_TOKEN_NOT_FOUND", "授权关系不存在")
	}
	code.Used = true
	c.save(code)
	return done(granted(c.issueToken(mini, c.app.ID))...)
}

// granted is the answer of an exchange: a list, and the same again at the top.
func granted(r *tokenRecord) pairs {
	one := pairs{{"app_auth_token", r.Token}, {"app_refresh_token", r.Refresh}, {"auth_app_id", r.MiniAppID},
		{"user_id", r.PID}, {"expires_in", tokenSeconds}, {"re_expires_in", refreshSeconds}}
	return append(pairs{{"tokens", []pairs{one}}}, one...)
}

// queryToken is alipay.open.auth.token.app.query. The token it asks about is a
// field of the content; a revoked or replaced one is known and invalid.
func (c *call) queryToken() answer {
	token := &tokenRecord{Token: c.text("app_auth_token")}
	switch {
	case token.Token == "":
		return fail("ILLEGAL_PARAM", "参数有误: app_auth_token 不能为空")
	case !c.load(token):
		return fail("AUTH_TOKEN_NOT_EXISTED", "授权令牌不存在")
	case token.AppID != c.app.ID:
		return fail("AUTH_TOKEN_NOT_CONSISTENT", "授权令牌与当前应用不一致")
	}
	status := "invalid"
	if token.State == tokenValid {
		status = "valid"
	}
	start := token.AuthTime.In(beijing())
	return succeed(pair{"auth_app_id", token.MiniAppID}, pair{"user_id", token.PID},
		pair{"auth_methods", []string{string(stepUpload), string(stepApply), string(stepOnline)}},
		pair{"auth_start", start.Format(wireTime)}, pair{"auth_end", start.AddDate(1, 0, 0).Format(wireTime)},
		pair{"expires_in", tokenSeconds}, pair{"is_by_app_auth", true}, pair{"status", status})
}
