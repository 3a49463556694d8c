// Package admission reads requests and lets those in that an app has signed. The gateway
// and the long connection share it, and the answers that refuse.
package admission

import (
	"time"

	"miniflow/alipay/alipaysim/account"
	"miniflow/alipay/alipaysim/wire"
)

// Checker lets requests in that are an app's own. Both the gateway and the long connection
// have one: they ask for different parameters, and prove them alike.
type Checker struct {
	Apps *account.Apps
	Now  func() time.Time
	// Window is how far a timestamp may be off, both ways: a caller's clock may be fast
	// too.
	Window time.Duration
}

// Identify finds the app a request claims to come from. Refusals here are not
// signed: without an app there isn't a key.
func (d *Checker) Identify(q *Request) (account.App, Answer, bool) {
	id := q.Params["app_id"]
	if id == "" {
		return account.App{}, Refuse(CodeMissing, "isv.missing-app-id", "缺少AppID参数"), false
	}
	app, known := d.Apps.Get(id)
	if !known {
		return account.App{}, Refuse(CodeIllegal, "isv.invalid-app-id", "无效的AppID参数"), false
	}
	return app, Answer{}, true
}

// Prove checks that the app has signed the request, over the bytes that came. The
// signature comes before everything it protects is looked at.
func (d *Checker) Prove(app account.App, q *Request) (Answer, bool) {
	if own := app.SignType(); q.Params["sign_type"] != own {
		return Refuse(CodeIllegal, "isv.invalid-signature-type", "无效签名类型，请使用"+own), false
	}
	if wire.Charset(q.Params["charset"]).Check() != nil {
		return Refuse(CodeIllegal, "isv.invalid-charset", "字符集错误"), false
	}
	if refusal, ok := d.proveCertificates(app, q.Params); !ok {
		return refusal, false
	}
	if err := wire.Verify(app.AppPublicKey, wire.RequestText(q.Params), q.Params["sign"]); err != nil {
		return Refuse(CodeIllegal, "isv.invalid-signature", "验签出错，请检查签名内容与应用公钥"), false
	}
	return Answer{}, true
}

// proveCertificates refuses a request of the other mode, and in certificate mode one
// that names other certificates, with the codes that the platform has for it.
func (d *Checker) proveCertificates(app account.App, params map[string]string) (Answer, bool) {
	appSN, rootSN := params["app_cert_sn"], params["alipay_root_cert_sn"]
	if app.Certificates == nil {
		if appSN == "" && rootSN == "" {
			return Answer{}, true
		}
		return Refuse(CodeConditions, "isv.missing-signature-config", "应用未配置证书，请使用公钥模式"), false
	}
	if appSN != app.Certificates.AppSN() || rootSN != app.Certificates.RootSN() {
		return Refuse(CodeIllegal, "isv.invalid-signature", "验签出错，请检查app_cert_sn与alipay_root_cert_sn"), false
	}
	if app.Certificates.Expired(d.Now()) {
		return Refuse(CodeIllegal, "isv.app-cert-expired", "应用证书已过期"), false
	}
	return Answer{}, true
}

// Near reports whether a moment is within Window of our clock. A request from outside
// of it may be an old one that somebody sends again.
func (d *Checker) Near(at time.Time) bool { return d.Now().Sub(at).Abs() <= d.Window }
