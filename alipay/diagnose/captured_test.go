package diagnose_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"miniflow/alipay/diagnose"
	"miniflow/alipay/keys"
	"miniflow/alipay/notify"
)

// capturedKey reads the key of a captured message.
func capturedKey(t *testing.T, name string) keys.PublicKey {
	t.Helper()
	key, err := keys.ParsePublicKey(captured(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func captured(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestWhatPeopleCaptured uses texts that operators sent in, with the finding that each of
// them needed.
func TestWhatPeopleCaptured(t *testing.T) {
	apps := []notify.App{{AlipayKeys: []keys.AlipayKey{{Public: capturedKey(t, "alipay_key.pem")}}, ApplicationKey: capturedKey(t, "app_key.pem")}}
	for name, c := range map[string]struct {
		want   []string
		detail string
	}{
		"params_from_db.json": {[]string{"not_a_form?", "missing_parameter? voucher_detail_list", "altered?"}, "JSON of the parameters"},
		"form_missing.txt":    {[]string{"altered?"}, ""},
		"java_map.txt":        {[]string{"not_a_form"}, "a map of Java"},
		"node_inspect.txt":    {[]string{"not_a_form"}, "console.log"},
		"python_dict.txt":     {[]string{"not_a_form"}, "a dictionary of Python"},
		"log_prefix.txt":      {[]string{"not_a_form"}, "a line of a log"},
		"phone_answer.json":   {[]string{"signed_answer"}, "its own signature holds"},
		"raw_line_breaks.txt": {nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			answer, err := diagnose.Ask(diagnose.Question{Text: []byte(captured(t, name)), Apps: apps, Logged: true})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, found(answer.Findings), cmpopts.EquateEmpty()); diff != "" {
				t.Fatal(diff)
			}
			if c.want == nil {
				if answer.Notification == nil || answer.Notification.Content == nil || len(answer.Notification.Repairs) != 1 {
					t.Errorf("%v", answer.Notification)
				}
				return
			}
			if !strings.Contains(answer.Findings[0].Detail, c.detail) {
				t.Errorf("it says %q", answer.Findings[0].Detail)
			}
		})
	}
	if advice := (diagnose.Finding{Cause: diagnose.CauseAltered}).Advice(); !strings.Contains(advice, "changed, added or removed") {
		t.Errorf("of another text it says %q", advice)
	}
}

// printing is a message as a program prints it.
type printing struct {
	format string
	text   string
}

// prints returns a message as programs of several languages print it.
func (b *bench) prints(m message) []printing {
	lines := func(each func(name, value string) string, joint string) string {
		var parts []string
		for _, f := range m.fields {
			parts = append(parts, each(f[0], f[1]))
		}
		return strings.Join(parts, joint)
	}
	quoted := func(mark, value string) string {
		return mark + strings.NewReplacer(`\`, `\\`, mark, `\`+mark, "\n", `\n`, "\r", `\r`).Replace(value) + mark
	}
	single := func(value string) string { return quoted("'", value) }
	plain := func(joint string) func(name, value string) string {
		return func(name, value string) string { return name + joint + value }
	}
	camel := func(name string) string {
		words := strings.Split(name, "_")
		for i := range words[1:] {
			words[i+1] = strings.ToUpper(words[i+1][:1]) + words[i+1][1:]
		}
		return strings.Join(words, "")
	}
	return []printing{
		{"a map of Java", "{" + lines(plain("="), ", ") + "}"},
		{"a map of Java", "2026-11-21 INFO received {" + lines(plain("="), ", ") + "}"},
		{"a map of Java", "{" + lines(func(name, value string) string { return name + "=[" + value + "]" }, ", ") + "}"},
		{"a bean of Java", "AlipayNotify(" + lines(func(name, value string) string { return camel(name) + "=" + value }, ", ") + ")"},
		{"a bean of Java", "AlipayNotify{" + lines(func(name, value string) string { return camel(name) + "='" + value + "'" }, ", ") + "}"},
		{"print_r of PHP", "Array\n(\n" + lines(func(name, value string) string { return "    [" + name + "] => " + value }, "\n") + "\n)\n"},
		{"var_dump of PHP", fmt.Sprintf("array(%d) {\n", len(m.fields)) +
			lines(func(name, value string) string {
				return fmt.Sprintf("  [%q]=>\n  string(%d) \"%s\"", name, len(value), value)
			}, "\n") + "\n}\n"},
		{"an array of PHP", "array (\n" + lines(func(name, value string) string {
			return "  '" + name + "' => '" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(value) + "',"
		}, "\n") + "\n)"},
		{"a hash of Ruby", "{" + lines(func(name, value string) string { return `"` + name + `"=>` + quoted(`"`, value) }, ", ") + "}"},
		{"a dictionary of Python", "{" + lines(func(name, value string) string { return "'" + name + "': " + single(value) }, ", ") + "}"},
		{"a dictionary of Python", "<QueryDict: {" + lines(func(name, value string) string { return "'" + name + "': [" + single(value) + "]" }, ", ") + "}>"},
		{"a dictionary of Python", "ImmutableMultiDict([" + lines(func(name, value string) string { return "('" + name + "', " + single(value) + ")" }, ", ") + "])"},
		{"console.log", "[Object: null prototype] {\n" + lines(func(name, value string) string { return "  " + name + ": " + single(value) }, ",\n") + "\n}"},
		{"a map of Go", "map[" + lines(plain(":"), " ") + "]"},
		{"a map of Go", "map[" + lines(func(name, value string) string { return name + ":[" + value + "]" }, " ") + "]"},
		{"a curl command", "curl -sS -X POST https://isv.example/notify \\\n  -H 'Content-Type: application/x-www-form-urlencoded' \\\n  -d '" + m.form() + "'"},
		{"a curl command", "curl 'https://isv.example/notify?x=1' -H 'a: b' --data-raw $'" + m.form() + "' --compressed"},
		{"a curl command", "curl https://isv.example/notify " + lines(func(name, value string) string {
			return "--data-urlencode '" + name + "=" + strings.ReplaceAll(value, "'", `'\''`) + "'"
		}, " ")},
		{"a curl command", `curl https://isv.example/notify --data-raw "` + m.form() + `"`},
		{"a line of a log", "2026-11-21 20:00:01 INFO [main] body: " + m.form()},
		{"a line of a log", `level=info msg="a notification" body="` + m.form() + `" took=3ms`},
		{"a line of a log", "收到通知：" + m.decoded()},
		{"a line of a log", `10.0.0.1 - - [21/Nov/2026:20:00:01 +0800] "GET /back?` + m.form() + ` HTTP/1.1" 200 7`},
	}
}

// TestWhatProgramsPrint checks that a print verifies once it is undone, so that the print is
// the only finding, and that the advice says how to keep the body.
func TestWhatProgramsPrint(t *testing.T) {
	b := newBench(t)
	for _, p := range b.prints(b.plussed(from())) {
		t.Run(p.format, func(t *testing.T) {
			answer := b.ask(p.text, b.apps())
			if diff := cmp.Diff([]string{"not_a_form"}, found(answer.Findings)); diff != "" {
				t.Fatalf("%s\n%s", diff, p.text)
			}
			if detail := answer.Findings[0].Detail; !strings.Contains(detail, p.format) || !strings.Contains(detail, "; ") {
				t.Errorf("it says %q", detail)
			}
		})
	}
}

// TestWhatProgramsPrintOfAnotherText checks that nothing that did not verify is called
// proven, and that no part of the print is taken for a parameter.
func TestWhatProgramsPrintOfAnotherText(t *testing.T) {
	b := newBench(t)
	damaged := b.plussed(from()).with("utc_timestamp", "1795262401001")
	for _, p := range slices.CompactFunc(b.prints(damaged), func(a, b printing) bool { return a.format == b.format }) {
		t.Run(p.format, func(t *testing.T) {
			findings := b.ask(p.text, b.apps()).Findings
			if findings[0].Cause != diagnose.CauseNotAForm || slices.ContainsFunc(findings, func(f diagnose.Finding) bool { return f.Proven }) {
				t.Errorf("%v", found(findings))
			}
		})
	}
	for _, p := range b.prints(b.plussed(from(), "foreign")) {
		if got := found(b.ask(p.text, b.apps()).Findings); got[0] != "not_a_form?" || got[1] != "wrong_key?" {
			t.Errorf("%s by a stranger: %v", p.format, got)
		}
	}
	for _, text := range []string{"hello, world", "{}", `{"level":"info"}`, "curl https://isv.example/", "map[a:b]", "Array\n(\n)\n"} {
		if got := found(b.ask(text, b.apps()).Findings); !slices.Equal(got, []string{"not_a_form?"}) {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// TestJSONOfTheParametersVerifies, because handlers log it, and it loses nothing.
func TestJSONOfTheParametersVerifies(t *testing.T) {
	b := newBench(t)
	text := func(m message, change func(value string) any) string {
		object := map[string]any{}
		for _, f := range m.fields {
			object[f[0]] = change(f[1])
		}
		written, err := json.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		return string(written)
	}
	same := func(value string) any { return value }
	posted, paid := b.plussed(from()), b.plussed(trade(), "without sign_type")
	logged := text(posted, same)
	inGBK := paid.mapped(fromGBK)
	for name, c := range map[string]struct {
		text  string
		valid bool
	}{
		"as it is":             {logged, true},
		"over several lines":   {strings.ReplaceAll(logged, `","`, "\",\n  \""), true},
		"with a mark":          {"\ufeff" + logged, true},
		"values in lists":      {text(posted, func(value string) any { return []string{value} }), true},
		"in a line of a log":   {"2026-11-21 20:00:01 INFO - alipay notify: " + logged + " took 3 ms", true},
		"in a structured log":  {`{"level":"info","params":` + logged + `}`, true},
		"its body in a log":    {`{"level":"info","body":"` + posted.form() + `"}`, true},
		"of a GBK message":     {text(inGBK, same), true},
		"a value was changed":  {strings.Replace(logged, "1795262401000", "1795262401001", 1), false},
		"a value is null":      {strings.Replace(logged, `"charset":"UTF-8"`, `"charset":null`, 1), false},
		"a parameter is twice": {`{"app_id":"1",` + logged[1:], false},
	} {
		t.Run(name, func(t *testing.T) {
			answer, err := diagnose.Ask(diagnose.Question{Text: []byte(c.text), Apps: b.apps(), Logged: true})
			if err != nil || (answer.Notification != nil) != c.valid || answer.FromJSON != c.valid {
				t.Errorf("%v %v: %v", answer.Notification, err, found(answer.Findings))
			}
			if answer := b.ask(c.text, b.apps()); answer.Notification != nil {
				t.Error("a door would take it")
			}
		})
	}
}

// TestSignedAnswersAreRecognised also checks their own signature.
func TestSignedAnswersAreRecognised(t *testing.T) {
	b := newBench(t)
	sign := func(text string) string {
		return base64.StdEncoding.EncodeToString(b.openssl([]byte(text), "dgst", "-sha256", "-sign", "alipay"))
	}
	const phone, answer = `"SUquO1Fu6A+/=="`, `{"code":"10000","url":"https:\/\/a"}`
	data := `{"header":{"appId":"` + appID + `","msgApi":"x"},"content":{"a":"1"}}`
	for name, c := range map[string]struct {
		text  string
		want  string
		holds bool
	}{
		"a phone number":             {`{"response":` + phone + `,"sign":"` + sign(phone) + `"}`, "signed_answer", true},
		"a phone number, unquoted":   {`{"response":` + phone + `,"sign":"` + sign(strings.Trim(phone, `"`)) + `"}`, "signed_answer", true},
		"a phone number, forged":     {`{"response":` + phone + `,"sign":"` + sign("x") + `"}`, "signed_answer", false},
		"the gateway's":              {`{"alipay_open_mini_isv_query_response":` + answer + `,"sign":"` + sign(answer) + `"}`, "signed_answer", true},
		"the gateway's, slashes":     {`{"error_response":` + answer + `,"sign":"` + sign(strings.ReplaceAll(answer, `\/`, "/")) + `"}`, "signed_answer", true},
		"in a line of a log":         {`resp={"response":` + phone + `,"sign":"` + sign(phone) + `"} ok`, "signed_answer", true},
		"a frame":                    {"from-sys:openchannel\r\nstream-id:s1\r\n\r\n" + `{"protocol":{"x-type":"message","x-sign":"` + sign(data) + `"},"data":` + data + `}`, "not_a_form", true},
		"a frame that was rewritten": {`{"protocol":{"x-sign":"` + sign(data) + `"},"data":{"content":{}}}`, "not_a_form", false},
	} {
		t.Run(name, func(t *testing.T) {
			findings := b.ask(c.text, b.apps()).Findings
			if len(findings) != 1 || string(findings[0].Cause) != c.want || findings[0].Proven != c.holds || strings.Contains(findings[0].Detail, "signature holds") != c.holds {
				t.Errorf("%+v", findings)
			}
		})
	}
}
