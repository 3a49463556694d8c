package main_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"miniflow/alipay/alipaysim"
	"miniflow/alipay/keys"
	"miniflow/alipay/notify"
	"miniflow/order"
)

// push is a message as Alipay would send it: its parameters, without signature.
type push map[string]string

func (p push) id() string { return p["notify_id"] }

// newPush is a message of the standard layout.
func newPush(t *testing.T, name, notifyID string, content any) push {
	t.Helper()
	text, err := json.Marshal(content)
	if err != nil {
		t.Fatal(err)
	}
	return push{
		"app_id": appID, "notify_id": notifyID, "msg_method": name, "version": "1.1", "charset": "UTF-8", "sign_type": "RSA2",
		"utc_timestamp": strconv.FormatInt(time.Now().UnixMilli(), 10), "biz_content": string(text),
	}
}

// confirmed is the merchant's answer to a formal order.
func confirmed(t *testing.T, notifyID string, o simOrder, status alipaysim.OrderStatus) push {
	t.Helper()
	return newPush(t, "alipay.open.mini.merchant.confirmed", notifyID, map[string]any{
		"order_no": o.OrderNo, "out_order_no": o.OutOrderNo, "min_app_id": o.MiniAppID, "status": status, "pid": o.PID,
	})
}

// audited is the result of an audit: passed or rejected.
func audited(t *testing.T, notifyID, result, miniAppID, version string) push {
	t.Helper()
	content := map[string]any{
		"mini_app_id": miniAppID, "bundle_id": order.DefaultBundleID, "mini_app_version": version,
	}
	if result == "rejected" {
		content["audit_reason"] = "小程序内容与所选类目不符"
	}
	return newPush(t, "alipay.open.mini.version.audit."+result, notifyID, content)
}

// authorized is the merchant's authorisation, in the layout of 1.0 that it has.
func authorized(t *testing.T, notifyID string, o simOrder, token simToken) push {
	t.Helper()
	p := newPush(t, "", notifyID, map[string]any{
		"notify_context": map[string]any{"trigger": "isvcreate", "trigger_context": map[string]any{"out_biz_no": o.OutOrderNo}},
		"detail": map[string]any{
			"app_auth_token": token.Token, "app_refresh_token": token.Refresh, "app_id": appID, "auth_app_id": o.MiniAppID,
			"user_id": token.UserID, "auth_time": token.AuthTime,
		},
	})
	delete(p, "msg_method")
	delete(p, "utc_timestamp")
	maps.Copy(p, push{
		"notify_type": "open_app_auth_notify", "version": "1.0", "status": "execute_auth", "auth_app_id": o.MiniAppID,
		"notify_time": time.Now().In(time.FixedZone("CST", 8*60*60)).Format(time.DateTime),
	})
	return p
}

// text is what a signature covers: every parameter but those left out, by name.
func (p push) text(leaveOut ...string) string {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(p)) {
		if !slices.Contains(leaveOut, name) {
			pairs = append(pairs, name+"="+p[name])
		}
	}
	return strings.Join(pairs, "&")
}

// body is the form that is posted.
func (p push) body(signature []byte) string {
	form := url.Values{"sign": {base64.StdEncoding.EncodeToString(signature)}}
	for name, value := range p {
		form.Set(name, value)
	}
	return form.Encode()
}

// keyFile names one of the generated keys.
func (s *standalone) keyFile(name string) string { return s.path("keys", appID, name) }

// sign signs a message as this Alipay does, with sign_type in the text.
func (s *standalone) sign(p push) string {
	s.t.Helper()
	return p.body(s.signature(p.text()))
}

// signature signs a text as this Alipay does.
func (s *standalone) signature(text string) []byte {
	s.t.Helper()
	file, err := os.ReadFile(s.keyFile("alipay_private.pem"))
	if err != nil {
		s.t.Fatal(err)
	}
	block, _ := pem.Decode(file)
	if block == nil {
		s.t.Fatal("alipay_private.pem holds no PEM block")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		s.t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(nil, key.(*rsa.PrivateKey), crypto.SHA256, sum[:])
	if err != nil {
		s.t.Fatal(err)
	}
	return signature
}

// post sends a body to the door.
func (s *standalone) post(body string) (reply, error) {
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded;charset=UTF-8"}}
	return s.send(http.MethodPost, s.at.API+"/alipay/notify", header, strings.NewReader(body))
}

// deliver sends a body as Alipay does: again when the door says that it could not
// take it now.
func (s *standalone) deliver(body string) (answer reply, err error) {
	const tries = 8
	for range tries {
		if answer, err = s.post(body); err != nil || answer.status != http.StatusServiceUnavailable {
			return answer, err
		}
	}
	return answer, err
}

// pushed signs a message, sends it, and wants it acknowledged.
func (s *standalone) pushed(p push) {
	s.t.Helper()
	s.acknowledged(s.sign(p))
}

// acknowledged sends a body and wants the one word that ends Alipay's tries.
func (s *standalone) acknowledged(body string) {
	s.t.Helper()
	answer, err := s.deliver(body)
	if err != nil || answer.status != http.StatusOK || string(answer.body) != "success" {
		s.t.Fatalf("the door answers %s, %v; want 200 success", answer, err)
	}
}

// identity is how Miniflow knows a message, worked out by its own verifier.
func (s *standalone) identity(body string) order.NotificationKey {
	s.t.Helper()
	text, err := os.ReadFile(s.keyFile("alipay_public.pem"))
	if err != nil {
		s.t.Fatal(err)
	}
	key, err := keys.ParsePublicKey(string(text))
	if err != nil {
		s.t.Fatal(err)
	}
	verifier, err := notify.NewVerifier([]notify.App{{ID: appID, AlipayKeys: []keys.AlipayKey{{Public: key}}}})
	if err != nil {
		s.t.Fatal(err)
	}
	n, err := verifier.Notification([]byte(body))
	if err != nil {
		s.t.Fatal(fmt.Errorf("our own message does not verify: %w", err))
	}
	return order.NotificationKey{AppID: n.AppID, NotifyID: n.NotifyID, Digest: n.Digest()}
}
