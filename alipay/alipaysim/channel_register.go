package alipaysim

import (
	"encoding/hex"
	"net/http"
	"regexp"
	"strconv"
	"time"
)

// noncePattern is 32 lower-case hexadecimal characters.
var noncePattern = regexp.MustCompile(`^[0-9a-f]{32}$`)

// knock is a signed query of the open channel that was let in: a register or a
// handshake, which differ in one parameter.
type knock struct {
	app    App
	params map[string]string
}

// admitKnock checks the signed query string. The signed text is that of gateway
// requests; the timestamp is in milliseconds.
func (s *Simulator) admitKnock(r *http.Request, extra string) (k knock, refusal answer, ok bool) {
	q := &request{params: map[string]string{}}
	if err := q.addForm(r.URL.RawQuery); err != nil {
		return k, refuse(codeIllegal, "isv.invalid-parameter", "参数无法解析或重复"), false
	}
	// From here on the order is the gateway's: what is cheap to see first, then the
	// signature, and only behind it what the signature protects.
	if k.app, refusal, ok = s.identify(q); !ok {
		return k, refusal, false
	}
	k.params = q.params
	for _, name := range []string{"charset", "sdk_version", "sign_type", "timestamp", "sign", extra} {
		if q.params[name] == "" {
			return k, refuse(codeMissing, "isv.missing-"+name, "缺少参数 "+name), false
		}
	}
	if q.params["sign_type"] != signType {
		return k, refuse(codeIllegal, "isv.invalid-signature-type", "无效签名类型，请使用RSA2"), false
	}
	if _, err := Charset(q.params["charset"]).encoding(); err != nil {
		return k, refuse(codeIllegal, "isv.invalid-charset", "字符集错误"), false
	}
	if refusal, ok = s.admitCertificates(k.app, q.params); !ok {
		return k, refusal, false
	}
	if err := verify(k.app.AppPublicKey, requestText(q.params), q.params["sign"]); err != nil {
		return k, refuse(codeIllegal, "isv.invalid-signature", "验签出错，请检查签名内容与应用公钥"), false
	}
	if !s.inWindowMillis(q.params["timestamp"]) {
		return k, refuse(codeIllegal, "isv.invalid-timestamp", "非法的时间戳参数，应为毫秒，请检查时钟"), false
	}
	return k, answer{}, true
}

// inWindowMillis is inWindow for the long connection's timestamps.
func (s *Simulator) inWindowMillis(text string) bool {
	millis, err := strconv.ParseInt(text, 10, 64)
	if err != nil || strconv.FormatInt(millis, 10) != text {
		return false
	}
	return s.cfg.Now().Sub(time.UnixMilli(millis)).Abs() <= s.cfg.TimestampWindow
}

// serveRegister is GET /websocket/register.do: a signed query becomes a link
// token. Whatever is answered, the status is 200, for with another official
// clients can't read the body.
func (s *Simulator) serveRegister(w http.ResponseWriter, r *http.Request) {
	k, refusal, ok := s.admitKnock(r, "nonce")
	now := s.cfg.Now()
	if ok {
		switch {
		case !noncePattern.MatchString(k.params["nonce"]):
			refusal, ok = refuse(codeIllegal, "isv.invalid-nonce", "参数 nonce 应为32位小写十六进制"), false
		case !s.channel.fresh(k.app.ID, k.params["nonce"], now, now.Add(2*s.cfg.TimestampWindow)):
			refusal, ok = refuse(codeIllegal, "isv.invalid-nonce", "参数 nonce 重复使用"), false
		}
	}
	if !ok {
		s.refuseKnock(w, r, refusal)
		return
	}
	fault, err := s.claimChannelFault(placeRegister, k.app.ID, "")
	if err != nil {
		s.broken(w, err)
		return
	}
	// A register that hangs is answered in the end: a client without a time-out of
	// its own goes on as if nothing had been.
	if fault.Kind == ChannelRegisterHang {
		s.hold(r, fault.For)
	}
	if fault.Kind == ChannelRegisterFailure {
		s.refuseKnock(w, r, fault.answer())
		return
	}
	body, zone, err := s.register(k, fault)
	if err != nil {
		s.broken(w, err)
		return
	}
	http.SetCookie(w, &http.Cookie{Name: "zone", Value: zone, Path: "/"}) //nolint:gosec // no secret: it routes
	written{body, "utf-8"}.write(w)
}

// register issues the token. The official client finds the parts of this answer
// without a JSON parser: response comes before sign with nothing between, the
// code is a string, the token has no character that JSON or a query would
// escape, and the certificate's number is the last member. That number is there
// only in certificate mode: a client with keys alone fails over it.
func (s *Simulator) register(k knock, fault ChannelFault) (body, zone string, err error) {
	raw, err := s.random(18)
	if err != nil {
		return "", "", err
	}
	token := hex.EncodeToString(raw[:16])
	// Hexadecimal: official clients send the token back as it stands in the JSON
	// text, escapes and all.
	zone = "GZ" + hex.EncodeToString(raw[16:])
	now := s.cfg.Now()
	s.channel.issue(token, linkToken{app: k.app.ID, zone: zone, till: now.Add(s.cfg.LinkTokenLife)}, now)
	object := `{"code":"10000","msg":"Success","link_token":"` + token + `"}`
	text := object
	if fault.Kind == ChannelRegisterBadSignature {
		text = "another text"
	}
	signature, err := k.app.sign(text)
	if err != nil {
		return "", "", err
	}
	body = `{"response":` + object
	if fault.Kind != ChannelRegisterUnsigned {
		body += `,"sign":"` + signature + `"`
	}
	if k.app.Certificates != nil {
		body += `,"alipay_cert_sn":"` + k.app.Certificates.SN() + `"`
	}
	return body + "}", zone, nil
}

// refuseKnock answers a register or a handshake that was not let in. Nothing is
// signed: the client reads a failure without it. The text is in the charset that
// was asked for, and in UTF-8 when that is what is being refused.
func (s *Simulator) refuseKnock(w http.ResponseWriter, r *http.Request, refusal answer) {
	object, err := refusal.object().MarshalJSON()
	if err != nil {
		s.broken(w, err)
		return
	}
	s.cfg.Logger.Info("the open channel refuses", "code", refusal.code, "sub_code", refusal.subCode)
	text, charset := Charset(r.URL.Query().Get("charset")).write(`{"response":` + string(object) + `}`)
	written{text, charset}.write(w)
}

// serveLink is GET /websocket: the handshake, and then the connection until it
// ends. There is no login frame: the signed query and the link token are it.
func (s *Simulator) serveLink(w http.ResponseWriter, r *http.Request) {
	// Close waits for this lock, and so for every link to end; a handshake that
	// comes after it must not wait in turn.
	if !s.running.TryRLock() {
		http.Error(w, "the simulator is being closed", http.StatusServiceUnavailable)
		return
	}
	defer s.running.RUnlock()
	key, err := upgradeKey(r)
	if err != nil {
		writeProblem(w, http.StatusBadRequest, err.Error())
		return
	}
	k, refusal, ok := s.admitKnock(r, "link_token")
	zone := ""
	if cookie, err := r.Cookie("zone"); err == nil {
		zone = cookie.Value
	}
	// The token is used up last, so that a handshake that is refused for another
	// reason can be tried again with it.
	if ok && !s.channel.redeem(k.params["link_token"], k.app.ID, zone, s.cfg.Now()) {
		refusal, ok = refuse(codeIllegal, "isv.invalid-link-token", "link_token 无效、已使用、已过期或zone不符，请重新register"), false
	}
	if !ok {
		s.refuseKnock(w, r, refusal)
		return
	}
	fault, err := s.claimChannelFault(placeConnect, k.app.ID, "")
	if err != nil {
		s.broken(w, err)
		return
	}
	if fault.Kind == ChannelHandshakeHang {
		s.hold(r, fault.For)
	}
	opened, err := takeOver(w)
	if err != nil {
		s.cfg.Logger.Warn("a handshake could not be finished", "error", err)
		return
	}
	s.run(&link{app: k.app.ID, charset: Charset(k.params["charset"]), zone: zone, since: s.cfg.Now(),
		deaf: fault.Kind == ChannelNeverPong, mute: fault.Kind == ChannelMute, socket: opened}, key)
}
