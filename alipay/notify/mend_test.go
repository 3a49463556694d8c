package notify_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"miniflow/alipay"
	"miniflow/alipay/notify"
)

// odd is a text that a strict reader refuses, with its expected reading.
type odd struct {
	charset, text, want string
	repairs             []alipay.Repair
}

// oddTexts returns the insides of a reason's quotation marks. javaGB18030 are what Java
// writes for characters that other tables have elsewhere, or not at all.
func oddTexts() map[string]odd {
	const lost = "\ufffd"
	charset := []alipay.Repair{alipay.RepairCharset}
	return map[string]odd{
		"raw line breaks":            {"UTF-8", "1.\r\n2.\n", "1.\r\n2.\n", []alipay.Repair{alipay.RepairControls}},
		"a raw tab":                  {"UTF-8", "a\tb", "a\tb", []alipay.Repair{alipay.RepairControls}},
		"a raw zero and escape":      {"UTF-8", "a\x00\x1b[2J", "a\x00\x1b[2J", []alipay.Repair{alipay.RepairControls}},
		"raw line breaks in GBK":     {"GBK", chineseGBK + "\n", chineseUTF8 + "\n", []alipay.Repair{alipay.RepairControls}},
		"half an emoji":              {"UTF-8", `\ud83d`, lost, []alipay.Repair{alipay.RepairSurrogate}},
		"its other half":             {"UTF-8", `\uDE00x`, lost + "x", []alipay.Repair{alipay.RepairSurrogate}},
		"two wrong halves":           {"UTF-8", `\ud83d\ud83d\ude00`, lost + "\U0001F600", []alipay.Repair{alipay.RepairSurrogate}},
		"a whole emoji":              {"UTF-8", `\ud83d\ude00`, "\U0001F600", nil},
		"half an emoji in bytes":     {"UTF-8", "a\xed\xa0\xbdb", "a" + lost + "b", charset},
		"a cut character":            {"UTF-8", "\xe4\xb8", lost, charset},
		"GBK that calls itself else": {"UTF-8", chineseGBK, lost, charset},
		"a stray backslash":          {"UTF-8", `C:\dir\u12`, `C:\dir\u12`, []alipay.Repair{alipay.RepairEscapes}},
		"java's ḿ":                   {"GB18030", "a\xa8\xbcb", "a" + lost + "b", charset},
		"java's 龴":                   {"GB18030", "\xfe\x59", lost, charset},
		"java's ︐":                   {"GB18030", "\xa6\xd9", lost, charset},
		"java's private use":         {"GB18030", "\xaa\xa1\xf8\xa1", lost + lost, charset},
		"private use like a \\":      {"GBK", "\xa2\x5c", lost, charset},
		"private use like a {":       {"GBK", "\xa2\x7b\xa2\x7d", lost + lost, charset},
		"half a GBK character":       {"GBK", chineseGBK + "\xc4", chineseUTF8 + lost, charset},
		"all at once":                {"UTF-8", "\xff\n\\ud83d\\x", lost + "\n" + lost + `\x`, []alipay.Repair{alipay.RepairControls, alipay.RepairSurrogate, alipay.RepairEscapes, alipay.RepairCharset}},
	}
}

// TestAVerifiedMessageWithUnreadableTextIsRead, because one odd character in an auditor's
// words must not cost the verdict.
func TestAVerifiedMessageWithUnreadableTextIsRead(t *testing.T) {
	for name, c := range oddTexts() {
		content := `{"mini_app_id":"2021000000000777","bundle_id":"com.amap.app","mini_app_version":"0.0.3","audit_reason":"` + c.text + `"}`
		push := newPush("msg_method", alipay.MessageVersionAuditRejected, "biz_content", content, "charset", c.charset)
		frame := newFrame(t, `{"header":{"appId":"`+thirdPartyApp+`","msgApi":"`+alipay.MessageVersionAuditRejected+`"},"content":`+content+`}`)
		frame.Charset = c.charset
		app := thirdParty()
		app.AESKey = []byte("0123456789abcdef")
		v := mustVerifier(t, app)
		framed, err := v.Frame(thirdPartyApp, frame)
		if err != nil {
			t.Fatal(err)
		}
		posted := push.body()
		encrypted := push.with("encrypt_type", "AES", "biz_content", encryptAES(t, app.AESKey, []byte(content))).body()
		for way, n := range map[string]*notify.Notification{
			"posted": mustRead(t, v, posted), "encrypted": mustRead(t, v, encrypted), "framed": framed,
		} {
			t.Run(name+", "+way, func(t *testing.T) {
				read, err := n.Message()
				if err != nil || !json.Valid(n.Content) || !utf8.Valid(n.Content) {
					t.Fatalf("content %q: %v", n.Content, err)
				}
				want := &notify.VersionAuditRejected{VersionAudit: notify.VersionAudit{
					MiniAppID: "2021000000000777", BundleID: "com.amap.app", MiniAppVersion: "0.0.3", AuditReason: c.want}}
				if diff := cmp.Diff(notify.Message(want), read); diff != "" {
					t.Error(diff)
				}
				if diff := cmp.Diff(c.repairs, n.Repairs, cmpopts.SortSlices(func(a, b alipay.Repair) bool { return a < b })); diff != "" {
					t.Errorf("said to be repaired (-want +got):\n%s", diff)
				}
				if (n.Repaired() != "") != (c.repairs != nil) || strings.Contains(n.LogValue().String(), "repaired") != (c.repairs != nil) {
					t.Errorf("it says %q", n.Repaired())
				}
				if raw := string(n.Raw()); raw != posted && raw != encrypted && raw != string(frame.Data) {
					t.Errorf("the signed bytes are gone: %q", raw)
				}
				if n.Digest() != framed.Digest() {
					t.Error("the same message has another digest elsewhere")
				}
			})
		}
	}
}

// TestAFlatMessageWithUnreadableTextIsRead, because a shop's odd name must not lose a
// payment.
func TestAFlatMessageWithUnreadableTextIsRead(t *testing.T) {
	p := newPush("notify_type", alipay.MessageTradeStatus, "subject", "\xaa\xa1 + 1", "trade_status", "TRADE_SUCCESS", "charset", "GBK").without("msg_method", "biz_content")
	n := mustRead(t, mustVerifier(t), p.body())
	if n.ContentError != nil || n.Params.Get("subject") != "\ufffd + 1" || n.Params.Get("trade_status") != "TRADE_SUCCESS" || len(n.Repairs) != 1 {
		t.Errorf("%v, %q (%v)", n, n.Params.Get("subject"), n.ContentError)
	}
}

// TestNamesAndIDsStayStrict checks that the subject of a message is read unchanged or not at
// all. What is readable is still shown.
func TestNamesAndIDsStayStrict(t *testing.T) {
	for name, content := range map[string]string{
		"an id of bytes":          "{\"mini_app_id\":\"2021\xff\",\"mini_app_version\":\"0.0.3\"}",
		"an id of halves":         `{"mini_app_id":"2021\ud83d","mini_app_version":"0.0.3"}`,
		"an id with a line break": "{\"mini_app_id\":\"2021\n\",\"mini_app_version\":\"0.0.3\"}",
		"an id with a zero":       `{"mini_app_id":"2021\u0000","mini_app_version":"0.0.3"}`,
		"a version of bytes":      "{\"mini_app_id\":\"2021\",\"mini_app_version\":\"0.0.\xff\"}",
		"a verdict of bytes":      "{\"mini_app_id\":\"2021\",\"mini_app_version\":\"0.0.3\",\"base_audit\":\"\xff\"}",
	} {
		t.Run(name, func(t *testing.T) {
			got, err := message(t, alipay.MessageVersionAuditRejected, content)
			if !errors.Is(err, notify.ErrMessage) || !strings.Contains(err.Error(), "characters that can't be read") {
				t.Fatalf("read as %v, %v", got, err)
			}
			if read, ok := got.(*notify.VersionAuditRejected); !ok || read.MiniAppID == "" && read.MiniAppVersion == "" {
				t.Errorf("nothing is shown of it: %v", got)
			}
		})
	}
	if _, err := message(t, alipay.MessageOpenAppAuth, "{\"detail\":{\"app_auth_token\":\"T\xff\"}}"); !errors.Is(err, notify.ErrMessage) {
		t.Errorf("a damaged token: %v", err)
	}
}

// TestAnyTextIsReadAsItIs writes any words as careless writers do, raw: reading returns the
// same words.
func TestAnyTextIsReadAsItIs(t *testing.T) {
	v := mustVerifier(t)
	careless := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	rapid.Check(t, func(r *rapid.T) {
		words := rapid.String().Draw(r, "words")
		n := mustRead(t, v, newPush("msg_method", alipay.MessageVersionAuditRejected,
			"biz_content", `{"audit_reason":"`+careless.Replace(words)+`","mini_app_id":"7"}`).body())
		read, err := n.Message()
		if err != nil {
			r.Fatal(err)
		}
		if got := read.(*notify.VersionAuditRejected); got.AuditReason != words || got.MiniAppID != "7" {
			r.Fatalf("%q becomes %q", words, got.AuditReason)
		}
	})
}

func TestEveryRepairIsPutIntoWords(t *testing.T) {
	for _, repair := range alipay.Repairs() {
		if repair.Says() == string(repair) || len(repair.Says()) > 60 {
			t.Errorf("%s says %q", repair, repair.Says())
		}
	}
}
