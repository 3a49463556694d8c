package longconn

import (
	"encoding/hex"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"miniflow/alipay/alipaysim/account"
	"miniflow/alipay/alipaysim/internal/admission"
	"miniflow/alipay/alipaysim/internal/problem"
	"miniflow/alipay/alipaysim/script"
	"miniflow/alipay/alipaysim/wire"
)

// noncePattern is a UUID without its dashes, which is what official clients send.
var noncePattern = regexp.MustCompile(`^[0-9a-f]{32}$`)

// signedQuery is a signed query of the open channel that was let in: a register or a
// handshake, which differ in one parameter.
type signedQuery struct {
	app    account.App
	params map[string]string
}

// admit checks the signed query string. The signed text is that of gateway
// requests; the timestamp is in milliseconds.
func (s *Server) admit(r *http.Request, extra string) (k signedQuery, refusal admission.Answer, ok bool) {
	q, err := admission.ReadQuery(r.URL.RawQuery)
	if err != nil {
		return k, admission.Refuse(admission.CodeIllegal, "isv.invalid-parameter", "参数无法解析或重复"), false
	}
	// From here on the order is the gateway's: what is cheap to see first, then the
	// signature, and only behind it what the signature protects.
	if k.app, refusal, ok = s.Checker.Identify(q); !ok {
		return k, refusal, false
	}
	k.params = q.Params
	for _, name := range []string{"charset", "sdk_version", "sign_type", "timestamp", "sign", extra} {
		if q.Params[name] == "" {
			return k, admission.Refuse(admission.CodeMissing, "isv.missing-"+name, "缺少参数 "+name), false
		}
	}
	if refusal, ok = s.Checker.Prove(k.app, q); !ok {
		return k, refusal, false
	}
	if !s.inWindowMillis(q.Params["timestamp"]) {
		return k, admission.Refuse(admission.CodeIllegal, "isv.invalid-timestamp", "非法的时间戳参数，应为毫秒，请检查时钟"), false
	}
	return k, admission.Answer{}, true
}

// inWindowMillis takes a moment in milliseconds where gateway requests have a date. A
// sign or leading zeros are refused: no client writes them.
func (s *Server) inWindowMillis(text string) bool {
	millis, err := strconv.ParseInt(text, 10, 64)
	if err != nil || strconv.FormatInt(millis, 10) != text {
		return false
	}
	return s.Checker.Near(time.UnixMilli(millis))
}

// ServeRegister is GET /websocket/register.do: a signed query becomes a link
// token. The status is 200 for refusals too, for with another official
// clients can't read the body.
func (s *Server) ServeRegister(w http.ResponseWriter, r *http.Request) {
	k, refusal, ok := s.admit(r, "nonce")
	now := s.World.Now()
	if ok {
		switch {
		case !noncePattern.MatchString(k.params["nonce"]):
			refusal, ok = admission.Refuse(admission.CodeIllegal, "isv.invalid-nonce", "参数 nonce 应为32位小写十六进制"), false
		case !s.channel.fresh(k.app.ID, k.params["nonce"], now, now.Add(2*s.Checker.Window)):
			refusal, ok = admission.Refuse(admission.CodeIllegal, "isv.invalid-nonce", "参数 nonce 重复使用"), false
		}
	}
	if !ok {
		s.refuse(w, r, refusal)
		return
	}
	fault, err := s.faultAt(script.PlaceRegister, k.app.ID, "")
	if err != nil {
		problem.Broken(w, s.Logger, err)
		return
	}
	// A register that hangs is answered in the end: a client without a time-out of
	// its own goes on as if nothing had been.
	if fault.Kind == script.ChannelRegisterHang {
		s.Delay(r, fault.For)
	}
	if fault.Kind == script.ChannelRegisterFailure {
		s.refuse(w, r, registerFailure(fault))
		return
	}
	body, zone, err := s.register(k, fault)
	if err != nil {
		problem.Broken(w, s.Logger, err)
		return
	}
	http.SetCookie(w, &http.Cookie{Name: "zone", Value: zone, Path: "/"}) //nolint:gosec // no secret: it routes
	admission.Written{Text: body, Charset: "utf-8"}.Write(w)
}

// register issues the token. The official client finds the parts of this answer
// without a JSON parser: response comes before sign with nothing between, the
// code is a string, the token has no character that JSON or a query would
// escape, and the certificate's number is the last member. That number is there
// only in certificate mode: a client with keys alone fails over it.
func (s *Server) register(k signedQuery, fault script.ChannelFault) (body, zone string, err error) {
	raw, err := s.World.Random(18)
	if err != nil {
		return "", "", err
	}
	token := hex.EncodeToString(raw[:16])
	// Hexadecimal: official clients send the token back as it stands in the JSON
	// text, escapes and all.
	zone = "GZ" + hex.EncodeToString(raw[16:])
	now := s.World.Now()
	s.channel.issue(token, linkToken{app: k.app.ID, zone: zone, till: now.Add(s.TokenLife)}, now)
	object := `{"code":"10000","msg":"Success","link_token":"` + token + `"}`
	text := object
	if fault.Kind == script.ChannelRegisterBadSignature {
		text = "another text"
	}
	signature, err := k.app.Sign(text)
	if err != nil {
		return "", "", err
	}
	body = `{"response":` + object
	if fault.Kind != script.ChannelRegisterUnsigned {
		body += `,"sign":"` + signature + `"`
	}
	if k.app.Certificates != nil {
		body += `,"alipay_cert_sn":"` + k.app.Certificates.SN() + `"`
	}
	return body + "}", zone, nil
}

// refuse answers a register or a handshake that was not let in. Nothing is
// signed: the client reads a failure without it. The text is in the charset that
// was asked for, and in UTF-8 when that is what is being refused.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, refusal admission.Answer) {
	object, err := refusal.Object().MarshalJSON()
	if err != nil {
		problem.Broken(w, s.Logger, err)
		return
	}
	s.Logger.Info("the open channel refuses", "code", refusal.Code, "sub_code", refusal.SubCode)
	text, charset := wire.Charset(r.URL.Query().Get("charset")).Write(`{"response":` + string(object) + `}`)
	admission.Written{Text: text, Charset: charset}.Write(w)
}
