package diagnose_test

import (
	"bytes"
	"encoding/base64"
	"net/url"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"miniflow/alipay/diagnose"
	"miniflow/alipay/keys"
	"miniflow/alipay/notify"
)

const (
	appID      = "2021000000000001"
	otherAppID = "2021000000000002"
)

// bench holds keys made by openssl, which also signs, for the tests below.
type bench struct {
	t       *testing.T
	dir     string
	alipay  keys.PublicKey // Alipay's for appID
	other   keys.PublicKey // Alipay's for otherAppID
	ours    keys.PublicKey // the application's own
	short   keys.PublicKey // 1024 bits
	foreign keys.PublicKey // a stranger's
}

// keyDir holds the keys that every test of this package shares, because making them is slow
// and their values don't matter.
var keyDir = sync.OnceValues(func() (map[string][]byte, error) {
	made := map[string][]byte{}
	for name, bits := range map[string]string{"alipay": "2048", "other": "2048", "ours": "2048", "short": "1024", "foreign": "2048"} {
		out, err := exec.Command("openssl", "genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:"+bits).Output() //nolint:gosec // fixed words
		if err != nil {
			return nil, err
		}
		made[name] = out
	}
	return made, nil
})

func newBench(t *testing.T) *bench {
	t.Helper()
	texts, err := keyDir()
	if err != nil {
		t.Fatalf("these tests need the openssl command: %v", err)
	}
	b := &bench{t: t, dir: t.TempDir()}
	for name, public := range map[string]*keys.PublicKey{"alipay": &b.alipay, "other": &b.other, "ours": &b.ours, "short": &b.short, "foreign": &b.foreign} {
		writeFile(t, filepath.Join(b.dir, name), texts[name])
		*public, err = keys.ParsePublicKey(string(b.openssl(nil, "pkey", "-in", name, "-pubout")), keys.AllowShortKey)
		if err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func (b *bench) openssl(input []byte, arguments ...string) []byte {
	b.t.Helper()
	command := exec.CommandContext(b.t.Context(), "openssl", arguments...) //nolint:gosec // arguments of these tests
	command.Dir, command.Stdin = b.dir, bytes.NewReader(input)
	out, err := command.Output()
	if err != nil {
		b.t.Fatalf("openssl %v: %v", arguments, err)
	}
	return out
}

// message is a notification before it becomes a form: raw bytes in their charset.
type message struct{ fields [][2]string }

// from returns a message to the application gateway with everything that damage can hurt: +,
// spaces, &, %, quotation marks, Chinese, line breaks.
func from() message {
	return message{[][2]string{
		{"app_id", appID},
		{"biz_content", `{"mini_app_id":"2021000000000009","audit_reason":"类目不符 1+1=2, 50% \"off\"\n请修改","url":"https://isv.example/a?b=1&c=2"}`},
		{"charset", "UTF-8"},
		{"msg_method", "alipay.open.mini.version.audit.rejected"},
		{"notify_id", "2026112100262110001"},
		{"sign_type", "RSA2"},
		{"utc_timestamp", "1795262401000"},
		{"version", "1.1"},
	}}
}

// trade returns a payment notification, flat.
func trade() message {
	return message{[][2]string{
		{"app_id", appID}, {"auth_app_id", appID}, {"body", "two lines\r\nof text "}, {"buyer_id", "2088000000000000"}, {"charset", "GBK"},
		{"fund_bill_list", `[{"amount":"0.01","fundChannel":"ALIPAYACCOUNT"}]`}, {"notify_id", "2026112100222"},
		{"notify_time", "2026-11-21 20:00:01"}, {"notify_type", "trade_status_sync"}, {"out_trade_no", "no+1 +2 3"},
		{"passback_params", "type%3d3C%26no%3d20"}, {"sign_type", "RSA2"}, {"subject", "\xd2\xbb\xcd\xeb\xc3\xe6 + 1"}, {"total_amount", "0.01"},
		{"trade_status", "TRADE_SUCCESS"}, {"version", "1.0"},
	}}
}

func (m message) get(name string) string {
	for _, f := range m.fields {
		if f[0] == name {
			return f[1]
		}
	}
	return ""
}

// with returns a copy with a parameter changed or added.
func (m message) with(name, value string) message {
	copied := message{slices.Clone(m.fields)}
	for i, f := range copied.fields {
		if f[0] == name {
			copied.fields[i][1] = value
			return copied
		}
	}
	copied.fields = append(copied.fields, [2]string{name, value})
	return copied
}

func (m message) without(names ...string) message {
	return message{slices.DeleteFunc(slices.Clone(m.fields), func(f [2]string) bool { return slices.Contains(names, f[0]) })}
}

// mapped returns a copy with every value but sign changed.
func (m message) mapped(change func(string) string) message {
	copied := message{slices.Clone(m.fields)}
	for i, f := range copied.fields {
		if f[0] != "sign" {
			copied.fields[i][1] = change(f[1])
		}
	}
	return copied
}

// form returns the body as Alipay posts it.
func (m message) form() string {
	parts := make([]string, 0, len(m.fields))
	for _, f := range m.fields {
		parts = append(parts, f[0]+"="+url.QueryEscape(f[1]))
	}
	return strings.Join(parts, "&")
}

// decoded returns the body as a log of decoded parameters shows it.
func (m message) decoded() string {
	parts := make([]string, 0, len(m.fields))
	for _, f := range m.fields {
		parts = append(parts, f[0]+"="+f[1])
	}
	return strings.Join(parts, "&")
}

// signed has openssl sign the message; the fields are sorted already.
func (b *bench) signed(m message, how ...string) message {
	b.t.Helper()
	key, digest, rule := "alipay", "-sha256", "with sign_type"
	for _, word := range how {
		switch word {
		case "-sha1":
			digest = word
		case "without sign_type":
			rule = word
		default:
			key = word
		}
	}
	covered := m
	if rule == "without sign_type" {
		covered = m.without("sign_type")
	}
	slices.SortFunc(covered.fields, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	signature := b.openssl([]byte(covered.decoded()), "dgst", digest, "-sign", key)
	return m.with("sign", base64.StdEncoding.EncodeToString(signature))
}

// plussed signs until the base64 contains +, / and =, so that damage to them shows. Only the
// notify_id changes.
func (b *bench) plussed(m message, how ...string) message {
	b.t.Helper()
	for i := range 50 {
		id := strings.Repeat("7", i%5+1) + m.get("notify_id") + strings.Repeat("1", i/5+1)
		signed := b.signed(m.with("notify_id", id), how...)
		if sign := signed.get("sign"); strings.Contains(sign, "+") && strings.Contains(sign, "/") {
			return signed
		}
	}
	b.t.Fatal("fifty signatures without a + or a /")
	return message{}
}

// apps returns the configuration of most tests: one app, its Alipay key, its own key.
func (b *bench) apps() []notify.App {
	return []notify.App{{ID: appID, AlipayKeys: []keys.AlipayKey{{Public: b.alipay}}, ApplicationKey: b.ours}}
}

func (b *bench) ask(text string, apps []notify.App) diagnose.Answer {
	b.t.Helper()
	answer, err := diagnose.Ask(diagnose.Question{Text: []byte(text), Apps: apps})
	if err != nil {
		b.t.Fatal(err)
	}
	if (answer.Notification == nil) != (len(answer.Findings) > 0) {
		b.t.Fatalf("a notification and findings exclude each other: %+v", answer)
	}
	return answer
}
