package notify_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"miniflow/alipay"
	"miniflow/alipay/keys"
	"miniflow/alipay/notify"
)

// frameData is the signed part of a frame of the long connection.
const frameData = `{"header":{"appId":"` + thirdPartyApp + `","msgApi":"alipay.open.auth.appauth.cancelled"},` +
	`"content":{"auth_app_id":"2021000000000009", "rate":0.10}}`

// newFrame signs data as Alipay does.
func newFrame(t testing.TB, data string) notify.Frame {
	t.Helper()
	sum := sha256.Sum256([]byte(data))
	signature, err := rsa.SignPKCS1v15(nil, AlipayKey(), crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return notify.Frame{MessageID: "2026112100262110001", Timestamp: "1795280000000", SignType: keys.RSA2,
		Sign: base64.StdEncoding.EncodeToString(signature), Charset: "UTF-8", Data: []byte(data)}
}

func TestFrame(t *testing.T) {
	v := mustVerifier(t)
	n, err := v.Frame(thirdPartyApp, newFrame(t, frameData))
	if err != nil {
		t.Fatal(err)
	}
	// The content is the raw bytes: numbers and blanks stay as they were sent.
	if string(n.Content) != `{"auth_app_id":"2021000000000009", "rate":0.10}` || n.ContentError != nil {
		t.Errorf("content %s (%v)", n.Content, n.ContentError)
	}
	if n.Name != alipay.MessageAppAuthCancelled || n.NotifyID != "2026112100262110001" || n.Layout != notify.LayoutChannel ||
		!n.SentAt.Equal(time.UnixMilli(1795280000000)) || n.AppID != thirdPartyApp || n.Verifications != 1 {
		t.Errorf("read as %v, %s, sent %v", n, n.Layout, n.SentAt)
	}
	if got, err := n.Message(); err != nil || got.Name() != alipay.MessageAppAuthCancelled {
		t.Errorf("typed as %v (%v)", got, err)
	}
	overHTTP := newPush("msg_method", alipay.MessageAppAuthCancelled, "biz_content", string(n.Content))
	if mustRead(t, v, overHTTP.body()).Digest() != n.Digest() {
		t.Error("the same message has another digest over HTTP")
	}
}

func TestFrameInGBK(t *testing.T) {
	f := newFrame(t, strings.Replace(frameData, "2021000000000009", chineseGBK, 1))
	f.Charset = "gbk"
	n, err := mustVerifier(t).Frame(thirdPartyApp, f)
	if err != nil || !strings.Contains(string(n.Content), chineseUTF8) {
		t.Errorf("content %q (%v)", n.Content, err)
	}
}

func TestFrameRefusals(t *testing.T) {
	change := func(do func(*notify.Frame)) notify.Frame {
		f := newFrame(t, frameData)
		do(&f)
		return f
	}
	for name, c := range map[string]struct {
		app    string
		frame  notify.Frame
		reason notify.Reason
	}{
		"not our app":           {merchantApp, newFrame(t, frameData), notify.ReasonUnknownApp},
		"forged":                {thirdPartyApp, change(func(f *notify.Frame) { f.Data[len(f.Data)-4]++ }), notify.ReasonBadSignature},
		"a blank more":          {thirdPartyApp, change(func(f *notify.Frame) { f.Data = append(f.Data, ' ') }), notify.ReasonBadSignature},
		"no sign":               {thirdPartyApp, change(func(f *notify.Frame) { f.Sign = "" }), notify.ReasonMissingSign},
		"no sign_type":          {thirdPartyApp, change(func(f *notify.Frame) { f.SignType = "" }), notify.ReasonSignTypeNotAllowed},
		"SHA-1":                 {thirdPartyApp, change(func(f *notify.Frame) { f.SignType = keys.RSA }), notify.ReasonSignTypeNotAllowed},
		"sign is no base64":     {thirdPartyApp, change(func(f *notify.Frame) { f.Sign = "{}" }), notify.ReasonBadSignEncoding},
		"too large":             {thirdPartyApp, change(func(f *notify.Frame) { f.Data = make([]byte, alipay.MaxBody+1) }), notify.ReasonTooLarge},
		"a short signature":     {thirdPartyApp, change(func(f *notify.Frame) { f.Sign = "QUJD" }), notify.ReasonBadSignature},
		"signed for another":    {thirdPartyApp, newFrame(t, strings.Replace(frameData, thirdPartyApp, merchantApp, 1)), notify.ReasonUnknownApp},
		"signed for nobody":     {thirdPartyApp, newFrame(t, `{"content":{}}`), notify.ReasonUnknownApp},
		"for another, unusable": {thirdPartyApp, newFrame(t, `{"header":{"appId":"`+merchantApp+`"},"content":[]}`), notify.ReasonUnknownApp},
	} {
		t.Run(name, func(t *testing.T) {
			n, err := mustVerifier(t).Frame(c.app, c.frame)
			if n != nil || !errors.Is(err, &notify.Refusal{Reason: c.reason}) {
				t.Errorf("got %v and %v, want %s", n, err, c.reason)
			}
		})
	}
}

func TestUnreadableFramesAreTakenAndMarked(t *testing.T) {
	header := `{"header":{"appId":"` + thirdPartyApp + `","msgApi":"x"},`
	digests := map[string]bool{}
	for data, problem := range map[string]alipay.ContentProblem{
		header + `"content":"words"}`:                  alipay.ContentJSON,
		header + `"content":[1]}`:                      alipay.ContentJSON,
		header + `"content":{"a":1},"content":{}}`:     alipay.ContentDuplicate,
		header + `"content":{"a":1,"a":2}}`:            alipay.ContentDuplicate,
		header + `"content":{}`:                        alipay.ContentJSON,
		header + `"content":{"` + chineseGBK + `":1}}`: alipay.ContentCharset,
		strings.Repeat("[", alipay.MaxDepth+1):         alipay.ContentDepth,
		`[]`:                                           alipay.ContentJSON,
	} {
		n, err := mustVerifier(t).Frame(thirdPartyApp, newFrame(t, data))
		if err != nil {
			t.Errorf("%s: %v", data, err)
			continue
		}
		wantContentError(t, n, problem)
		if digests[n.Digest()] {
			t.Errorf("%s: the digest of another frame", data)
		}
		digests[n.Digest()] = true
	}
	n, err := mustVerifier(t).Frame(thirdPartyApp, newFrame(t, header+`"other":1}`))
	if err != nil || n.ContentError != nil || n.Content != nil {
		t.Errorf("no content at all: %s, %v", n.Content, err)
	}
}
