package verify

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"

	"miniflow/alipay/diagnose"
	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/commandtest"
)

const (
	rejection  = `{"mini_app_id":"2021000000000009","audit_reason":"类目不符 1+1=2, 50%25 \"off\" & more","url":"https://isv.example/a?b=1&c=2"}`
	contentKey = "0123456789abcdef"
	tokenWord  = "202611BBsecret"
)

// goodMessage is a genuine message as Alipay posts it, with everything in it that
// damage can hurt, and a + in its signature. Encrypted, its content is AES.
func (p *program) goodMessage(encrypted bool) string {
	p.T.Helper()
	p.Keys()
	content, more := strings.Replace(rejection, "{", `{"app_auth_token":"`+tokenWord+`",`, 1), []string{"charset", "UTF-8"}
	if encrypted {
		p.OpenSSL(content, "enc", "-aes-128-cbc", "-K", fmt.Sprintf("%x", contentKey), "-iv", strings.Repeat("0", 32), "-out", "cipher")
		content = base64.StdEncoding.EncodeToString([]byte(p.Read(filepath.Join(p.Dir, "cipher"))))
		more = append(more, "encrypt_type", "AES")
	}
	for id := range 50 {
		fields := append([]string{"app_id", commandtest.AppID, "biz_content", content}, more...)
		fields = append(fields, "msg_method", "alipay.open.mini.version.audit.rejected", "notify_id", fmt.Sprintf("n%d", id),
			"sign_type", "RSA2", "utc_timestamp", "1795262401000", "version", "1.1")
		message := p.notification("-sha256", fields...)
		if sign, _, _ := strings.Cut(message, "&"); strings.Contains(sign, "%2B") {
			return message
		}
	}
	p.T.Fatal("fifty signatures without a +")
	return ""
}

// remade takes a form apart, has a value changed and puts it together again; no
// name means every value but sign.
func remade(form, name string, change func(string) string) string {
	pairs := strings.Split(form, "&")
	for i, pair := range pairs {
		key, escaped, _ := strings.Cut(pair, "=")
		if key != name && (name != "" || key == "sign") {
			continue
		}
		value, err := url.QueryUnescape(escaped)
		if err != nil {
			panic(err)
		}
		pairs[i] = key + "=" + url.QueryEscape(change(value))
	}
	return strings.Join(pairs, "&")
}

// cause is one of the ten damages, each done once to a good message.
type cause struct {
	name   string
	damage func(form string) string // nil: the message stays good
	want   diagnose.Cause
	fields string // the parameters that are named
	// asWell says that it can be done to an encrypted content too.
	asWell bool
	// flags replace those of the way in which the message is handed over.
	flags func(*program, way) []string
}

func tenCauses() []cause {
	toGBK := func(value string) string {
		text, err := simplifiedchinese.GBK.NewEncoder().String(value)
		if err != nil {
			panic(err)
		}
		return text
	}
	decodedAgain := func(value string) string {
		text, err := url.PathUnescape(value)
		if err != nil {
			panic(err)
		}
		return text
	}
	return []cause{
		{name: "the application's key instead of Alipay's", want: diagnose.CauseApplicationKey, asWell: true,
			flags: func(p *program, w way) []string { return w.application(p) }},
		{name: "+ turned into space", want: diagnose.CauseSignSpaces, fields: "sign", asWell: true,
			damage: func(form string) string {
				return remade(form, "sign", func(sign string) string { return strings.ReplaceAll(sign, "+", " ") })
			}},
		{name: "decoded twice", want: diagnose.CauseDecodedTwice, fields: "biz_content",
			damage: func(form string) string { return remade(form, "biz_content", decodedAgain) }},
		{name: "another charset", want: diagnose.CauseCharset, fields: "biz_content",
			damage: func(form string) string { return remade(form, "biz_content", toGBK) }},
		{name: "a parameter missing", want: diagnose.CauseMissingParameter, fields: "charset", asWell: true,
			damage: func(form string) string { return strings.Replace(form, "&charset=UTF-8", "", 1) }},
		{name: "a query parameter added", want: diagnose.CauseAddedParameter, fields: "tenant", asWell: true,
			damage: func(form string) string { return form + "&tenant=7" }},
		{name: "HTML-escaped JSON", want: diagnose.CauseHTMLEscaped, fields: "biz_content",
			damage: func(form string) string { return remade(form, "biz_content", html.EscapeString) }},
		{name: "the wrong app", want: diagnose.CauseUnknownApp, asWell: true,
			flags: func(p *program, w way) []string { return w.anotherApp(p) }},
		{name: "the rule about sign_type", want: diagnose.CauseSignType, fields: "sign_type", asWell: true,
			damage: func(form string) string { return strings.Replace(form, "&sign_type=RSA2", "&sign_type=RSA", 1) }},
		{name: "truncated", want: diagnose.CauseTruncated, fields: "version", asWell: true,
			damage: func(form string) string { return form[:len(form)-4] }},
	}
}

// TestTheTenCauses produces each cause once from a good message and has it named,
// however the message and the keys are handed over.
func TestTheTenCauses(t *testing.T) {
	p := newProgram(t)
	aesFlag := []string{"--aes-key", base64.StdEncoding.EncodeToString([]byte(contentKey))}
	for kind, more := range map[string][]string{"plain": nil, "AES": aesFlag} {
		good := p.goodMessage(more != nil)
		for _, w := range ways() {
			t.Run(kind+"/"+w.name, func(t *testing.T) {
				p := p.in(t)
				text, _ := w.verify(p, good, append(w.genuine(p), more...))
				p.Says(text, command.ExitOK, "valid  alipay.open.mini.version.audit.rejected", "with sign_type", "1 of 1", "https://isv.example/a?b=1&c=2")
				for _, c := range tenCauses() {
					if flags := c.in(p, w, more != nil); flags != nil {
						c.check(p, w, good, append(flags, more...))
					}
				}
			})
		}
	}
}

// in returns the flags for a cause in a way, nil where the two don't meet.
func (c cause) in(p *program, w way, encrypted bool) []string {
	switch {
	case encrypted && !c.asWell:
		return nil
	case c.flags != nil:
		return c.flags(p, w)
	}
	return w.genuine(p)
}

// check does the damage and has it named first, proven, with the parameter and
// with advice; and no token is shown.
func (c cause) check(p *program, w way, good string, flags []string) {
	p.T.Helper()
	bad := good
	if c.damage != nil {
		if bad = c.damage(good); bad == good {
			p.T.Fatalf("%s: nothing was damaged", c.name)
		}
	}
	text, asJSON := w.verify(p, bad, flags)
	p.Says(text, command.ExitFailed, "invalid", "proven  "+string(c.want)+": ")
	var v Invalid
	if err := json.Unmarshal([]byte(asJSON.Stdout), &v); err != nil || asJSON.Code != command.ExitFailed || v.Valid || len(v.Causes) == 0 {
		p.T.Fatalf("%s: %v, exit code %d\n%s", c.name, err, asJSON.Code, asJSON.Stdout)
	}
	found := v.Causes[0]
	if found.Cause != c.want || !found.Proven || strings.Join(found.Parameters, ",") != c.fields || found.Says == "" || found.Advice == "" || len(v.Causes) != 1 {
		p.T.Errorf("%s: found %+v, want %s of %q alone, proven, with advice", c.name, v.Causes, c.want, c.fields)
	}
	for _, r := range []commandtest.Result{text, asJSON} {
		if strings.Contains(r.Stdout+r.Stderr, tokenWord) {
			p.T.Errorf("%s: the token is printed", c.name)
		}
	}
}

// TestAConfigurationWithTheApplicationsKey is not an answer about a message: nothing
// could be verified with it.
func TestAConfigurationWithTheApplicationsKey(t *testing.T) {
	p := newProgram(t)
	good := p.goodMessage(false)
	r := p.Feed(good, "verify", "--config", p.configOf("own-key", commandtest.AppID, "app_public.pem"))
	p.Says(r, command.ExitUsage, "支付宝公钥")
}

// TestWhatCanNotBeAsked is told apart from a message that is not valid.
func TestWhatCanNotBeAsked(t *testing.T) {
	p := newProgram(t)
	good := p.Write("good", p.goodMessage(false))
	key := filepath.Join(p.Dir, "alipay_public.pem")
	for _, test := range []struct{ args, want string }{
		{good, "miniflow.yaml"}, // no key, and no configuration either
		{"--public-key " + filepath.Join(p.Dir, "none.pem") + " " + good, "none.pem"},
		{"--public-key " + good + " " + good, "good"},
		{"--public-key " + key + " " + filepath.Join(p.Dir, "none"), "none"},
		{"--public-key " + key + " --cert " + key + " " + good, "can't be used together"},
		{"--cert " + key + " " + good, "alipay_public.pem"},
		{"--public-key " + key + " --aes-key zz " + good, "--aes-key"},
		{"--public-key " + key + " --no-such-flag " + good, "--no-such-flag"},
		{"--public-key " + key + " " + good + " " + good, "unexpected argument"},
	} {
		p.Says(p.Run(append([]string{"verify"}, strings.Fields(test.args)...)...), command.ExitUsage, test.want)
	}
}
