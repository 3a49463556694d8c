package gateway

import (
	"strings"
	"time"

	"miniflow/alipay/alipaysim/account"
	"miniflow/alipay/alipaysim/internal/admission"
	"miniflow/alipay/alipaysim/internal/world"
	"miniflow/alipay/alipaysim/wire"
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

// admit looks at what is cheap first, then at the signature, and only behind that at
// what the signature protects.
func (g *Gateway) admit(app account.App, q *admission.Request) (method, admission.Answer, bool) {
	for _, p := range required {
		if q.Params[p.name] == "" {
			return method{}, admission.Refuse(admission.CodeMissing, p.code, "缺少参数 "+p.name), false
		}
	}
	m, known := methods[q.Params["method"]]
	if !known {
		return method{}, admission.Refuse(admission.CodeIllegal, "isv.invalid-method", "不存在的方法名"), false
	}
	if refusal, ok := g.Checker.Prove(app, q); !ok {
		return m, refusal, false
	}
	if refusal, ok := q.Decrypt(app.AESKey); !ok {
		return m, refusal, false
	}
	if refusal, ok := g.admitSigned(q); !ok {
		return m, refusal, false
	}
	return m, admission.Answer{}, true
}

// admitSigned checks what the signature has shown to be the app's own words, in the
// charset that it names.
func (g *Gateway) admitSigned(q *admission.Request) (admission.Answer, bool) {
	if err := q.Decode(); err != nil {
		return admission.Refuse(admission.CodeIllegal, "isv.invalid-charset", "参数内容与字符集不符"), false
	}
	at, err := time.ParseInLocation(wire.TimeLayout, q.Params["timestamp"], wire.Beijing())
	if err != nil || !g.Checker.Near(at) {
		return admission.Refuse(admission.CodeIllegal, "isv.invalid-timestamp", "非法的时间戳参数，请使用北京时间并检查时钟"), false
	}
	if q.Params["version"] != "1.0" {
		return admission.Refuse(admission.CodeIllegal, "isv.invalid-parameter", "参数 version 应为1.0"), false
	}
	if format := q.Params["format"]; format != "" && !strings.EqualFold(format, "json") {
		return admission.Refuse(admission.CodeIllegal, "isv.invalid-format", "参数 format 应为JSON"), false
	}
	return admission.Answer{}, true
}

// admitToken refuses an app_auth_token too many as it refuses one too few: each method
// either needs it, or refuses it, or takes both. It returns the mini program that the
// token opens.
func admitToken(t *world.Tx, app account.App, m method, token string) (*world.Mini, admission.Answer, bool) {
	switch {
	case token == "" && m.token == tokenNeeded:
		return nil, admission.Refuse(admission.CodeForbidden, "isv.self-invoke-forbidden", "应用不允许自调用，请传入app_auth_token"), false
	case token == "":
		return nil, admission.Answer{}, true
	case m.token == tokenRefused:
		return nil, admission.Refuse(admission.CodeIllegal, "isv.not-support-app-auth", "该接口不支持第三方应用授权调用，请去掉app_auth_token"), false
	}
	record := &world.Token{Token: token}
	if !t.Load(record) {
		return nil, admission.Refuse(admission.CodeUnauthorized, "aop.invalid-app-auth-token", "无效的应用授权令牌"), false
	}
	if record.AppID != app.ID {
		return nil, admission.Refuse(admission.CodeConditions, "isv.invalid-auth-relations", "应用授权令牌与当前应用不匹配"), false
	}
	switch record.State {
	case world.TokenReplaced:
		return nil, admission.Refuse(admission.CodeUnauthorized, "aop.app-auth-token-time-out", "应用授权令牌已过期"), false
	case world.TokenRevoked:
		return nil, admission.Refuse(admission.CodeUnauthorized, "aop.invalid-app-auth-token", "无效的应用授权令牌"), false
	}
	mini := &world.Mini{MiniAppID: record.MiniAppID}
	return mini, admission.Answer{}, t.Load(mini)
}
