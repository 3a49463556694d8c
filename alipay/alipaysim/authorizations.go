package alipaysim

import "time"

const (
	// tokenLength is that of app_auth_token and app_refresh_token.
	tokenLength = 40
	// codeLength is that of app_auth_code.
	codeLength = 32
	// codeLife is how long an authorisation code can be exchanged.
	codeLife = 24 * time.Hour
	// obsolete life times, still sent: tokens live until revoked or replaced.
	tokenSeconds, refreshSeconds = 31536000, 32140800
)

// merchantAuthorizes is the authorisation that follows an app's creation, or a
// revocation. One that is valid already is left alone.
func (t *tx) merchantAuthorizes(what task) {
	mini := &miniRecord{MiniAppID: what.MiniAppID}
	if t.load(mini) && !t.tokenValid(mini.Token) {
		t.authorize(mini, mini.AppID)
	}
}

// authorize gives the app a new token, which replaces the one before, and tells
// it with open_app_auth_notify.
func (t *tx) authorize(mini *miniRecord, appID string) {
	token := t.issueToken(mini, appID)
	detail := pairs{
		{"app_auth_token", token.Token}, {"app_refresh_token", token.Refresh}, {"app_id", appID},
		{"auth_app_id", mini.MiniAppID}, {"user_id", mini.PID}, {"auth_time", token.AuthTime.UnixMilli()},
		{"app_auth_code", t.hexID(codeLength)}, {"expires_in", tokenSeconds}, {"re_expires_in", refreshSeconds},
	}
	trigger := pairs{{"trigger", "isvcreate"}, {"trigger_context", pairs{{"out_biz_no", mini.OutOrderNo}}}}
	t.push(message{Name: messageAuthorized, App: appID, Legacy: map[string]string{"status": "execute_auth", "auth_app_id": mini.MiniAppID},
		OutOrderNo: mini.OutOrderNo, MiniAppID: mini.MiniAppID,
		Content: pairs{{"notify_context", trigger}, {"detail", detail}}})
}

// issueToken makes a token the mini program's only valid one.
func (t *tx) issueToken(mini *miniRecord, appID string) *tokenRecord {
	t.endToken(mini.Token, tokenReplaced)
	token := &tokenRecord{Token: t.hexID(tokenLength), Refresh: t.hexID(tokenLength), AppID: appID,
		MiniAppID: mini.MiniAppID, PID: mini.PID, State: tokenValid, AuthTime: t.Now}
	t.save(token)
	t.save(&codeRecord{Code: token.Refresh, AppID: appID, MiniAppID: mini.MiniAppID, Refresh: true})
	mini.Token, mini.AppID = token.Token, appID
	t.save(mini)
	t.atMoment(mini, momentAuthorized)
	return token
}

// issueCode makes a code as a merchant who follows an authorisation link gets
// it; nothing is pushed for it.
func (t *tx) issueCode(mini *miniRecord, appID string) *codeRecord {
	code := &codeRecord{Code: t.hexID(codeLength), AppID: appID, MiniAppID: mini.MiniAppID,
		ValidTill: t.Now.Add(t.scaled(Duration(codeLife)))}
	t.save(code)
	return code
}

// endToken ends a valid token, and with it what it could be refreshed by.
func (t *tx) endToken(token, state string) {
	record := &tokenRecord{Token: token}
	if token == "" || !t.load(record) || record.State != tokenValid {
		return
	}
	record.State = state
	t.save(record)
	refresh := &codeRecord{Code: record.Refresh}
	if t.load(refresh) {
		refresh.Used = true
		t.save(refresh)
	}
}

func (t *tx) tokenValid(token string) bool {
	record := &tokenRecord{Token: token}
	return token != "" && t.load(record) && record.State == tokenValid
}

// merchantRevokes is a planned revocation of the token it was planned for.
func (t *tx) merchantRevokes(what task) {
	mini := &miniRecord{MiniAppID: what.MiniAppID}
	if !t.load(mini) || mini.Token != what.Token || !t.revoke(mini) {
		return
	}
	if what.Again > 0 {
		t.plan(what.Again, task{Deed: deedAuthorize, MiniAppID: mini.MiniAppID})
	}
}

// revoke ends the valid token and tells the app that held it. It reports false
// when there is none.
func (t *tx) revoke(mini *miniRecord) bool {
	if !t.tokenValid(mini.Token) {
		return false
	}
	t.endToken(mini.Token, tokenRevoked)
	t.push(message{Name: messageRevoked, App: mini.AppID, OutOrderNo: mini.OutOrderNo, MiniAppID: mini.MiniAppID,
		Optional: map[string]string{"msg_type": "usr", "msg_uid": mini.PID},
		Content: pairs{{"app_auth_token", mini.Token}, {"app_id", mini.AppID},
			{"auth_app_id", mini.MiniAppID}, {"user_id", mini.PID}}})
	return true
}

// atMoment plans the revocation of a revoke rule when its moment has come. A
// rule strikes a mini program once.
func (t *tx) atMoment(mini *miniRecord, moment string) {
	rule := t.rules().find(mini.OutOrderNo, mini.MiniAppID).Revoke
	if rule == nil || mini.RevokedOnce || mini.Token == "" {
		return
	}
	if rule.On != moment && (rule.On != "" || moment != momentAuthorized) {
		return
	}
	mini.RevokedOnce = true
	t.save(mini)
	t.plan(rule.After, task{Deed: deedRevoke, MiniAppID: mini.MiniAppID, Token: mini.Token, Again: rule.ReauthorizeAfter})
}
