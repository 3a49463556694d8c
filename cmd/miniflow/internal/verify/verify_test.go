package verify

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/commandtest"
)

// notification is a message as Alipay posts it, signed by openssl. Fields are
// in the order of the signed text.
func (p *program) notification(digest string, fields ...string) string {
	p.T.Helper()
	p.Keys()
	var text, body []string
	for i := 0; i < len(fields); i += 2 {
		text = append(text, fields[i]+"="+fields[i+1])
		body = append(body, fields[i]+"="+url.QueryEscape(fields[i+1]))
	}
	p.OpenSSL(strings.Join(text, "&"), "dgst", digest, "-sign", "alipay_private.pem", "-out", "signature")
	sign := base64.StdEncoding.EncodeToString([]byte(p.Read(filepath.Join(p.Dir, "signature"))))
	return "sign=" + url.QueryEscape(sign) + "&" + strings.Join(body, "&")
}

func (p *program) revocation() string {
	return p.notification("-sha256", "app_id", commandtest.AppID,
		"biz_content", `{"user_id":"2088","app_auth_token":"202611BBsecret","auth_app_id":"2021000000000009"}`, "charset", "UTF-8",
		"msg_method", "alipay.open.auth.appauth.cancelled", "notify_id", "n1", "sign_type", "RSA2", "utc_timestamp", "1795262401000", "version", "1.1")
}

func TestVerifyAGenuineMessage(t *testing.T) {
	p := newProgram(t)
	file := p.Write("body", p.revocation()+"\n")
	alipayKey := filepath.Join(p.Dir, "alipay_public.pem")
	p.Says(p.Run("verify", "--public-key", alipayKey, file), command.ExitOK,
		"valid  alipay.open.auth.appauth.cancelled", "with sign_type", "rsaCheckV2", "1 of 1", "n1", "2026-11-21T12:00:01Z", `"auth_app_id": "2021000000000009"`)
	v := commandtest.Asks[Valid](p.Program, command.ExitOK, "verify", "--public-key", alipayKey, file)
	want := `{"user_id":"2088","app_auth_token":"` + hidden + `","auth_app_id":"2021000000000009"}`
	var content strings.Builder
	if err := json.NewEncoder(&content).Encode(v.Content); err != nil {
		t.Fatal(err)
	}
	if got := strings.TrimSpace(content.String()); got != want || !v.Valid || v.AppID != commandtest.AppID || v.Parameters["version"] != "1.1" {
		t.Errorf("%+v\ncontent %s", v, got)
	}
	if revealed := p.Must("verify", "--reveal", "--public-key", alipayKey, file); !strings.Contains(revealed, "202611BBsecret") {
		t.Error("--reveal does not reveal")
	}
	for _, output := range []string{"text", "json"} {
		if strings.Contains(p.Must("-o", output, "verify", "--public-key", alipayKey, file), "202611BBsecret") {
			t.Errorf("the token is printed as %s", output)
		}
	}
	piped := p.Feed(p.revocation(), "verify", "--public-key", alipayKey)
	p.Says(piped, command.ExitOK, "valid")
	p.Says(p.Feed("https://isv.example/back?"+p.revocation(), "verify", "--public-key", alipayKey, "-"), command.ExitOK, "valid")
	p.Says(p.Run("verify", "--config", p.Config("https://openapi.alipay.com/gateway.do"), file), command.ExitOK, "valid")
	p.OpenSSL("", "req", "-x509", "-key", "alipay_private.pem", "-days", "30", "-subj", "/C=CN/CN=Alipay", "-out", "alipay.crt")
	p.Says(p.Run("verify", "--cert", filepath.Join(p.Dir, "alipay.crt"), file), command.ExitOK, "certificate ")
}

func TestVerifyHidesFlatParameters(t *testing.T) {
	p := newProgram(t)
	file := p.Write("body", p.notification("-sha256", "app_id", commandtest.AppID, "notify_id", "n1", "notify_type", "servicemarket_order_notify",
		"order_ticket", "s3cret", "phone", "13800000000", "title", "示例模板"))
	alipayKey := filepath.Join(p.Dir, "alipay_public.pem")
	r := p.Run("verify", "--public-key", alipayKey, file)
	p.Says(r, command.ExitOK, "示例模板", hidden)
	if strings.Contains(r.Stdout, "s3cret") || strings.Contains(r.Stdout, "13800000000") {
		t.Error("the ticket or the phone number is printed")
	}
	p.Says(p.Run("verify", "--reveal", "--public-key", alipayKey, file), command.ExitOK, "s3cret", "13800000000")
}

func TestVerifyDecryptsContent(t *testing.T) {
	p := newProgram(t)
	key := base64.StdEncoding.EncodeToString([]byte("0123456789abcdef"))
	p.OpenSSL(`{"mini_app_id":"2021000000000009"}`, "enc", "-aes-128-cbc", "-K", fmt.Sprintf("%x", "0123456789abcdef"), "-iv", strings.Repeat("0", 32), "-out", "cipher")
	cipher := base64.StdEncoding.EncodeToString([]byte(p.Read(filepath.Join(p.Dir, "cipher"))))
	file := p.Write("body", p.notification("-sha256", "app_id", commandtest.AppID, "biz_content", cipher, "charset", "UTF-8", "encrypt_type", "AES",
		"msg_method", "alipay.open.mini.version.audit.passed", "notify_id", "n1", "sign_type", "RSA2", "utc_timestamp", "1795262401000", "version", "1.1"))
	alipayKey := filepath.Join(p.Dir, "alipay_public.pem")
	p.Says(p.Run("verify", "--public-key", alipayKey, "--aes-key", key, file), command.ExitOK, `"mini_app_id": "2021000000000009"`)
	p.Says(p.Run("verify", "--public-key", alipayKey, file), command.ExitOK, "valid", "configure the app's AES key")
	p.Says(p.Run("verify", "--public-key", alipayKey, "--aes-key", "short", file), command.ExitUsage, "--aes-key")
}

func TestVerifySaysWhatIsWrong(t *testing.T) {
	p := newProgram(t)
	good := p.revocation()
	alipayKey, appKey := filepath.Join(p.Dir, "alipay_public.pem"), filepath.Join(p.Dir, "app_public.pem")
	for _, c := range []struct {
		name, text string
		flags      []string
		cause      string
	}{
		{"the application's key", good, []string{"--public-key", appKey, "--app-public-key", appKey}, "application_key"},
		{"another key", good, []string{"--public-key", appKey}, "wrong_key"},
		{"charset left out", strings.Replace(good, "&charset=UTF-8", "", 1), []string{"--public-key", alipayKey}, "missing_parameter"},
		{"a query mixed in", good + "&tenant=7", []string{"--public-key", alipayKey}, "added_parameter"},
		{"SHA-1", p.notification("-sha1", "app_id", commandtest.AppID, "notify_id", "n1", "sign_type", "RSA"), []string{"--public-key", alipayKey}, "sha1_not_allowed"},
		{"nothing", "", []string{"--public-key", alipayKey}, "nothing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := p.in(t)
			r := p.Feed(c.text, append([]string{"verify"}, c.flags...)...)
			p.Says(r, command.ExitFailed, "invalid", c.cause)
			if strings.Contains(r.Stdout+r.Stderr, "202611BBsecret") {
				t.Error("the token is printed")
			}
			v := p.Feed(c.text, append([]string{"-o", "json", "verify"}, c.flags...)...)
			var read Invalid
			if err := json.Unmarshal([]byte(v.Stdout), &read); err != nil || read.Valid || string(read.Causes[0].Cause) != c.cause || read.Causes[0].Advice == "" {
				t.Errorf("%v: %s", err, v.Stdout)
			}
		})
	}
	sha1 := p.notification("-sha1", "app_id", commandtest.AppID, "notify_id", "n1", "sign_type", "RSA")
	p.Says(p.Feed(sha1, "verify", "--allow-sha1", "--public-key", alipayKey), command.ExitOK, "valid")
	p.Says(p.Feed(good, "verify", "--public-key", filepath.Join(p.Dir, "alipay_private.pem")), command.ExitUsage, "a private key")
}

func TestRedaction(t *testing.T) {
	for text, want := range map[string]string{
		`{"b":1,"a":[true,null,"x<y"]}`:                `{"b":1,"a":[true,null,"x<y"]}`,
		`{"app_auth_token":"t","App_Refresh_Token":5}`: `{"app_auth_token":"` + hidden + `","App_Refresh_Token":"` + hidden + `"}`,
		`{"phone":"","contactor":null}`:                `{"phone":"","contactor":null}`,
		`{"contact_info":[{"name":"n"}]}`:              `{"contact_info":[{"name":"` + hidden + `"}]}`,
		`{"n":12345678901234567890}`:                   `{"n":12345678901234567890}`,
		`{"broken`:                                     `"` + hidden + `"`,
	} {
		if diff := cmp.Diff(want, string(redactJSON([]byte(text)))); diff != "" {
			t.Errorf("%s\n%s", text, diff)
		}
	}
}

// TestRedactionKeepsTheRest checks that JSON without secret names stays the
// JSON it was, and that a secret never gets through.
func TestRedactionKeepsTheRest(t *testing.T) {
	value := rapid.Custom(func(r *rapid.T) any {
		return rapid.OneOf(
			rapid.Map(rapid.String(), func(s string) any { return s }), rapid.Map(rapid.Float64Range(-1e6, 1e6), func(f float64) any { return f }),
			rapid.Map(rapid.SliceOfN(rapid.String(), 0, 3), func(s []string) any { return s }),
		).Draw(r, "value")
	})
	rapid.Check(t, func(r *rapid.T) {
		object := rapid.MapOf(rapid.StringMatching(`[a-d]{0,4}`), value).Draw(r, "object")
		text, err := json.Marshal(object)
		if err != nil {
			r.Skip()
		}
		var want, got any
		if json.Unmarshal(text, &want) != nil || json.Unmarshal(redactJSON(text), &got) != nil {
			r.Fatalf("%s is no JSON after redaction: %s", text, redactJSON(text))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			r.Fatal(diff)
		}
		around := map[string]any{"x_token": []any{object, "s3cret"}}
		if text, err = json.Marshal(around); err != nil || strings.Contains(string(redactJSON(text)), "s3cret") {
			r.Fatalf("%v: %s", err, redactJSON(text))
		}
	})
}

// TestVerifyWhatPeopleCaptured hands over what operators had: prints of programs, a
// line of a log, an answer to a call, a message with raw line breaks.
func TestVerifyWhatPeopleCaptured(t *testing.T) {
	p := newProgram(t)
	captured := func(name string) string {
		path, err := filepath.Abs(filepath.Join("..", "..", "..", "..", "alipay", "diagnose", "testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, c := range map[string]struct {
		code  int
		words []string
		not   string
	}{
		"java_map.txt":        {command.ExitFailed, []string{"proven  not_a_form", "a map of Java", "request.getInputStream()"}, "missing_parameter"},
		"node_inspect.txt":    {command.ExitFailed, []string{"proven  not_a_form", "express.raw"}, "missing_parameter"},
		"python_dict.txt":     {command.ExitFailed, []string{"proven  not_a_form", "request.get_data()"}, "missing_parameter"},
		"log_prefix.txt":      {command.ExitFailed, []string{"proven  not_a_form", "a line of a log"}, "added_parameter"},
		"params_from_db.json": {command.ExitFailed, []string{"likely  not_a_form", "likely  missing_parameter", "(voucher_detail_list)", "changed, added or removed"}, "proven"},
		"form_missing.txt":    {command.ExitFailed, []string{"likely  altered", "changed, added or removed"}, "proven"},
		"phone_answer.json":   {command.ExitFailed, []string{"signed_answer", "not a notification", "its own signature holds"}, "altered"},
		"raw_line_breaks.txt": {command.ExitOK, []string{"valid", "1.服务类目不符", "repaired", "raw line breaks"}, "unreadable"},
	} {
		t.Run(name, func(t *testing.T) {
			p := p.in(t)
			flags := []string{"verify", "--public-key", captured("alipay_key.pem"), "--app-public-key", captured("app_key.pem"), captured(name)}
			r := p.Run(flags...)
			p.Says(r, c.code, c.words...)
			if strings.Contains(r.Stdout, c.not) {
				t.Errorf("it says %q:\n%s", c.not, r.Stdout)
			}
		})
	}
}

// TestVerifyJSONOfTheParameters takes what a handler logs, and says that it did.
func TestVerifyJSONOfTheParameters(t *testing.T) {
	p := newProgram(t)
	form, err := url.ParseQuery(p.revocation())
	if err != nil {
		t.Fatal(err)
	}
	logged := map[string]string{}
	for name := range form {
		logged[name] = form.Get(name)
	}
	text, err := json.Marshal(logged)
	if err != nil {
		t.Fatal(err)
	}
	alipayKey := filepath.Join(p.Dir, "alipay_public.pem")
	p.Says(p.Feed(string(text), "verify", "--public-key", alipayKey), command.ExitOK, "valid", "JSON of the parameters")
	var v Valid
	if r := p.Feed(string(text), "-o", "json", "verify", "--public-key", alipayKey); json.Unmarshal([]byte(r.Stdout), &v) != nil || !v.FromJSON {
		t.Errorf("%s", r.Stdout)
	}
}
