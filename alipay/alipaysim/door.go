package alipaysim

import "time"

// door lets requests in that are an app's own. Both the gateway and the long connection
// have one: they ask for different parameters, and prove them alike.
type door struct {
	Apps *appBook
	// Now is the clock.
	Now func() time.Time
	// Window is how far a timestamp may be off, both ways.
	Window time.Duration
}

// identify finds the app a request claims to come from. Refusals here are not
// signed: with no app there is no key.
func (d *door) identify(q *request) (App, answer, bool) {
	id := q.Params["app_id"]
	if id == "" {
		return App{}, refuse(codeMissing, "isv.missing-app-id", "缺少AppID参数"), false
	}
	app, known := d.Apps.get(id)
	if !known {
		return App{}, refuse(codeIllegal, "isv.invalid-app-id", "无效的AppID参数"), false
	}
	return app, answer{}, true
}

// prove checks that the app has signed the request, over the bytes that came. The
// signature comes before everything it protects is looked at.
func (d *door) prove(app App, q *request) (answer, bool) {
	if q.Params["sign_type"] != signType {
		return refuse(codeIllegal, "isv.invalid-signature-type", "无效签名类型，请使用RSA2"), false
	}
	if Charset(q.Params["charset"]).check() != nil {
		return refuse(codeIllegal, "isv.invalid-charset", "字符集错误"), false
	}
	if refusal, ok := d.proveCertificates(app, q.Params); !ok {
		return refusal, false
	}
	if err := verify(app.AppPublicKey, requestText(q.Params), q.Params["sign"]); err != nil {
		return refuse(codeIllegal, "isv.invalid-signature", "验签出错，请检查签名内容与应用公钥"), false
	}
	return answer{}, true
}

// proveCertificates checks that the request is of the app's mode, and in
// certificate mode that it names the certificates the app has.
func (d *door) proveCertificates(app App, params map[string]string) (answer, bool) {
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
	if app.Certificates.expired(d.Now()) {
		return refuse(codeIllegal, "isv.app-cert-expired", "应用证书已过期"), false
	}
	return answer{}, true
}

// near reports whether a moment that a request names is near enough to our clock.
func (d *door) near(at time.Time) bool { return d.Now().Sub(at).Abs() <= d.Window }
