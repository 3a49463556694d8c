package alipaysim

import (
	"strings"
	"time"
)

// required are the public parameters whose absence has a code of its own, in
// the order the gateway looks for them.
var required = []struct{ name, code string }{
	{"method", "isv.missing-method"},
	{"sign_type", "isv.missing-signature-type"},
	{"sign", "isv.missing-signature"},
	{"timestamp", "isv.missing-timestamp"},
	{"version", "isv.missing-version"},
	{"charset", "isv.missing-charset"},
}

// admit checks a request of a known app: parameters, method, signature, clock.
func (g *gateway) admit(app App, q *request) (method, answer, bool) {
	for _, p := range required {
		if q.Params[p.name] == "" {
			return method{}, refuse(codeMissing, p.code, "缺少参数 "+p.name), false
		}
	}
	m, known := methods[q.Params["method"]]
	if !known {
		return method{}, refuse(codeIllegal, "isv.invalid-method", "不存在的方法名"), false
	}
	if refusal, ok := g.Door.prove(app, q); !ok {
		return m, refusal, false
	}
	if refusal, ok := q.open(app.AESKey); !ok {
		return m, refusal, false
	}
	if refusal, ok := g.admitSigned(q); !ok {
		return m, refusal, false
	}
	return m, answer{}, true
}

// admitSigned checks what the signature has shown to be the app's own words.
func (g *gateway) admitSigned(q *request) (answer, bool) {
	if err := q.decode(); err != nil {
		return refuse(codeIllegal, "isv.invalid-charset", "参数内容与字符集不符"), false
	}
	at, err := time.ParseInLocation(wireTime, q.Params["timestamp"], beijing())
	if err != nil || !g.Door.near(at) {
		return refuse(codeIllegal, "isv.invalid-timestamp", "非法的时间戳参数，请使用北京时间并检查时钟"), false
	}
	if q.Params["version"] != "1.0" {
		return refuse(codeIllegal, "isv.invalid-parameter", "参数 version 应为1.0"), false
	}
	if format := q.Params["format"]; format != "" && !strings.EqualFold(format, "json") {
		return refuse(codeIllegal, "isv.invalid-format", "参数 format 应为JSON"), false
	}
	return answer{}, true
}

// admitToken checks app_auth_token: there exactly when the method needs it, and
// then valid and given to this app. It returns the mini program it opens.
func admitToken(t *tx, app App, m method, token string) (*miniRecord, answer, bool) {
	switch {
	case token == "" && m.token == tokenNeeded:
		return nil, refuse(codeForbidden, "isv.self-invoke-forbidden", "应用不允许自调用，请传入app_auth_token"), false
	case token == "":
		return nil, answer{}, true
	case m.token == tokenRefused:
		return nil, refuse(codeIllegal, "isv.not-support-app-auth", "该接口不支持第三方应用授权调用，请去掉app_auth_token"), false
	}
	record := &tokenRecord{Token: token}
	if !t.load(record) {
		return nil, refuse(codeUnauthorized, "aop.invalid-app-auth-token", "无效的应用授权令牌"), false
	}
	if record.AppID != app.ID {
		return nil, refuse(codeConditions, "isv.invalid-auth-relations", "应用授权令牌与当前应用不匹配"), false
	}
	switch record.State {
	case tokenReplaced:
		return nil, refuse(codeUnauthorized, "aop.app-auth-token-time-out", "应用授权令牌已过期"), false
	case tokenRevoked:
		return nil, refuse(codeUnauthorized, "aop.invalid-app-auth-token", "无效的应用授权令牌"), false
	}
	mini := &miniRecord{MiniAppID: record.MiniAppID}
	return mini, answer{}, t.load(mini)
}
