package world

import (
	"time"

	"miniflow/alipay/alipaysim/lifecycle"
	"miniflow/alipay/alipaysim/script"
	"miniflow/alipay/alipaysim/wire"
)

const (
	// tokenLength is that of the platform's tokens, for receivers that check or store
	// them by length. The other lengths are the platform's too.
	tokenLength = 40
	codeLength  = 32
	// codeLife is how long an authorisation code can be exchanged, as the platform
	// documents it.
	codeLife = 24 * time.Hour
	// TokenSeconds is an obsolete lifetime that is still sent: tokens live until they
	// are revoked or replaced.
	TokenSeconds = 31536000
	// RefreshSeconds is the same of refresh tokens, and as obsolete.
	RefreshSeconds = 32140800
)

// merchantAuthorizes is the authorisation that follows an app's creation, or a
// revocation. One that is valid already is left alone.
func (t *Tx) merchantAuthorizes(what Task) {
	mini := &Mini{MiniAppID: what.MiniAppID}
	if t.Load(mini) && !t.TokenValid(mini.Token) {
		t.Authorize(mini, mini.AppID)
	}
}

// Authorize gives the app a new token, which replaces the one before, and pushes it as
// open_app_auth_notify, the only message that brings a token.
func (t *Tx) Authorize(mini *Mini, appID string) {
	token := t.IssueToken(mini, appID)
	detail := wire.Object{
		{"app_auth_token", token.Token}, {"app_refresh_token", token.Refresh}, {"app_id", appID},
		{"auth_app_id", mini.MiniAppID}, {"user_id", mini.PID}, {"auth_time", token.AuthTime.UnixMilli()},
		{"app_auth_code", t.HexID(codeLength)}, {"expires_in", TokenSeconds}, {"re_expires_in", RefreshSeconds},
	}
	trigger := wire.Object{{"trigger", "isvcreate"}, {"trigger_context", wire.Object{{"out_biz_no", mini.OutOrderNo}}}}
	t.Push(Push{Name: lifecycle.MessageAuthorized, App: appID, Legacy: map[string]string{"status": "execute_auth", "auth_app_id": mini.MiniAppID},
		OutOrderNo: mini.OutOrderNo, MiniAppID: mini.MiniAppID,
		Content: wire.Object{{"notify_context", trigger}, {"detail", detail}}})
}

// IssueToken makes a token the mini program's only valid one, since a mini program is
// authorised to one third-party app at a time.
func (t *Tx) IssueToken(mini *Mini, appID string) *Token {
	t.endToken(mini.Token, TokenReplaced)
	token := &Token{Token: t.HexID(tokenLength), Refresh: t.HexID(tokenLength), AppID: appID,
		MiniAppID: mini.MiniAppID, PID: mini.PID, State: TokenValid, AuthTime: t.Now}
	t.Save(token)
	t.Save(&AuthCode{Code: token.Refresh, AppID: appID, MiniAppID: mini.MiniAppID, Refresh: true})
	mini.Token, mini.AppID = token.Token, appID
	t.Save(mini)
	t.atMoment(mini, lifecycle.MomentAuthorized)
	return token
}

// IssueCode makes a code as a merchant who follows an authorisation link gets
// it; nothing is pushed for it.
func (t *Tx) IssueCode(mini *Mini, appID string) *AuthCode {
	code := &AuthCode{Code: t.HexID(codeLength), AppID: appID, MiniAppID: mini.MiniAppID,
		ValidTill: t.Now.Add(t.scaled(script.Duration(codeLife)))}
	t.Save(code)
	return code
}

// endToken ends a valid token, and with it what it could be refreshed by.
func (t *Tx) endToken(token, state string) {
	record := &Token{Token: token}
	if token == "" || !t.Load(record) || record.State != TokenValid {
		return
	}
	record.State = state
	t.Save(record)
	refresh := &AuthCode{Code: record.Refresh}
	if t.Load(refresh) {
		refresh.Used = true
		t.Save(refresh)
	}
}

// TokenValid reports whether a token can be used. Ended ones are kept, so being there
// is not enough.
func (t *Tx) TokenValid(token string) bool {
	record := &Token{Token: token}
	return token != "" && t.Load(record) && record.State == TokenValid
}

// merchantRevokes is a planned revocation. A token that has replaced the one it was
// planned for is left alone.
func (t *Tx) merchantRevokes(what Task) {
	mini := &Mini{MiniAppID: what.MiniAppID}
	if !t.Load(mini) || mini.Token != what.Token || !t.Revoke(mini) {
		return
	}
	if what.Again > 0 {
		t.plan(what.Again, Task{Deed: deedAuthorize, MiniAppID: mini.MiniAppID})
	}
}

// Revoke ends the valid token and pushes that to the app that held it. It reports false
// when there is none.
func (t *Tx) Revoke(mini *Mini) bool {
	if !t.TokenValid(mini.Token) {
		return false
	}
	t.endToken(mini.Token, TokenRevoked)
	t.Push(Push{Name: lifecycle.MessageRevoked, App: mini.AppID, OutOrderNo: mini.OutOrderNo, MiniAppID: mini.MiniAppID,
		Optional: map[string]string{"msg_type": "usr", "msg_uid": mini.PID},
		Content: wire.Object{{"app_auth_token", mini.Token}, {"app_id", mini.AppID},
			{"auth_app_id", mini.MiniAppID}, {"user_id", mini.PID}}})
	return true
}

// atMoment plans the revocation of a revoke rule when its moment has come. A rule
// strikes a mini program once, or the new authorisation would be revoked as well.
func (t *Tx) atMoment(mini *Mini, moment string) {
	rule := t.Rules().Find(mini.OutOrderNo, mini.MiniAppID).Revoke
	if rule == nil || mini.RevokedOnce || mini.Token == "" {
		return
	}
	if rule.On != moment && (rule.On != "" || moment != lifecycle.MomentAuthorized) {
		return
	}
	mini.RevokedOnce = true
	t.Save(mini)
	t.plan(rule.After, Task{Deed: deedRevoke, MiniAppID: mini.MiniAppID, Token: mini.Token, Again: rule.ReauthorizeAfter})
}
