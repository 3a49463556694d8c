package drift_test

import (
	"crypto/rand"
	"crypto/rsa"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"miniflow/alipay"
	"miniflow/alipay/drift"
	"miniflow/alipay/keys"
	"miniflow/alipay/notify"
)

// alone is a ledger with an Alipay that signs whatever it is given.
func alone(t *testing.T) (*twoSides, *rsa.PrivateKey, *notify.Verifier) {
	t.Helper()
	s := &twoSides{t: t, now: time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC), registry: prometheus.NewRegistry()}
	s.ledger = must(drift.NewLedger(slog.New(slog.NewTextHandler(&s.log, nil)), s.registry, s.clock))(t)
	key := must(rsa.GenerateKey(rand.Reader, 2048))(t)
	return s, key, must(notify.NewVerifier([]notify.App{{ID: appID, AlipayKeys: []keys.AlipayKey{{Public: &key.PublicKey}}}}))(t)
}

// A message in a charset that nobody reads is kept under its label, in letters that any charset has.
func TestACharsetThatNobodyReads(t *testing.T) {
	s, key, verifier := alone(t)
	body := must((&drift.Case{Params: map[string]string{
		"app_id": appID, "msg_method": alipay.MessageMerchantConfirmed, "notify_id": "n1", "charset": "Big5", "version": "1.1",
		"biz_content": `{"status":"AGREED","name":"王小明"}`,
	}}).Sign(key))(t)
	s.ledger.Received(appID, must(verifier.Notification(body))(t))
	d := s.listed(drift.KindCharset, alipay.MessageMerchantConfirmed, "")
	if d.What != "BIG5" || d.Case.Params["charset"] != "Big5" || strings.ContainsFunc(d.Case.Params["biz_content"], func(r rune) bool { return r > 0x7f }) {
		t.Errorf("%+v %+v", d, d.Case)
	}
	s.verifies(1)
	s.secretless()
}

// A frame's case is a form, which miniflow verify reads; a message of version 1.0 in one is news.
func TestAFrameOfTheLongConnection(t *testing.T) {
	s, key, verifier := alone(t)
	data := []byte(`{"header":{"appId":"` + appID + `","msgApi":"open_app_auth_notify"},"content":{"notify_context":{"trigger":"shop_opened"},"detail":{"app_auth_token":"202611BBcanarytoken","phone":"13812345678"}}}`)
	frame := notify.Frame{MessageID: "m1", SignType: keys.RSA2, Sign: must(keys.Sign(key, keys.RSA2, data))(t), Charset: "UTF-8", Data: data}
	s.ledger.Received(appID, must(verifier.Frame(appID, frame))(t))
	for _, want := range []drift.Difference{
		{Kind: drift.KindName, What: alipay.MessageOpenAppAuth, Row: 5},
		{Kind: drift.KindStatus, Field: "notify_context.trigger", What: "shop_opened", Row: 4},
		{Kind: drift.KindField, Field: "detail.phone"},
	} {
		if got := s.listed(want.Kind, alipay.MessageOpenAppAuth, want.Field); got.What != want.What || got.Row != want.Row {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
	s.verifies(3)
	s.secretless()
}

// What is larger than a case may be is listed without one.
func TestALargeMessageHasNoCase(t *testing.T) {
	s, key, verifier := alone(t)
	body := must((&drift.Case{Params: map[string]string{
		"app_id": appID, "msg_method": "alipay.open.mini.new", "notify_id": "n1", "charset": "utf-8", "biz_content": `{"a":"` + strings.Repeat("x", 17<<10) + `"}`,
	}}).Sign(key))(t)
	s.ledger.Received(appID, must(verifier.Notification(body))(t))
	if d := s.listed(drift.KindName, "alipay.open.mini.new", ""); d.Case != nil {
		t.Error("a case of 17 KiB")
	}
}
