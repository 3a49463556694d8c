package diagnose_test

import (
	"html"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"

	"miniflow/alipay/diagnose"
	"miniflow/alipay/keys"
	"miniflow/alipay/notify"
)

func writeFile(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// found returns a finding in short: the cause, with a question mark when it is only likely,
// and the parameters.
func found(findings []diagnose.Finding) []string {
	list := make([]string, 0, len(findings))
	for _, f := range findings {
		text := string(f.Cause)
		if !f.Proven {
			text += "?"
		}
		if len(f.Parameters) > 0 {
			text += " " + strings.Join(f.Parameters, ",")
		}
		list = append(list, text)
	}
	return list
}

func TestGenuineMessagesAreValid(t *testing.T) {
	b := newBench(t)
	post := func(m message) string { return m.form() }
	for name, text := range map[string]string{
		"with sign_type":      post(b.signed(from())),
		"without sign_type":   post(b.signed(from(), "without sign_type")),
		"sign_type left out":  post(b.signed(from(), "without sign_type").without("sign_type")),
		"a payment":           post(b.signed(trade(), "without sign_type")),
		"a query string":      "?" + post(b.signed(trade(), "without sign_type")),
		"a return URL":        "https://isv.example/return?" + post(b.signed(trade().without("notify_type"), "without sign_type")) + "#top",
		"a whole request":     "POST /alipay/notify HTTP/1.1\r\nHost: isv.example\r\nContent-Length: 1\r\n\r\n" + post(b.signed(from())),
		"a browser's request": "GET /return?" + post(b.signed(trade(), "without sign_type")) + " HTTP/1.1\r\nHost: isv.example\r\n\r\n",
		"an editor's newline": post(b.signed(from())) + "\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			for _, apps := range [][]notify.App{b.apps(), {{AlipayKeys: []keys.AlipayKey{{Public: b.alipay}}}}} {
				if answer := b.ask(text, apps); answer.Notification == nil || answer.App.ID != appID {
					t.Errorf("refused: %v", found(answer.Findings))
				}
			}
		})
	}
}

func TestMissingSignTypeCountsAsTheConfiguredOne(t *testing.T) {
	b := newBench(t)
	text := b.signed(from().with("sign_type", "RSA"), "-sha1").without("sign_type").form()
	apps := b.apps()
	if answer := b.ask(text, apps); answer.Notification != nil {
		t.Error("SHA-1 was taken without being allowed")
	}
	apps[0].AllowSHA1 = true
	if answer := b.ask(text, apps); answer.Notification == nil {
		t.Errorf("refused: %v", found(answer.Findings))
	}
}

// TestKeysAndSignatures damages everything but the text.
func TestKeysAndSignatures(t *testing.T) {
	b := newBench(t)
	good := b.plussed(from())
	sign := func(change func(string) string) string { return good.with("sign", change(good.get("sign"))).form() }
	apps := func(key string) []notify.App {
		app := notify.App{ID: appID, ApplicationKey: b.ours}
		switch key {
		case "ours":
			app.AlipayKeys = []keys.AlipayKey{{Public: b.ours}}
		case "foreign":
			app.AlipayKeys = []keys.AlipayKey{{Public: b.foreign}}
		case "certificate":
			app.AlipayKeys = []keys.AlipayKey{{Public: b.foreign, CertSN: "1111"}}
		case "exchanged":
			app.AlipayKeys = []keys.AlipayKey{{Public: b.other}}
			return []notify.App{app, {ID: otherAppID, AlipayKeys: []keys.AlipayKey{{Public: b.alipay}}}}
		case "another app":
			return []notify.App{{ID: otherAppID, AlipayKeys: []keys.AlipayKey{{Public: b.other}}}}
		default:
			return b.apps()
		}
		return []notify.App{app}
	}
	for _, c := range []struct {
		name, text, key string
		want            []string
	}{
		{"the application's key as Alipay's", good.form(), "ours", []string{"application_key"}},
		{"signed with the application's key", b.signed(from(), "ours").form(), "", []string{"signed_by_application"}},
		{"keys of two apps exchanged", good.form(), "exchanged", []string{"other_app_key"}},
		{"another app's message", good.form(), "another app", []string{"unknown_app app_id", "wrong_key?"}},
		{"a stranger's key", good.form(), "foreign", []string{"wrong_key?"}},
		{"a key of another size", b.signed(from(), "short").form(), "", []string{"wrong_key"}},
		{"a renewed certificate", b.signed(from().with("alipay_cert_sn", "2222")).form(), "certificate", []string{"unknown_certificate alipay_cert_sn", "wrong_key?"}},
		{"SHA-1", b.signed(from().with("sign_type", "RSA"), "-sha1").form(), "", []string{"sha1_not_allowed sign_type"}},
		{"sign_type rewritten", b.signed(from()).with("sign_type", "RSA").form(), "", []string{"sign_type sign_type"}},
		{"sign_type in lower case", b.signed(from()).with("sign_type", "rsa2").form(), "", []string{"sign_type sign_type"}},
		{"+ to space", sign(func(s string) string { return strings.ReplaceAll(s, "+", " ") }), "", []string{"sign_plus_to_space sign"}},
		{"blanks around", sign(func(s string) string { return "  " + s + "\t" }), "", []string{"sign_whitespace sign"}},
		{"quoted", sign(func(s string) string { return `"` + s + `"` }), "", []string{"sign_whitespace sign"}},
		{"URL-safe", sign(func(s string) string { return strings.NewReplacer("+", "-", "/", "_").Replace(s) }), "", []string{"sign_url_safe sign"}},
		{"no padding", sign(func(s string) string { return strings.TrimRight(s, "=") }), "", []string{"sign_padding sign"}},
		{"encoded twice", sign(url.QueryEscape), "", []string{"sign_escaped sign"}},
		{"two damages", sign(func(s string) string { return strings.TrimRight(strings.ReplaceAll(s, "+", " "), "=") }), "", []string{"sign_plus_to_space sign", "sign_padding sign"}},
		{"cut", sign(func(s string) string { return s[:200] }), "", []string{"sign_truncated sign"}},
		{"spaces dropped", sign(func(s string) string { return strings.ReplaceAll(s, "+", "") }), "", []string{"sign_truncated sign"}},
		{"not base64", sign(func(s string) string { return s[:10] + "。" + s[10:] }), "", []string{"sign_garbled sign"}},
		{"missing", good.without("sign").form(), "", []string{"missing_parameter sign"}},
		{"nothing at all", " \r\n", "", []string{"nothing"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, found(b.ask(c.text, apps(c.key)).Findings)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// latin1 reads bytes as ISO-8859-1 and writes UTF-8, as servers do that know no charset.
func latin1(text string) string {
	wrong, err := charmap.ISO8859_1.NewDecoder().String(text)
	if err != nil {
		panic(err)
	}
	return wrong
}

func toGBK(text string) string {
	converted, err := simplifiedchinese.GBK.NewEncoder().String(text)
	if err != nil {
		panic(err)
	}
	return converted
}

func fromGBK(text string) string {
	converted, err := simplifiedchinese.GBK.NewDecoder().String(text)
	if err != nil {
		panic(err)
	}
	return converted
}

// damage is a text that was signed and then damaged, with the expected findings.
type damage struct {
	name, text string
	want       []string
}

// explains checks the findings of each damage.
func (b *bench) explains(damages []damage) {
	b.t.Helper()
	for _, c := range damages {
		b.t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, found(b.ask(c.text, b.apps()).Findings)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// value returns the form of a message with one changed value.
func value(m message, name string, change func(string) string) string {
	return m.with(name, change(m.get(name))).form()
}

func replaced(old, with string) func(string) string {
	return func(s string) string { return strings.ReplaceAll(s, old, with) }
}

// TestDamagedParameters damages a message in ways that were seen in practice: parameters that
// are missing, added, or converted.
func TestDamagedParameters(t *testing.T) {
	b := newBench(t)
	good, paid := b.plussed(from()), b.plussed(trade(), "without sign_type")
	b.explains([]damage{
		{"charset left out", good.without("charset").form(), []string{"missing_parameter charset"}},
		{"sign_type of SHA-1 left out", b.signed(from().with("sign_type", "RSA"), "-sha1").without("sign_type").form(), []string{"missing_parameter sign_type"}},
		{"version and charset left out", good.without("charset", "version").form(), []string{"missing_parameter charset,version"}},
		{"a blank parameter left out", b.signed(trade().with("gmt_close", ""), "without sign_type").without("gmt_close").form(), []string{"missing_parameter gmt_close"}},
		{"msg_method left out", good.without("msg_method").form(), []string{"missing_parameter msg_method"}},
		{"app_id left out", good.without("app_id").form(), []string{"missing_parameter app_id"}},
		{"notify_id left out", good.without("notify_id").form(), []string{"missing_parameter? notify_id", "altered?"}},
		{"a query mixed in", "tenant=7&" + good.form(), []string{"added_parameter tenant"}},
		{"a route mixed in", "s=%2Fnotify&a=1&b=2&" + good.form(), []string{"added_parameter s,a,b"}},
		{"a documented name mixed in", good.with("method", "POST").form(), []string{"added_parameter method"}},
		{"a query doubled", "charset=utf-8&" + good.form(), []string{"repeated_parameter charset"}},
		{"converted from GBK", paid.mapped(fromGBK).form(), []string{"charset subject"}},
		{"converted from GBK, charset too", paid.mapped(fromGBK).with("charset", "UTF-8").form(), []string{"charset charset,subject"}},
		{"converted to GBK", good.mapped(toGBK).form(), []string{"charset biz_content"}},
		{"taken for Latin-1", good.mapped(latin1).form(), []string{"charset biz_content"}},
		{"GBK taken for Latin-1", paid.mapped(latin1).form(), []string{"charset subject"}},
		{"GBK taken for UTF-8", paid.mapped(func(s string) string { return strings.ToValidUTF8(s, "\ufffd") }).form(), []string{"characters_lost? subject", "altered?"}},
	})
}

// TestDamagedTexts changes characters.
func TestDamagedTexts(t *testing.T) {
	b := newBench(t)
	good, paid := b.plussed(from()), b.plussed(trade(), "without sign_type")
	b.explains([]damage{
		{"HTML-escaped", good.mapped(html.EscapeString).form(), []string{"html_escaped biz_content"}},
		{"quotation marks HTML-escaped", value(paid, "fund_bill_list", replaced(`"`, "&quot;")), []string{"html_escaped fund_bill_list"}},
		{"a link in HTML", strings.ReplaceAll(good.form(), "&", "&amp;"), []string{"html_escaped"}},
		{"a link without entities", strings.ReplaceAll(good.form(), "&not", "¬"), []string{"html_escaped"}},
		{"+ in a value to space", value(paid, "out_trade_no", replaced("+", " ")), []string{"value_plus_to_space out_trade_no"}},
		{"every + to space", value(paid.with("subject", strings.ReplaceAll(paid.get("subject"), "+", " ")), "out_trade_no", replaced("+", " ")), []string{"value_plus_to_space out_trade_no,subject"}},
		{"space to +", value(good, "biz_content", replaced(" ", "+")), []string{"plus_not_decoded biz_content"}},
		{"every space to +", paid.mapped(replaced(" ", "+")).form(), []string{"plus_not_decoded body,notify_time,out_trade_no,subject"}},
		{"the decoded text", good.decoded(), []string{"decoded_twice"}},
		{"a value decoded again", value(paid, "passback_params", func(string) string { return "type=3C&no=20" }), []string{"decoded_twice passback_params"}},
		{"a percent sign decoded", value(b.plussed(from().with("biz_content", `{"a":"50%25"}`)), "biz_content", func(string) string { return `{"a":"50%"}` }), []string{"decoded_twice biz_content"}},
		{"values encoded twice", good.mapped(url.QueryEscape).form(), []string{"encoded_twice biz_content"}},
		{"the body encoded twice", strings.ReplaceAll(good.form(), "%", "%25"), []string{"encoded_twice"}},
		{"trimmed", value(paid, "body", strings.TrimSpace), []string{"whitespace_trimmed body"}},
		{"a blank added", value(good, "version", func(s string) string { return s + " " }), []string{"whitespace_added version"}},
		{"wrapped lines", good.form()[:100] + "\n  " + good.form()[100:200] + "\r\n" + good.form()[200:], []string{"whitespace_added"}},
		{"one on each line", strings.ReplaceAll(good.form(), "&", "&\n"), []string{"whitespace_added"}},
		{"CRLF to LF", value(paid, "body", replaced("\r\n", "\n")), []string{"line_breaks body"}},
		{"LF to CRLF", value(b.plussed(trade().with("body", "a\nb"), "without sign_type"), "body", replaced("\n", "\r\n")), []string{"line_breaks body"}},
		{"a mark in front", "\ufeff" + good.form(), []string{"byte_order_mark"}},
		{"a mark before a value", value(good, "biz_content", func(s string) string { return "\ufeff" + s }), []string{"byte_order_mark biz_content"}},
		{"slashes added", value(paid, "fund_bill_list", replaced(`"`, `\"`)), []string{"backslashes fund_bill_list"}},
		{"JSON written by Python", value(paid, "fund_bill_list", strings.NewReplacer(`":`, `": `, `,"`, `, "`).Replace), []string{"json_rewritten fund_bill_list"}},
		{"JSON written by PHP", value(good, "biz_content", replaced("/", `\/`)), []string{"json_rewritten biz_content"}},
		{"JSON written by Go", value(good, "biz_content", replaced("&", `\u0026`)), []string{"json_rewritten biz_content"}},
		{"the end of the content cut", value(good, "biz_content", func(s string) string { return strings.TrimSuffix(s, `"}`) }), []string{"truncated biz_content"}},
		{"the middle of the content cut", value(good, "biz_content", func(s string) string { return s[:60] }), []string{"truncated? biz_content", "altered?"}},
		{"the end of the body cut", strings.TrimSuffix(signFirst(good).form(), "1"), []string{"truncated version"}},
		{"a value cut off", strings.TrimSuffix(signFirst(good).form(), "=1.1"), []string{"truncated version"}},
		{"a name cut off", strings.TrimSuffix(signFirst(good).form(), "sion=1.1"), []string{"truncated version"}},
		{"a time cut off", strings.TrimSuffix(signFirst(good).form(), "00&version=1.1"), []string{"truncated? utc_timestamp", "altered?"}},
		{"the name of a time cut off", strings.TrimSuffix(signFirst(good).form(), "_timestamp=1795262401000&version=1.1"), []string{"truncated? utc", "altered?"}},
		{"a value changed", value(good, "utc_timestamp", func(string) string { return "1795262401001" }), []string{"altered?"}},
		{"logged as JSON", `{"sign":"` + b.signed(from().with("biz_content", "{}")).get("sign") + `","app_id":["` + appID + `"],"biz_content":"{}","charset":"UTF-8",` +
			`"msg_method":"alipay.open.mini.version.audit.rejected","notify_id":"2026112100262110001","sign_type":"RSA2","utc_timestamp":1795262401000,"version":"1.1"}`, []string{"not_a_form"}},
		{"two parameters made one", strings.Replace(good.form(), "&sign_type=", "%26sign_type%3D", 1), []string{"rearranged"}},
		{"a stray percent sign", strings.ReplaceAll(good.form(), "%25", "%"), []string{"malformed"}},
	})
}

// signFirst moves sign to the front, so that another parameter is last.
func signFirst(m message) message {
	return message{append([][2]string{{"sign", m.get("sign")}}, m.without("sign").fields...)}
}

// TestSeveralDamagesAtOnce covers what really happens: a wrong setting of a framework rarely
// has only one effect.
func TestSeveralDamagesAtOnce(t *testing.T) {
	b := newBench(t)
	good, paid := b.plussed(from()), b.plussed(trade(), "without sign_type")
	spaced := paid.mapped(replaced("+", " "))
	b.explains([]damage{
		{"every + to space, in sign too", spaced.with("sign", strings.ReplaceAll(paid.get("sign"), "+", " ")).form(),
			[]string{"sign_plus_to_space sign", "value_plus_to_space out_trade_no,subject"}},
		{"HTML-escaped, charset left out", good.mapped(html.EscapeString).without("charset").form(),
			[]string{"missing_parameter charset", "html_escaped biz_content"}},
		{"converted from GBK, a query mixed in", paid.mapped(fromGBK).with("tenant", "7").form(),
			[]string{"added_parameter tenant", "charset subject"}},
		{"logged as JSON, slashes added", `{"app_id":"` + appID + `","notify_id":"1","fund_bill_list":"[{\\\"a\\\":1}]","sign":"` +
			b.signed(message{[][2]string{{"app_id", appID}, {"fund_bill_list", `[{"a":1}]`}, {"notify_id", "1"}}}).get("sign") + `"}`,
			[]string{"not_a_form", "backslashes fund_bill_list"}},
		{"another app's key, + to space", b.plussed(from(), "ours").with("sign", strings.ReplaceAll(b.plussed(from(), "ours").get("sign"), "+", " ")).form(),
			[]string{"signed_by_application", "sign_plus_to_space sign"}},
	})
}
