package door

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"miniflow/alipay"
	"miniflow/alipay/notify"
	"miniflow/ingress/internal/ingresstest"
	"miniflow/order"
)

// translated sends a message through the verifier, the only source of one.
func translated(t *testing.T, message params) order.Notification {
	t.Helper()
	n, err := NewTranslator(ingresstest.Ring(t), doorNow).Translate(verified(t, message), ChannelHTTP)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func verified(t *testing.T, message params) *notify.Notification {
	t.Helper()
	n, err := doorVerifier(t, doorKeys().alipay).Notification(message.signed(t, doorKeys().alipay))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestWhatEachMessageNamesAndClaims(t *testing.T) {
	authTime := time.UnixMilli(1763600000000).UTC()
	for name, c := range map[string]struct {
		message params
		want    order.Notification
	}{
		"confirmed": {confirmed(), order.Notification{
			OutOrderNo: "OUT1", OrderNo: "ORD1", MiniAppID: doorMini, Evidence: order.Evidence{MerchantStatus: "AGREED"}}},
		"not confirmed": {standard(alipay.MessageMerchantConfirmed, `{"out_order_no":"OUT1","min_app_id":"","status":"TIMEOUT"}`), order.Notification{
			OutOrderNo: "OUT1", Evidence: order.Evidence{MerchantStatus: "TIMEOUT"}}},
		"trial": {standard(alipay.MessageFastRegisterChanged, trial), order.Notification{
			OutOrderNo: "OUT1", OrderNo: "ORD1", MiniAppID: doorMini, Evidence: order.Evidence{RegisterStatus: "CERTIFY_SUCCESS"}}},
		"passed": {standard(alipay.MessageVersionAuditPassed, `{"mini_app_id":"`+doorMini+`"}`), order.Notification{
			MiniAppID: doorMini, BundleID: alipay.DefaultBundleID, Evidence: order.Evidence{Verdict: order.VerdictPassed}}},
		"base passed": {standard(alipay.MessageVersionBaseAuditPassed, auditReply), order.Notification{
			MiniAppID: doorMini, BundleID: "com.amap.app", AppVersion: "1.2.3", Evidence: order.Evidence{
				Verdict: order.VerdictBasePassed, BaseAudit: "PASS", PromoteAudit: "REJECT",
				Reasons: []order.Reason{{Part: "all", Memo: "x"}}}}},
		"granted": {authorised(granted), order.Notification{
			OutOrderNo: "OUT1", MiniAppID: doorMini, Evidence: order.Evidence{
				Token: &order.Token{Fingerprint: order.Fingerprint("T1"), AuthTime: authTime, Source: "notification"}}}},
		"granted, app in the envelope only": {authorised(`{"detail":{"app_auth_token":"T1","auth_time":"1763600000000"}}`), order.Notification{
			MiniAppID: doorMini, Evidence: order.Evidence{
				Token: &order.Token{Fingerprint: order.Fingerprint("T1"), AuthTime: authTime, Source: "notification"}}}},
		"granted, no auth_time": {authorised(`{"detail":{"app_auth_token":"T1"}}`), order.Notification{
			MiniAppID: doorMini, Evidence: order.Evidence{
				Token: &order.Token{Fingerprint: order.Fingerprint("T1"), AuthTime: doorNow().Add(-time.Second), Source: "notification"}}}},
		"revoked": {standard(alipay.MessageAppAuthCancelled, revoked), order.Notification{
			MiniAppID: doorMini, Evidence: order.Evidence{RevokedToken: order.Fingerprint("T1")}}},
		"unknown": {standard("alipay.open.new", `{"out_order_no":"OUT1"}`), order.Notification{}},
	} {
		t.Run(name, func(t *testing.T) {
			got := translated(t, c.message)
			if got.Content == "" || got.ReceivedAt != doorNow() || got.SentAt != doorNow().Add(-time.Second) || got.Channel != "http" {
				t.Errorf("around it: %+v", got)
			}
			if diff := cmp.Diff(c.want, got, ignoringEnvelope()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// ignoringEnvelope compares the content of messages, not how they came.
func ignoringEnvelope() cmp.Option {
	return cmp.Options{
		cmpopts.IgnoreFields(order.Notification{}, "NotificationKey", "Name", "Channel", "SentAt", "ReceivedAt", "Content", "Raw"),
		cmpopts.IgnoreFields(order.Token{}, "Sealed", "Refresh"), cmpopts.EquateEmpty(),
	}
}

func TestReasonsOfAnAudit(t *testing.T) {
	half := `{"audit_images":["i3"],"memos":[{"memo":"m1","memo_image_list":["i1","i2"]},{"memo":"m2"},{"memo":""}]}`
	quoted, err := json.Marshal(half)
	if err != nil {
		t.Fatal(err)
	}
	both := []order.Reason{
		{Part: "all", Memo: "flat"},
		{Part: "base", Memo: "m1", Images: []string{"i1", "i2"}}, {Part: "base", Memo: "m2"}, {Part: "base", Images: []string{"i3"}},
		{Part: "promote", Memo: "words"},
	}
	for name, c := range map[string]struct {
		content string
		want    []order.Reason
	}{
		"objects":     {`{"audit_reason":"flat","base_audit_reason":` + half + `,"promote_audit_reason":{"memos":[{"memo":"words"}]}}`, both},
		"JSON texts":  {`{"audit_reason":"flat","base_audit_reason":` + string(quoted) + `,"promote_audit_reason":"words"}`, both},
		"null":        {`{"audit_reason":null,"base_audit_reason":null}`, nil},
		"nothing":     {`{}`, nil},
		"only flat":   {`{"audit_reason":"flat"}`, both[:1]},
		"empty memos": {`{"base_audit_reason":{"memos":[{"memo":""},{"memo":"","memo_image_list":[""]}]}}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got := translated(t, standard(alipay.MessageVersionAuditRejected, c.content))
			if got.Flaw != "" || got.Evidence.Verdict != order.VerdictRejected {
				t.Errorf("read as %+v", got)
			}
			if diff := cmp.Diff(c.want, got.Evidence.Reasons, cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFlaws(t *testing.T) {
	deep := strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000)
	for name, c := range map[string]struct {
		message params
		says    string
	}{
		"no JSON":                   {standard(alipay.MessageMerchantConfirmed, `{"out_order_no"`), "(json)"},
		"nested 100,000 deep":       {standard(alipay.MessageVersionAuditPassed, deep), "(depth)"},
		"a member twice":            {standard(alipay.MessageMerchantConfirmed, `{"status":"AGREED","status":"REJECTED"}`), "(duplicate_member)"},
		"can't be decrypted":        {standard(alipay.MessageMerchantConfirmed, "AAAA").with("encrypt_type", "AES"), "(encryption)"},
		"encrypted by who knows":    {standard(alipay.MessageMerchantConfirmed, "AAAA").with("encrypt_type", "XOR"), "(encrypt_type)"},
		"a name in another charset": {standard(alipay.MessageMerchantConfirmed, "{\"\xff\":\"a\"}"), "(charset)"},
		"an id in another charset":  {standard(alipay.MessageVersionAuditPassed, "{\"mini_app_id\":\"\xff\"}"), "mini_app_id"},
		"another shape":             {standard(alipay.MessageMerchantConfirmed, `{"status":{}}`), "status"},
		"a list":                    {standard(alipay.MessageOpenAppAuth, `[]`), "object"},
		"a grant without a token":   {authorised(`{"detail":{"auth_app_id":"` + doorMini + `"}}`), "no app_auth_token"},
		"a revocation of nothing":   {standard(alipay.MessageAppAuthCancelled, `{"auth_app_id":"`+doorMini+`"}`), "no token"},
		"unknown and huge":          {standard("alipay.open.new", `{"a":"`+strings.Repeat("x", MaxContent)+`"}`), "too large"},
	} {
		t.Run(name, func(t *testing.T) {
			got := translated(t, c.message)
			if !strings.Contains(got.Flaw, c.says) || len(got.Flaw) > 2*MaxWord {
				t.Errorf("flaw %q does not say %q", got.Flaw, c.says)
			}
			if got.Evidence.Token != nil || got.Evidence.Verdict != "" || got.Evidence.MerchantStatus != "" {
				t.Errorf("a flawed message claims %+v", got.Evidence)
			}
		})
	}
}

// A large message of a known name still acts; only its full text is not kept.
func TestHugeAuditKeepsItsVerdict(t *testing.T) {
	got := translated(t, standard(alipay.MessageVersionAuditRejected,
		`{"mini_app_id":"`+doorMini+`","audit_reason":"`+strings.Repeat("改", MaxContent)+`"}`))
	if got.Flaw != "" || got.Content != "" || got.Evidence.Verdict != order.VerdictRejected {
		t.Errorf("%+v", got)
	}
	if memo := got.Evidence.Reasons[0].Memo; len(memo) > order.MaxReasonBytes || !strings.HasSuffix(memo, "…") {
		t.Errorf("kept %d bytes", len(memo))
	}
}

// brokenSealer has no randomness left.
type brokenSealer struct{ purpose string }

func (b brokenSealer) Seal(_ []byte, context ...string) (order.Sealed, error) {
	if slices.Contains(context, b.purpose) {
		return "", errDown
	}
	return "sealed", nil
}

func TestNothingIsTranslatedUnsealed(t *testing.T) {
	n := verified(t, authorised(granted))
	for _, purpose := range []string{order.SealToken, order.SealContent} {
		got, err := NewTranslator(brokenSealer{purpose}, doorNow).Translate(n, ChannelHTTP)
		if !errors.Is(err, errDown) || !cmp.Equal(got, order.Notification{}) {
			t.Errorf("%s: %+v, %v", purpose, got, err)
		}
	}
}

// Whatever Alipay signs, the input of a workflow stays small.
func TestTranslationIsBounded(t *testing.T) {
	names := []string{alipay.MessageMerchantConfirmed, alipay.MessageFastRegisterChanged, alipay.MessageVersionAuditPassed,
		alipay.MessageVersionAuditRejected, alipay.MessageVersionBaseAuditPassed, alipay.MessageAppAuthCancelled,
		alipay.MessageOpenAppAuth, "alipay.open.new", strings.Repeat("n", 100_000)}
	members := []string{"order_no", "out_order_no", "min_app_id", "merchant_app_id", "mini_app_id", "bundle_id",
		"mini_app_version", "status", "audit_reason", "base_audit", "promote_audit", "auth_app_id"}
	rapid.Check(t, func(rt *rapid.T) {
		content := map[string]any{}
		for _, member := range members {
			if rapid.Bool().Draw(rt, member) {
				content[member] = strings.Repeat(rapid.StringN(1, 4, -1).Draw(rt, "text"), rapid.IntRange(0, 10_000).Draw(rt, "times"))
			}
		}
		memo := map[string]any{"memo": rapid.StringN(0, 3, -1).Draw(rt, "memo"), "memo_image_list": slices.Repeat([]string{"i"}, rapid.IntRange(0, 300).Draw(rt, "images"))}
		content["base_audit_reason"] = map[string]any{"memos": slices.Repeat([]any{memo}, rapid.IntRange(0, 300).Draw(rt, "memos"))}
		text, err := json.Marshal(content)
		if err != nil {
			rt.Fatal(err)
		}
		message := standard(rapid.SampledFrom(names).Draw(rt, "name"), string(text))
		if len(message.encode()) > MaxNotificationBody/2 {
			rt.Skip("larger than the door takes")
		}
		n := translated(t, message)
		if len(n.Evidence.Reasons) > MaxReasons {
			rt.Fatalf("%d reasons", len(n.Evidence.Reasons))
		}
		for _, reason := range n.Evidence.Reasons {
			if len(reason.Images) > MaxImages {
				rt.Fatalf("%d images", len(reason.Images))
			}
		}
		sent, err := json.Marshal(forOrder(n))
		if err != nil {
			rt.Fatal(err)
		}
		const bound = 2*MaxOrderContent + 6*(order.MaxReasonBytes+8*MaxID) + MaxReasons*64 + MaxReasons*MaxImages*8
		if len(sent) > bound {
			rt.Fatalf("%d bytes", len(sent))
		}
	})
}

// The same message in another layout, order or charset has the same identity.
func TestDigestIsTheMessages(t *testing.T) {
	first := translated(t, confirmed())
	again := maps.Clone(confirmed())
	again["utc_timestamp"] = millis(doorNow())
	if got := translated(t, again); got.NotificationKey != first.NotificationKey {
		t.Errorf("%+v, then %+v", first.NotificationKey, got.NotificationKey)
	}
	if got := translated(t, confirmed().with("biz_content", `{}`)); got.Digest == first.Digest {
		t.Error("another content has the same digest")
	}
}
