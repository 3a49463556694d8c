package notify_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"miniflow/alipay"
	"miniflow/alipay/notify"
)

// message sends a content through the verifier and reads its typed form.
func message(t *testing.T, name, content string) (notify.Message, error) {
	t.Helper()
	p := newPush("msg_method", name, "biz_content", content)
	if name == alipay.MessageOpenAppAuth {
		p = newPush("notify_type", name, "status", "execute_auth", "biz_content", content).without("msg_method")
	}
	return mustRead(t, mustVerifier(t), p.body()).Message()
}

// messageCase is a content with its expected reading.
type messageCase struct {
	name, content string
	want          notify.Message
}

func (c messageCase) check(t *testing.T) {
	got, err := message(t, c.name, c.content)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(c.want, got); diff != "" {
		t.Error(diff)
	}
	if got.Name() != c.name {
		t.Errorf("it calls itself %s", got.Name())
	}
}

func TestMessages(t *testing.T) {
	for name, c := range map[string]messageCase{
		"confirmed": {alipay.MessageMerchantConfirmed,
			`{"order_no":"ORD1","out_order_no":"OUT1","min_app_id":"2021000000000001","status":"AGREED","pid":"2088000000000001"}`,
			&notify.MerchantConfirmed{OrderNo: "ORD1", OutOrderNo: "OUT1", MiniAppID: "2021000000000001", Status: alipay.MerchantAgreed, PID: "2088000000000001"}},
		"confirmed, only a poke": {alipay.MessageMerchantConfirmed, // several lines, short ids, an app id too early
			"{\n  \"order_no\": \"20210000000001\",\n  \"out_order_no\": \"OUT1\",\n  \"min_app_id\": \"20210000000002\",\n  \"status\": \"PROCESS\",\n  \"pid\": \"20880000000001\"\n}",
			&notify.MerchantConfirmed{OrderNo: "20210000000001", OutOrderNo: "OUT1", MiniAppID: "20210000000002", Status: alipay.MerchantProcess, PID: "20880000000001"}},
		"confirmed, timed out": {alipay.MessageMerchantConfirmed,
			`{"order_no":"ORD1","out_order_no":"OUT1","min_app_id":"","status":"TIMEOUT","pid":null}`,
			&notify.MerchantConfirmed{OrderNo: "ORD1", OutOrderNo: "OUT1", Status: alipay.MerchantTimeout}},
		"confirmed, a status of tomorrow": {alipay.MessageMerchantConfirmed,
			`{"out_order_no":"OUT1","status":"POSTPONED","min_app_id_2":"x"}`,
			&notify.MerchantConfirmed{OutOrderNo: "OUT1", Status: "POSTPONED"}},
		"ids as numbers": {alipay.MessageMerchantConfirmed,
			`{"order_no":20210000000001,"out_order_no":1,"status":"REJECTED"}`,
			&notify.MerchantConfirmed{OrderNo: "20210000000001", OutOrderNo: "1", Status: alipay.MerchantRejected}},
		"names match exactly": {alipay.MessageMerchantConfirmed,
			`{"status":"PROCESS","Status":"AGREED","STATUS":"AGREED"}`,
			&notify.MerchantConfirmed{Status: alipay.MerchantProcess}},
		"trial": {alipay.MessageFastRegisterChanged,
			`{"order_no":"ORD1","out_order_no":"OUT1","merchant_app_id":"2021000000000001","status":"CREATE_MINI_APP_SUCCESS","app_name":"好店的试用小程序","merchant_id":"208800000000000000000001"}`,
			&notify.FastRegisterChanged{OrderNo: "ORD1", OutOrderNo: "OUT1", MiniAppID: "2021000000000001", Status: alipay.FastRegisterCreated, AppName: "好店的试用小程序", MerchantID: "208800000000000000000001"}},
		"passed": {alipay.MessageVersionAuditPassed,
			`{"mini_app_id":"2021000000000009","bundle_id":"com.amap.app","mini_app_version":"0.0.1"}`,
			&notify.VersionAuditPassed{MiniAppID: "2021000000000009", BundleID: "com.amap.app", MiniAppVersion: "0.0.1"}},
		"passed, only the app": {alipay.MessageVersionAuditPassed, `{"mini_app_id":"2021000000000009"}`,
			&notify.VersionAuditPassed{MiniAppID: "2021000000000009", BundleID: alipay.DefaultBundleID}},
		"cancelled": {alipay.MessageAppAuthCancelled,
			`{"app_auth_token":"T1","app_id":"2021999999999999","auth_app_id":"2021000000000001","user_id":"2088000000000001"}`,
			&notify.AppAuthCancelled{AppAuthToken: "T1", AppID: "2021999999999999", AuthAppID: "2021000000000001", UserID: "2088000000000001"}},
	} {
		t.Run(name, c.check)
	}
}

func TestAuditMessages(t *testing.T) {
	reasons := alipay.AuditReason{Images: []string{"A*1", "A*2"},
		Memos: []alipay.AuditMemo{{Memo: "换图标", Images: []string{"A*3"}}, {Memo: "改名"}}}
	const asObject = `{"audit_images":["A*1","A*2"],"memos":[{"memo":"换图标","memo_image_list":["A*3"]},{"memo":"改名"}]}`
	asString := `"` + strings.ReplaceAll(asObject, `"`, `\"`) + `"`
	rejected := func(baseAuditReason string) string {
		return `{"mini_app_id":"2021000000000009","bundle_id":"com.alipay.alipaywallet","mini_app_version":"0.0.1","audit_reason":"换图标",` +
			`"base_audit":"REJECT","promote_audit":"REJECT","base_audit_reason":` + baseAuditReason + `}`
	}
	audit := notify.VersionAudit{MiniAppID: "2021000000000009", BundleID: alipay.DefaultBundleID, MiniAppVersion: "0.0.1",
		AuditReason: "换图标", BaseAudit: alipay.AuditReject, PromoteAudit: alipay.AuditReject, BaseAuditReason: reasons}
	withReason := func(r alipay.AuditReason) *notify.VersionAuditRejected {
		a := audit
		a.BaseAuditReason = r
		return &notify.VersionAuditRejected{VersionAudit: a}
	}
	basePassed := audit
	basePassed.BaseAudit, basePassed.BaseAuditReason, basePassed.PromoteAuditReason = alipay.AuditPass, alipay.AuditReason{}, reasons

	for name, c := range map[string]messageCase{
		"rejected":                     {alipay.MessageVersionAuditRejected, rejected(asObject), withReason(reasons)},
		"rejected, JSON in a string":   {alipay.MessageVersionAuditRejected, rejected(asString), withReason(reasons)},
		"rejected, null":               {alipay.MessageVersionAuditRejected, rejected("null"), withReason(alipay.AuditReason{})},
		"rejected, empty string":       {alipay.MessageVersionAuditRejected, rejected(`""`), withReason(alipay.AuditReason{})},
		"rejected, no arrays":          {alipay.MessageVersionAuditRejected, rejected("{}"), withReason(alipay.AuditReason{})},
		"rejected, null arrays":        {alipay.MessageVersionAuditRejected, rejected(`{"audit_images":null,"memos":null}`), withReason(alipay.AuditReason{})},
		"rejected, plain words":        {alipay.MessageVersionAuditRejected, rejected(`"改名"`), withReason(alipay.AuditReason{Memos: []alipay.AuditMemo{{Memo: "改名"}}})},
		"rejected, words in a brace":   {alipay.MessageVersionAuditRejected, rejected(`"{改名}"`), withReason(alipay.AuditReason{Memos: []alipay.AuditMemo{{Memo: "{改名}"}}})},
		"rejected, a number":           {alipay.MessageVersionAuditRejected, rejected("5"), withReason(alipay.AuditReason{Memos: []alipay.AuditMemo{{Memo: "5"}}})},
		"rejected, numbered images":    {alipay.MessageVersionAuditRejected, rejected(`{"audit_images":[1]}`), withReason(alipay.AuditReason{Memos: []alipay.AuditMemo{{Memo: `{"audit_images":[1]}`}}})},
		"rejected, line breaks inside": {alipay.MessageVersionAuditRejected, rejected(`"{\"memos\":[{\"memo\":\"1\n2\"}]}"`), withReason(alipay.AuditReason{Memos: []alipay.AuditMemo{{Memo: "1\n2"}}})},
		"rejected, markup stays text":  {alipay.MessageVersionAuditRejected, rejected(`{"memos":[{"memo":"<script>"}]}`), withReason(alipay.AuditReason{Memos: []alipay.AuditMemo{{Memo: "<script>"}}})},
		"base passed": {alipay.MessageVersionBaseAuditPassed,
			`{"mini_app_id":"2021000000000009","mini_app_version":"0.0.1","audit_reason":"换图标","base_audit":"PASS","promote_audit":"REJECT","promote_audit_reason":` + asObject + `}`,
			&notify.VersionBaseAuditPassed{VersionAudit: basePassed}},
	} {
		t.Run(name, c.check)
	}
}

func TestAuthorizationMessage(t *testing.T) {
	at := time.UnixMilli(1700000000000).UTC()
	want := &notify.OpenAppAuthNotify{Trigger: "x", OutBizNo: "OUT1", AppAuthToken: "T1", AppRefreshToken: "R1",
		AppID: "2021999999999999", AuthAppID: "2021000000000001", UserID: "2088000000000001", AuthTime: at}
	with := func(detail string) string {
		return `{"notify_context":{"trigger":"x","trigger_context":{"out_biz_no":"OUT1"}},"detail":{"app_auth_token":"T1",` +
			`"app_refresh_token":"R1","app_id":"2021999999999999","auth_app_id":"2021000000000001","user_id":"2088000000000001"` + detail + `},"error":{}}`
	}
	full := *want
	full.AppAuthCode, full.ExpiresIn, full.ReExpiresIn, full.AgentAppID = "C1", 31536000, 32140800, "2021000000000003"
	timeless := *want
	timeless.AuthTime = time.Time{}
	nested := strings.ReplaceAll(with(`,"auth_time":1700000000000`), `{"trigger":"x","trigger_context":{"out_biz_no":"OUT1"}}`,
		`"{\"trigger\":\"x\",\"trigger_context\":\"{\\\"out_biz_no\\\":\\\"OUT1\\\"}\"}"`)
	for name, c := range map[string]struct {
		content string
		want    *notify.OpenAppAuthNotify
	}{
		"auth_time as a number":  {with(`,"auth_time":1700000000000`), want},
		"auth_time as a string":  {with(`,"auth_time":"1700000000000"`), want},
		"auth_time as words":     {with(`,"auth_time":"2023-11-15 06:13:20"`), want},
		"without auth_time":      {with(``), &timeless},
		"auth_time out of order": {with(`,"auth_time":"soon"`), &timeless},
		"everything":             {with(`,"auth_time":1700000000000,"app_auth_code":"C1","expires_in":31536000,"re_expires_in":"32140800","agent_app_id":"2021000000000003"`), &full},
		"obsolete and odd":       {with(`,"auth_time":1700000000000,"expires_in":"","re_expires_in":1.5`), want},
		"objects in strings":     {nested, want},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := message(t, alipay.MessageOpenAppAuth, c.content)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(notify.Message(c.want), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAliases(t *testing.T) {
	got, err := message(t, alipay.MessageAppAuthCancel, `{"app_auth_token":"T1"}`)
	if err != nil || got.Name() != alipay.MessageAppAuthCancelled {
		t.Errorf("the older name of a revocation: %v, %v", got, err)
	}
	for old, want := range map[string]alipay.FastRegisterStatus{
		"PRECREATE": alipay.FastRegisterWaitConfirm, "PROCESS": alipay.FastRegisterWaitConfirm,
		"SUCCESS": alipay.FastRegisterCreated, "FAILED": alipay.FastRegisterCreateFailed,
		"TOMORROW": "TOMORROW", "": "",
	} {
		if got := alipay.ParseFastRegisterStatus(old); got != want {
			t.Errorf("%s reads as %s, want %s", old, got, want)
		}
	}
	for _, status := range alipay.FastRegisterStatuses() {
		if alipay.ParseFastRegisterStatus(string(status)) != status {
			t.Errorf("%s doesn't stay what it is", status)
		}
	}
}

// TestUnknownMessages checks that a message without a typed form is still a message.
func TestUnknownMessages(t *testing.T) {
	for _, name := range []string{alipay.MessageAPIFieldChanged, alipay.MessageUserAuthCancelled, alipay.MessageDepositBackCompleted,
		alipay.MessageZFTPassed, alipay.MessageZFTRejected, alipay.MessageOperationResult, alipay.MessageIntegrationSync,
		alipay.MessageTradeComplainChanged, "alipay.open.mini.invented.tomorrow"} {
		got, err := message(t, name, `[1]`)
		if _, unknown := got.(*notify.UnknownMessage); err != nil || !unknown || got.Name() != name {
			t.Errorf("%s: %T, %v", name, got, err)
		}
	}
	other := newPush("notify_type", alipay.MessageOpenAppAuth, "status", "cancel_auth").without("msg_method")
	got, err := mustRead(t, mustVerifier(t), other.body()).Message()
	if _, unknown := got.(*notify.UnknownMessage); err != nil || !unknown {
		t.Errorf("another status of %s: %T, %v", alipay.MessageOpenAppAuth, got, err)
	}
	flat := newPush("notify_type", alipay.MessageServiceMarketOrder, "method", "alipay.open.servicemarket.order.notify",
		"commodity_order_id", "1", "order_ticket", "2").without("msg_method", "biz_content")
	n := mustRead(t, mustVerifier(t), flat.body())
	if got, err := n.Message(); err != nil || got.Name() != alipay.MessageServiceMarketOrder || n.Params.Get("order_ticket") != "2" {
		t.Errorf("a flat message: %v, %v", got, err)
	}
}

// TestMessagesOfAnotherShape checks that they can't be acted on, and are errors.
func TestMessagesOfAnotherShape(t *testing.T) {
	for name, c := range map[string]struct{ name, content string }{
		"an array":                {alipay.MessageMerchantConfirmed, `[]`},
		"null":                    {alipay.MessageMerchantConfirmed, `null`},
		"a string":                {alipay.MessageMerchantConfirmed, `"AGREED"`},
		"an object as a status":   {alipay.MessageMerchantConfirmed, `{"status":{"a":1}}`},
		"a list as an app":        {alipay.MessageVersionAuditPassed, `{"mini_app_id":["1"]}`},
		"words as a detail":       {alipay.MessageOpenAppAuth, `{"detail":"none"}`},
		"a token twice, nested":   {alipay.MessageOpenAppAuth, `{"detail":"{\"app_auth_token\":\"1\",\"app_auth_token\":\"2\"}"}`},
		"a list as a token":       {alipay.MessageOpenAppAuth, `{"detail":{"app_auth_token":["canary"]}}`},
		"an object as a business": {alipay.MessageOpenAppAuth, `{"notify_context":{"trigger_context":{"out_biz_no":{}}}}`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := message(t, c.name, c.content)
			if !errors.Is(err, notify.ErrMessage) {
				t.Fatalf("ended with %v", err)
			}
			if strings.Contains(err.Error(), "canary") || strings.Contains(err.Error(), "AGREED") {
				t.Errorf("the error repeats the content: %v", err)
			}
		})
	}
	none := newPush("msg_method", alipay.MessageMerchantConfirmed).without("biz_content")
	if _, err := mustRead(t, mustVerifier(t), none.body()).Message(); !errors.Is(err, notify.ErrMessage) {
		t.Errorf("without content: %v", err)
	}
}

// TestManyReasons, because an auditor's list may be as long as a body.
func TestManyReasons(t *testing.T) {
	const memos = 20_000
	list := strings.TrimSuffix(strings.Repeat(`{"memo":"改名"},`, memos), ",")
	got, err := message(t, alipay.MessageVersionAuditRejected, `{"base_audit_reason":{"memos":[`+list+`]}}`)
	if err != nil {
		t.Fatal(err)
	}
	if rejected, ok := got.(*notify.VersionAuditRejected); !ok || len(rejected.BaseAuditReason.Memos) != memos {
		t.Errorf("read as %T", got)
	}
}
