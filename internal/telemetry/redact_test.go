package telemetry

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"miniflow/order"
)

const canary = "canary-77ab"

// hidden redacts itself like the secrets of other packages.
type hidden string

func (hidden) LogValue() slog.Value         { return slog.StringValue(Redacted) }
func (hidden) MarshalText() ([]byte, error) { return []byte(Redacted), nil }

// call is a struct that somebody might log as a whole.
type call struct {
	Method string            `json:"method"`
	Token  string            `json:"app_auth_token"`
	Fields map[string]string `json:"fields"`
	Held   hidden            `json:"held"`
	Parts  []order.Sealed    `json:"parts"`
}

// logged writes one record as JSON and reads it back without time and level.
func logged(t *testing.T, write func(*slog.Logger)) map[string]any {
	t.Helper()
	var out bytes.Buffer
	logger, err := NewLogger(&out, LogOptions{Format: FormatJSON, Level: slog.LevelDebug})
	if err != nil {
		t.Fatal(err)
	}
	write(logger)
	if strings.Count(out.String(), "\n") != 1 {
		t.Fatalf("one record has to be one line:\n%s", out.String())
	}
	var record map[string]any
	if err := json.Unmarshal(out.Bytes(), &record); err != nil {
		t.Fatal(err)
	}
	delete(record, "time")
	delete(record, "level")
	return record
}

func TestSecretNamesHideTheirValues(t *testing.T) {
	for _, name := range []string{
		"token", "app_auth_token", "app-refresh-token", "AppAuthToken", "secret", "webhook_secret", "password", "private_key",
		"privateKey", "aes_key", "api.key", "sealing_key", "Authorization", "Cookie", "sign", "x-sign", "signature", "key",
		"app_auth_code", "phone", "legal_personal_phone", "contact_phone", "mobile", "license_no", "cert_no",
		"legal_personal_name", "contact_name", "service_email", "biz_content", "body", "create", "link_token",
	} {
		got := logged(t, func(l *slog.Logger) { l.Info("m", name, canary) })
		if got[name] != Redacted {
			t.Errorf("%s shows %v", name, got[name])
		}
	}
}

func TestPlainNamesShowTheirValues(t *testing.T) {
	for _, name := range []string{
		"app_id", "out_order_no", "notify_id", "sign_type", "key_id", "key_index", "stage", "disposition", "msg_method", "create_mode",
		"alipay_cert_sn", "authorized", "contents", "order_no", "keys",
	} {
		got := logged(t, func(l *slog.Logger) { l.Info("m", name, "2021000000000001") })
		if got[name] != "2021000000000001" {
			t.Errorf("%s is hidden: %v", name, got[name])
		}
	}
	got := logged(t, func(l *slog.Logger) { l.Info("m", "token", "", "count", 3, "took", 1.5, "missing", nil) })
	if diff := cmp.Diff(map[string]any{"msg": "m", "token": "", "count": 3.0, "took": 1.5, "missing": nil}, got); diff != "" {
		t.Error(diff)
	}
}

func TestSecretsAreFoundWhereverTheyStand(t *testing.T) {
	sealed := order.Sealed("sealed:v1:2026-11:" + canary)
	pem := "-----BEGIN RSA PRIVATE KEY-----\n" + canary + "\n-----END RSA PRIVATE KEY-----"
	whole := call{
		Method: "alipay.open.mini.isv.create", Token: canary, Held: canary,
		Fields: map[string]string{"phone": canary, "app_name": "店", "note": "bearer " + canary}, Parts: []order.Sealed{sealed},
	}
	for name, write := range map[string]func(*slog.Logger){
		"message":           func(l *slog.Logger) { l.Info("called with Bearer " + canary) },
		"error":             func(l *slog.Logger) { l.Info("m", "err", fmt.Errorf("open %q", string(sealed))) },
		"sealed":            func(l *slog.Logger) { l.Info("m", "value", sealed) },
		"sealed, formatted": func(l *slog.Logger) { l.Info("m", "value", string(sealed)+" and more") },
		"plain":             func(l *slog.Logger) { l.Info("m", "value", "plain:v1:"+canary) },
		"private key":       func(l *slog.Logger) { l.Info("m", "text", "key is "+pem) },
		"cut private key":   func(l *slog.Logger) { l.Info("m", "text", pem[:60]) },
		"its own type":      func(l *slog.Logger) { l.Info("m", "value", hidden(canary)) },
		"bytes":             func(l *slog.Logger) { l.Info("m", "value", []byte(canary)) },
		"struct":            func(l *slog.Logger) { l.Info("m", "call", whole) },
		"pointer":           func(l *slog.Logger) { l.Info("m", "call", &whole) },
		"slice":             func(l *slog.Logger) { l.Info("m", "calls", []call{whole}) },
		"group":             func(l *slog.Logger) { l.Info("m", slog.Group("a", slog.Group("b", "token", canary))) },
		"with":              func(l *slog.Logger) { l.With("token", canary).Info("m") },
		"with group":        func(l *slog.Logger) { l.WithGroup("a").With("token", canary).Info("m", "secret", canary) },
		"a struct unjsonable": func(l *slog.Logger) {
			l.Info("m", "value", struct {
				F func()
				T string
			}{T: canary})
		},
	} {
		t.Run(name, func(t *testing.T) {
			text, err := json.Marshal(logged(t, write))
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(text), canary) {
				t.Errorf("shown: %s", text)
			}
		})
	}
}

func TestCompositeKeepsWhatIsHarmless(t *testing.T) {
	got := logged(t, func(l *slog.Logger) {
		l.Info("m", "call", call{Method: "alipay.x", Fields: map[string]string{"app_name": "店"}})
	})
	want := map[string]any{"msg": "m", "call": map[string]any{
		"method": "alipay.x", "app_auth_token": "", "fields": map[string]any{"app_name": "店"}, "held": Redacted, "parts": nil,
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestPhoneNumbersInSentences(t *testing.T) {
	err := errors.New("contact 13800138000,13900139000 13700137000 of 2021000000000001 refused: 14位202100000000")
	got := logged(t, func(l *slog.Logger) { l.Info("m", "err", err, "out_order_no", "13800138000") })
	want := map[string]any{
		"msg": "m", "out_order_no": "13800138000",
		"err": "contact [redacted],[redacted] [redacted] of 2021000000000001 refused: 14位202100000000",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Row by row everything that could forge a line or move a cursor, in every place that a
// stranger's text can reach.
func TestControlCharactersAreWrittenOut(t *testing.T) {
	for name, evil := range map[string]string{
		"line break":       "a\r\nlevel=ERROR msg=forged",
		"ansi colour":      "a\x1b[31mred",
		"ansi title":       "a\x1b]0;title\x07",
		"8-bit csi":        "a\u009b31m",
		"raw 8-bit csi":    "a\x9b31m",
		"written escape":   `a \x1b[31m`,
		"doubled escape":   `a \\x1b[31m`,
		"backspace":        "a\b\b",
		"nul":              "a\x00b",
		"right to left":    "a\u202egnp.exe",
		"zero width":       "a\u200bb",
		"line separator":   "a\u2028b",
		"not UTF-8":        "a\xff\xfeb",
		"delete":           "a\x7f",
		"carriage in name": "a\rb",
	} {
		t.Run(name, func(t *testing.T) {
			for _, options := range []LogOptions{{Format: FormatJSON}, {Format: FormatText}, {Format: FormatText, Terminal: true}} {
				harmless, hurt := lines(t, options, "a"), lines(t, options, evil)
				if controls(hurt) != controls(harmless) {
					t.Errorf("%+v lets through: %q", options, hurt)
				}
			}
		})
	}
}

// lines logs text as message, value, error, name, group and member.
func lines(t *testing.T, options LogOptions, text string) string {
	t.Helper()
	var out bytes.Buffer
	logger, err := NewLogger(&out, options)
	if err != nil {
		t.Fatal(err)
	}
	logger.Info(text, "value", text, "err", errors.New(text), text, 1, slog.Group(text, text, text))
	logger.WithGroup(text).Info("m", "map", map[string]string{text: text})
	return out.String()
}

// controls counts what a terminal would act on, and bytes that are not UTF-8. The logger's
// own colours are the same for every text.
func controls(text string) int {
	count := 0
	for i, r := range text {
		_, size := utf8.DecodeRuneInString(text[i:])
		if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) || r == utf8.RuneError && size == 1 {
			count++
		}
	}
	return count
}

func TestAnyTextIsHarmlessOnATerminal(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
			rapid.StringMatching(`(\\|x1b|\x1b|\[31m|u001b|a|  )*`)).Draw(rt, "text")
		options := LogOptions{Format: FormatText, Terminal: true}
		// A name without letters is shown too, so only the text's own effect may differ.
		if got, want := controls(lines(t, options, "n"+text)), controls(lines(t, options, "n")); got != want {
			rt.Fatalf("%d controls instead of %d for %q", got, want, text)
		}
	})
}

func TestLongValuesAreCut(t *testing.T) {
	got := logged(t, func(l *slog.Logger) { l.Info("m", "reason", strings.Repeat("审", 100_000)) })
	text, _ := got["reason"].(string)
	if len(text) > maxText+64 || !strings.HasSuffix(text, "审… (300000 bytes)") {
		t.Errorf("kept %d bytes ending %q", len(text), text[max(0, len(text)-30):])
	}
}
