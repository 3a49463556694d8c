package notify_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"miniflow/alipay"
	"miniflow/alipay/internal/alipaytest"
	"miniflow/alipay/keys"
	"miniflow/alipay/notify"
)

func TestStandardMessage(t *testing.T) {
	n := mustRead(t, mustVerifier(t), newPush().body())
	want := &notify.Notification{
		AppID: thirdPartyApp, NotifyID: "2026112100262110001", Name: alipay.MessageVersionAuditPassed,
		Layout: notify.LayoutStandard, Version: "1.1", SentAt: time.UnixMilli(1795280000000).UTC(),
		Content: []byte(`{"mini_app_id":"2021000000000009"}`), Verifications: 1,
	}
	if diff := cmp.Diff(want, n, ignoreHidden); diff != "" {
		t.Error(diff)
	}
	if n.Params.Get("sign") != "" || n.Params.Get("sign_type") != "" {
		t.Error("parameters that the signature doesn't cover were handed on")
	}
	if got := n.Params.Len(); got != 7 {
		t.Errorf("%d parameters, want 7", got)
	}
}

// ignoreHidden compares what a notification shows.
var ignoreHidden = cmp.FilterPath(func(p cmp.Path) bool {
	name := p.Last().String()
	return name == ".Params" || name == ".digest" || name == ".raw" || name == ".signed"
}, cmp.Ignore())

func TestLayoutsAndNames(t *testing.T) {
	legacy := newPush("notify_type", alipay.MessageOpenAppAuth, "status", "execute_auth",
		"notify_time", "2026-11-21 20:00:01").without("msg_method", "utc_timestamp")
	sent := time.Date(2026, 11, 21, 12, 0, 1, 0, time.UTC)
	for name, c := range map[string]struct {
		push   push
		layout notify.Layout
		want   string
		sentAt time.Time
	}{
		"standard":                    {newPush(), notify.LayoutStandard, alipay.MessageVersionAuditPassed, time.UnixMilli(1795280000000)},
		"legacy, version 1.0":         {legacy.with("version", "1.0"), notify.LayoutLegacy, alipay.MessageOpenAppAuth, sent},
		"legacy, empty version":       {legacy.with("version", ""), notify.LayoutLegacy, alipay.MessageOpenAppAuth, sent},
		"legacy, no version":          {legacy.without("version"), notify.LayoutLegacy, alipay.MessageOpenAppAuth, sent},
		"old and new together":        {newPush("notify_type", "x", "notify_time", "2026-11-21 20:00:01"), notify.LayoutStandard, alipay.MessageVersionAuditPassed, time.UnixMilli(1795280000000)},
		"msg_method is empty":         {legacy.with("msg_method", ""), notify.LayoutLegacy, alipay.MessageOpenAppAuth, sent},
		"only a method":               {newPush("method", "alipay.trade.page.pay.return", "timestamp", "2026-11-21 20:00:01").without("msg_method", "utc_timestamp", "biz_content"), notify.LayoutLegacy, "alipay.trade.page.pay.return", sent},
		"a service":                   {newPush("service", "alipay.mobile.public.message.notify", "biz_content", "<xml/>").without("msg_method", "utc_timestamp"), notify.LayoutService, "alipay.mobile.public.message.notify", time.Time{}},
		"no name at all":              {newPush().without("msg_method"), notify.LayoutLegacy, "", time.UnixMilli(1795280000000)},
		"a time that can't be":        {newPush("utc_timestamp", "99999999999999999"), notify.LayoutStandard, alipay.MessageVersionAuditPassed, time.Time{}},
		"a time that is none":         {newPush("utc_timestamp", "yesterday"), notify.LayoutStandard, alipay.MessageVersionAuditPassed, time.Time{}},
		"a years-old one is the same": {newPush("utc_timestamp", "1516114883040"), notify.LayoutStandard, alipay.MessageVersionAuditPassed, time.UnixMilli(1516114883040)},
	} {
		t.Run(name, func(t *testing.T) {
			n := mustRead(t, mustVerifier(t), c.push.body())
			if n.Layout != c.layout || n.Name != c.want || !n.SentAt.Equal(c.sentAt) || n.ContentError != nil {
				t.Errorf("%s %q sent %v (%v)", n.Layout, n.Name, n.SentAt, n.ContentError)
			}
		})
	}
}

// TestRules sends the same message signed in every way that was seen in practice.
func TestRules(t *testing.T) {
	empty := func(_, value string) bool { return strings.TrimSpace(value) == "" }
	certSN := func(name, _ string) bool { return name == "alipay_cert_sn" }
	both := func(name, value string) bool { return empty(name, value) || certSN(name, value) }
	for name, c := range map[string]struct {
		drop   func(name, value string) bool
		rule   notify.Rule
		params int // parameters returned, of ten besides sign_type
	}{
		"everything":                 {nil, notify.Rule{}, 10},
		"no empty values":            {empty, notify.Rule{EmptyDropped: true}, 8},
		"no certificate":             {certSN, notify.Rule{CertSNDropped: true}, 9},
		"neither":                    {both, notify.Rule{EmptyDropped: true, CertSNDropped: true}, 7},
		"everything, and sign_type":  {nil, notify.Rule{SignType: true}, 11},
		"no empty values, sign_type": {empty, notify.Rule{SignType: true, EmptyDropped: true}, 9},
		"no certificate, sign_type":  {certSN, notify.Rule{SignType: true, CertSNDropped: true}, 10},
		"neither, and sign_type":     {both, notify.Rule{SignType: true, EmptyDropped: true, CertSNDropped: true}, 8},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPush("alipay_cert_sn", "f00d", "msg_uid", "", "msg_app_id", " ")
			p.drop, p.signType = c.drop, c.rule.SignType
			n := mustRead(t, mustVerifier(t), p.body())
			if n.Rule != c.rule || n.Params.Len() != c.params {
				t.Errorf("matched %q with %d parameters, want %q with %d", n.Rule, n.Params.Len(), c.rule, c.params)
			}
			for dropped := range n.Params.All() {
				if dropped == "sign" || dropped == "sign_type" && !c.rule.SignType {
					t.Errorf("%s was handed on, though nothing signed it", dropped)
				}
			}
		})
	}
}

// TestAddedEmptyParameter covers what a proxy may do: the parameter isn't signed, so it isn't
// returned, and the message is the same.
func TestAddedEmptyParameter(t *testing.T) {
	genuine := mustRead(t, mustVerifier(t), newPush().body())
	for _, extra := range []string{"&foo=", "&foo", "&foo=+%09", "&encrypt_type=", "&msg_method2=", "&alipay_cert_sn="} {
		n := mustRead(t, mustVerifier(t), newPush().body()+extra)
		if name, _, _ := strings.Cut(extra[1:], "="); n.Params.Get(name) != "" || n.Params.Len() != genuine.Params.Len() {
			t.Errorf("%s was handed on", extra)
		}
		if n.Digest() != genuine.Digest() || !n.Rule.EmptyDropped {
			t.Errorf("%s changes the message (%s)", extra, n.Rule)
		}
	}
	mustRefuse(t, mustVerifier(t), newPush().body()+"&foo=bar", notify.ReasonBadSignature)
}

func TestDifficultValues(t *testing.T) {
	for _, value := range []string{"a+b", "100%", "%2B", "a b", " leading and trailing ", "\U0001F600", "line\r\nline\n",
		`{"a":"&quot;"}`, "a=b", "?a", "中文", "\x00", "\u2028", "a;b", strings.Repeat("长", 5000)} {
		n := mustRead(t, mustVerifier(t), newPush("subject", value).body())
		if got := n.Params.Get("subject"); got != value {
			t.Errorf("%q arrives as %q", value, got)
		}
	}
}

// TestRefusals is the table of refusals: what is wrong, its reason, and how many signature
// checks it may cost.
func TestRefusals(t *testing.T) {
	genuine := newPush().body()
	sign := newPush().sign()
	oneBitOff := newPush().with("sign", flipBit(t, sign))
	sha1Push := newPush("sign_type", "RSA")
	sha1Push.sha1 = true
	for name, c := range map[string]struct {
		body   string
		reason notify.Reason
		checks int
	}{
		"nothing":                   {"", notify.ReasonMissingAppID, 0},
		"too large":                 {genuine + "&x=" + strings.Repeat("x", alipay.MaxBody), notify.ReasonTooLarge, 0},
		"half an escape":            {genuine + "%", notify.ReasonMalformed, 0},
		"too many parameters":       {genuine + manyMore(10_000), notify.ReasonMalformed, 0},
		"64 kB name":                {genuine + "&" + strings.Repeat("x", 64<<10) + "=", notify.ReasonMalformed, 0},
		"a repeated parameter":      {genuine + "&notify_id=2", notify.ReasonRepeatedParameter, 0},
		"a repeated sign":           {genuine + "&sign=QUJD", notify.ReasonRepeatedParameter, 0},
		"the same value again":      {genuine + "&version=1.1", notify.ReasonRepeatedParameter, 0},
		"no app_id":                 {newPush().without("app_id").body(), notify.ReasonMissingAppID, 0},
		"another's app_id":          {newPush("app_id", "2021999999999999").body(), notify.ReasonUnknownApp, 0},
		"app_id with a blank":       {newPush("app_id", thirdPartyApp+" ").body(), notify.ReasonUnknownApp, 0},
		"no sign":                   {formBody(newPush().params), notify.ReasonMissingSign, 0},
		"an empty sign":             {formBody(newPush("sign", "").params), notify.ReasonMissingSign, 0},
		"sign is no base64":         {formBody(newPush("sign", "ABC!").params), notify.ReasonBadSignEncoding, 0},
		"64 kB sign":                {formBody(newPush("sign", strings.Repeat("A", 64<<10)).params), notify.ReasonBadSignEncoding, 0},
		"plus became space":         {formBody(newPush("sign", " "+sign[1:]).params), notify.ReasonBadSignEncoding, 0},
		"sign without its padding":  {formBody(newPush("sign", strings.TrimRight(sign, "=")).params), notify.ReasonBadSignEncoding, 0},
		"a sign for another size":   {formBody(newPush("sign", "QUJDRA==").params), notify.ReasonBadSignature, 0},
		"one bit off":               {formBody(oneBitOff.params), notify.ReasonBadSignature, 2},
		"sign_type RSA":             {sha1Push.body(), notify.ReasonSignTypeNotAllowed, 0},
		"sign_type empty":           {newPush("sign_type", "").body(), notify.ReasonSignTypeNotAllowed, 0},
		"sign_type in lower case":   {newPush("sign_type", "rsa2").body(), notify.ReasonSignTypeNotAllowed, 0},
		"sign_type none":            {newPush("sign_type", "none").body(), notify.ReasonSignTypeNotAllowed, 0},
		"notify_id altered":         {formBody(newPush("sign", sign, "notify_id", "2").params), notify.ReasonBadSignature, 2},
		"decoded twice":             {formBody(newPush("sign", newPush("biz_content", "%2B").sign(), "biz_content", "+").params), notify.ReasonBadSignature, 2},
		"a parameter less":          {formBody(newPush("sign", sign).without("version").params), notify.ReasonBadSignature, 2},
		"a parameter more":          {formBody(newPush("sign", sign, "foo", "bar").params), notify.ReasonBadSignature, 2},
		"empty values, certificate": {formBody(newPush("sign", sign, "foo", "bar", "a", "", "alipay_cert_sn", "1").params), notify.ReasonUnknownCertificate, 8},
		"the application's key":     {push{params: newPush().params, key: ApplicationKey()}.body(), notify.ReasonBadSignature, 2},
	} {
		t.Run(name, func(t *testing.T) {
			refusal := mustRefuse(t, mustVerifier(t), c.body, c.reason)
			if refusal.Verifications != c.checks {
				t.Errorf("%d signature checks, want %d", refusal.Verifications, c.checks)
			}
			named := c.reason == notify.ReasonUnknownApp // the app is the most important information then
			if !named && strings.Contains(refusal.Error(), "2021999999999999") || strings.Contains(refusal.Error(), sign) {
				t.Error("the refusal repeats the message")
			}
		})
	}
}

// flipBit changes one bit of a base64 signature and nothing of its form.
func flipBit(t *testing.T, sign string) string {
	t.Helper()
	if sign[0] == 'A' {
		return "B" + sign[1:]
	}
	return "A" + sign[1:]
}

func manyMore(count int) string {
	var b strings.Builder
	for i := range count {
		b.WriteString("&n")
		b.WriteString(strings.Repeat("i", i%200))
	}
	return b.String()
}

func TestSHA1IsOptIn(t *testing.T) {
	app := thirdParty()
	app.AllowSHA1 = true
	old := newPush("sign_type", "RSA")
	old.sha1 = true
	mustRead(t, mustVerifier(t, app), old.body())
	mustRead(t, mustVerifier(t, app), newPush().body())
	mustRefuse(t, mustVerifier(t, thirdParty()), old.body(), notify.ReasonSignTypeNotAllowed)

	// The sender can neither weaken a signature nor strengthen it.
	mustRefuse(t, mustVerifier(t, app), formBody(newPush("sign", newPush().sign(), "sign_type", "RSA").params), notify.ReasonBadSignature)
	mustRefuse(t, mustVerifier(t, app), formBody(newPush("sign", old.sign(), "sign_type", "RSA2").params), notify.ReasonBadSignature)
}

// TestMissingSignType, because some frameworks remove it although it was signed.
func TestMissingSignType(t *testing.T) {
	signedOver := newPush()
	signedOver.signType = true
	for name, sign := range map[string]string{"not signed over": newPush().sign(), "signed over": signedOver.sign()} {
		n := mustRead(t, mustVerifier(t), formBody(newPush("sign", sign).without("sign_type").params))
		if n.Params.Get("sign_type") != "" || n.Params.Len() != 7 {
			t.Errorf("%s: a parameter that wasn't sent was handed on", name)
		}
	}
}

// TestKeyRotation covers all phases of a key.
func TestKeyRotation(t *testing.T) {
	current := keys.AlipayKey{Public: &AlipayKey().PublicKey, CertSN: "aaaa"}
	next := keys.AlipayKey{Public: &nextAlipayKey().PublicKey, CertSN: "bbbb"}
	byCurrent, byNext := newPush(), newPush()
	byNext.key = nextAlipayKey()
	named := byNext.with("alipay_cert_sn", "bbbb")

	app := thirdParty()
	app.AlipayKeys = []keys.AlipayKey{current, next}
	both := mustVerifier(t, app)
	if n := mustRead(t, both, byCurrent.body()); n.Key != 0 || n.KeyCertSN != "aaaa" || n.Verifications != 1 {
		t.Errorf("current key: %d %s after %d checks", n.Key, n.KeyCertSN, n.Verifications)
	}
	if n := mustRead(t, both, byNext.body()); n.Key != 1 || n.KeyCertSN != "bbbb" || n.Verifications != 3 {
		t.Errorf("next key: %d %s after %d checks", n.Key, n.KeyCertSN, n.Verifications)
	}
	if n := mustRead(t, both, named.body()); n.Key != 1 || n.Verifications != 1 {
		t.Errorf("the certificate that is named comes first, but it took %d checks", n.Verifications)
	}

	app.AlipayKeys = []keys.AlipayKey{next}
	after := mustVerifier(t, app)
	mustRead(t, after, byNext.body())
	mustRefuse(t, after, byCurrent.body(), notify.ReasonBadSignature)

	// An expired certificate is a reason for a warning, not for a refusal.
	app.AlipayKeys[0].NotAfter = time.Unix(0, 0)
	mustRead(t, mustVerifier(t, app), byNext.body())

	// A renewed certificate of the same key has another number.
	renewed := byNext.with("alipay_cert_sn", "cccc")
	mustRead(t, after, renewed.body())
	unknown := byCurrent.with("alipay_cert_sn", "cccc")
	if r := mustRefuse(t, after, unknown.body(), notify.ReasonUnknownCertificate); r.Verifications > 4 {
		t.Errorf("an unknown certificate cost %d checks", r.Verifications)
	}
}

// TestHabit checks that a verifier tries the rule that matched last first, and that its
// result doesn't depend on earlier messages.
func TestHabit(t *testing.T) {
	v2 := newPush()
	v2.signType = true
	v := mustVerifier(t)
	for i, c := range []struct {
		push   push
		checks int
	}{{v2, 2}, {v2, 1}, {newPush(), 2}, {newPush(), 1}, {v2, 2}} {
		n := mustRead(t, v, c.push.body())
		if n.Verifications != c.checks || n.Rule.SignType != c.push.signType {
			t.Errorf("message %d: %s after %d checks, want %d", i, n.Rule, n.Verifications, c.checks)
		}
	}
}

func TestSeveralApps(t *testing.T) {
	merchant := notify.App{ID: merchantApp, AlipayKeys: []keys.AlipayKey{{Public: &nextAlipayKey().PublicKey}}}
	v := mustVerifier(t, thirdParty(), merchant)
	toMerchant := newPush("app_id", merchantApp)
	mustRefuse(t, v, toMerchant.body(), notify.ReasonBadSignature) // signed for the other app
	toMerchant.key = nextAlipayKey()
	if n := mustRead(t, v, toMerchant.body()); n.AppID != merchantApp {
		t.Errorf("delivered to %s", n.AppID)
	}
	if r := mustRefuse(t, v, newPush("app_id", merchantApp).body(), notify.ReasonBadSignature); r.AppID != merchantApp {
		t.Errorf("refused for %q", r.AppID)
	}
}

func TestNewVerifierFindsMistakes(t *testing.T) {
	short, err := keys.ParsePrivateKey(alipaytest.NewOpenSSL(t).PrivateKey("key.pem", "1024"), keys.AllowShortKey)
	if err != nil {
		t.Fatal(err)
	}
	with := func(change func(*notify.App)) []notify.App {
		app := thirdParty()
		change(&app)
		return []notify.App{app}
	}
	for name, c := range map[string]struct {
		apps []notify.App
		want error
	}{
		"none":               {nil, notify.ErrNoApps},
		"no id":              {with(func(a *notify.App) { a.ID = "" }), notify.ErrNoAppID},
		"twice":              {[]notify.App{thirdParty(), thirdParty()}, notify.ErrTwice},
		"no keys":            {with(func(a *notify.App) { a.AlipayKeys = nil }), notify.ErrNoKeys},
		"an empty key":       {with(func(a *notify.App) { a.AlipayKeys = make([]keys.AlipayKey, 1) }), notify.ErrNoKeys},
		"too many keys":      {with(func(a *notify.App) { a.AlipayKeys = make([]keys.AlipayKey, alipay.MaxKeys+1) }), notify.ErrKeyCount},
		"our own key":        {with(func(a *notify.App) { a.ApplicationKey = &AlipayKey().PublicKey }), keys.ErrApplicationKey},
		"AES key":            {with(func(a *notify.App) { a.AESKey = make([]byte, 15) }), keys.ErrAESKey},
		"1024 bits":          {with(func(a *notify.App) { a.AlipayKeys[0].Public = keys.PublicOf(short) }), notify.ErrShortKey},
		"1024 bits, allowed": {with(func(a *notify.App) { a.AlipayKeys[0].Public, a.AllowSHA1 = keys.PublicOf(short), true }), nil},
		"as it should":       {with(func(a *notify.App) { a.ApplicationKey = &ApplicationKey().PublicKey }), nil},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := notify.NewVerifier(c.apps); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestContentType(t *testing.T) {
	for header, ok := range map[string]bool{
		"application/x-www-form-urlencoded":                           true,
		"application/x-www-form-urlencoded; charset=GBK":              true,
		"application/x-www-form-urlencoded;charset=utf-8":             true,
		"application/x-www-form-urlencoded; text/html; charset=UTF-8": true,
		"Application/X-WWW-Form-URLEncoded ; x":                       true,
		"application/json":                                            false,
		"multipart/form-data; boundary=x":                             false,
		"text/html; application/x-www-form-urlencoded":                false,
		"": false,
	} {
		err := notify.CheckContentType(header)
		if (err == nil) != ok || !ok && !errors.Is(err, &notify.Refusal{Reason: notify.ReasonContentType}) {
			t.Errorf("%q: %v", header, err)
		}
	}
}

// TestIDs checks that a message is never lost because of its id.
func TestIDs(t *testing.T) {
	v := mustVerifier(t)
	for _, id := range []string{"1", "ddea366c81886426648b97a33290bd8hxi", "编号 / ../../x", strings.Repeat("9", alipay.MaxNotifyID)} {
		if n := mustRead(t, v, newPush("notify_id", id).body()); n.NotifyID != id || n.DerivedID {
			t.Errorf("%q becomes %q", id, n.NotifyID)
		}
	}
	first := mustRead(t, v, newPush().without("notify_id").body())
	again := mustRead(t, v, newPush().without("notify_id").body())
	later := mustRead(t, v, newPush("utc_timestamp", "1795280000001").without("notify_id").body())
	long := mustRead(t, v, newPush("notify_id", strings.Repeat("9", alipay.MaxNotifyID+1)).body())
	switch {
	case !first.DerivedID || !long.DerivedID || first.NotifyID == "":
		t.Error("no id was made")
	case first.NotifyID != again.NotifyID:
		t.Error("the same message got two ids")
	case first.NotifyID == later.NotifyID:
		t.Error("two messages got one id")
	}
}
