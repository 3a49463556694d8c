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

// identify finds the app a request claims to come from. Refusals here are not
// signed: with no app there is no key.
func (s *Simulator) identify(q *request) (App, answer, bool) {
	id := q.params["app_id"]
	if id == "" {
		return App{}, refuse(codeMissing, "isv.missing-app-id", "缺少AppID参数"), false
	}
	app, known := s.app(id)
	if !known {
		return App{}, refuse(codeIllegal, "isv.invalid-app-id", "无效的AppID参数"), false
	}
	return app, answer{}, true
}

// admit checks a request of a known app: parameters, method, signature, clock.
// The signature comes before everything it protects is looked at.
func (s *Simulator) admit(app App, q *request) (method, answer, bool) {
	for _, p := range required {
		if q.params[p.name] == "" {
			return method{}, refuse(codeMissing, p.code, "缺少参数 "+p.name), false
		}
	}
	m, known := methods[q.params["method"]]
	if !known {
		return method{}, refuse(codeIllegal, "isv.invalid-method", "不存在的方法名"), false
	}
	if q.params["sign_type"] != signType {
		return m, refuse(codeIllegal, "isv.invalid-signature-type", "无效签名类型，请使用RSA2"), false
	}
	if _, err := Charset(q.params["charset"]).encoding(); err != nil {
		return m, refuse(codeIllegal, "isv.invalid-charset", "字符集错误"), false
	}
	if refusal, ok := s.admitCertificates(app, q.params); !ok {
		return m, refusal, false
	}
	if err := verify(app.AppPublicKey, requestText(q.params), q.params["sign"]); err != nil {
		return m, refuse(codeIllegal, "isv.invalid-signature", "验签出错，请检查签名内容与应用公钥"), false
	}
	if refusal, ok := q.open(app.AESKey); !ok {
		return m, refusal, false
	}
	if refusal, ok := s.admitSigned(q); !ok {
		return m, refusal, false
	}
	return m, answer{}, true
}

// admitCertificates checks that the request is of the app's mode, and in
// certificate mode that it names the certificates the app has.
func (s *Simulator) admitCertificates(app App, params map[string]string) (answer, bool) {
	appSN, rootSN := params["app_cert_sn"], params["alipay_root_cert_sn"]
	if app.Certificates == nil {
		if appSN == "" && rootSN == "" {
			return answer{}, true
		}
		return refuse(codeConditions, "isv.missing-signature-config", "应用未配置证书，请使用公钥模式"), false
	}
	if appSN != app.Certificates.AppSN() || rootSN != app.Certificates.RootSN() {
		return refuse(codeIllegal, "isv.invalid-signature", "验签出错，请检查app_cert_sn与alipay_root_cert_sn"), false
	}
	if app.Certificates.expired(s.cfg.Now()) {
		return refuse(codeIllegal, "isv.app-cert-expired", "应用证书已过期"), false
	}
	return answer{}, true
}

// admitSigned checks what the signature has shown to be the app's own words.
func (s *Simulator) admitSigned(q *request) (answer, bool) {
	if err := q.decode(); err != nil {
		return refuse(codeIllegal, "isv.invalid-charset", "参数内容与字符集不符"), false
	}
	if !s.inWindow(q.params["timestamp"]) {
		return refuse(codeIllegal, "isv.invalid-timestamp", "非法的时间戳参数，请使用北京时间并检查时钟"), false
	}
	if q.params["version"] != "1.0" {
		return refuse(codeIllegal, "isv.invalid-parameter", "参数 version 应为1.0"), false
	}
	if format := q.params["format"]; format != "" && !strings.EqualFold(format, "json") {
		return refuse(codeIllegal, "isv.invalid-format", "参数 format 应为JSON"), false
	}
	return answer{}, true
}

// inWindow tells whether a timestamp is one, and near enough to our clock.
func (s *Simulator) inWindow(text string) bool {
	at, err := time.ParseInLocation(wireTime, text, beijing())
	if err != nil {
		return false
	}
	return s.cfg.Now().Sub(at).Abs() <= s.cfg.TimestampWindow
}

// admitToken checks app_auth_token: there exactly when the method needs it, and
// then valid and given to this app. It returns the mini program it opens.
func (t *tx) admitToken(app App, m method, token string) (*miniRecord, answer, bool) {
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
