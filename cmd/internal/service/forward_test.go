package service_test

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"miniflow/alipay/alipaysim"
	"miniflow/cmd/internal/service"
	"miniflow/internal/config"
)

// checked is a configuration as `config check` judges it, with one app changed.
func checked(t *testing.T, allow []string, change func(*config.App)) error {
	t.Helper()
	_, err := service.Check(configured(t, allow, change))
	return err
}

// configured is a configuration with one app, changed.
func configured(t *testing.T, allow []string, change func(*config.App)) *config.Config {
	t.Helper()
	dir := t.TempDir()
	must(t, alipaysim.GenerateKeys(dir, agreedApp))
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(dir, agreedApp, name))
		must(t, err)
		return string(text)
	}
	cfg := config.Defaults()
	app := config.App{
		ID: agreedApp, Endpoint: "http://127.0.0.1:8090/gateway.do", PrivateKey: config.Secret(read("app_private.pem")),
		AlipayPublicKeys: []config.PublicKey{{Key: read("alipay_public.pem")}},
		Webhook: config.Webhook{Secrets: []config.WebhookSecret{
			{Secret: config.Secret("whsec_" + base64.StdEncoding.EncodeToString([]byte("0123456789abcdef0123456789canary")))},
		}},
	}
	change(&app)
	cfg.Apps, cfg.Sealing.None, cfg.Files.Allow = []config.App{app}, true, allow
	cfg.Fill()
	return cfg
}

// TestATargetOfAnotherScheme is refused before anything looks where it leads.
func TestATargetOfAnotherScheme(t *testing.T) {
	for _, url := range []string{"file:///etc/passwd", "gopher://isv.example/", "ftp://isv.example/", "unix:///run/x", "//isv.example/"} {
		t.Run("X15 "+url, func(t *testing.T) {
			cfg := configured(t, nil, func(a *config.App) { a.Forward.URL = url })
			said := cfg.Validate().Error()
			for _, field := range []string{"apps[0].forward.url: has to be an absolute URL"} {
				if !strings.Contains(said, field) {
					t.Errorf("the check says %q, want %q", said, field)
				}
			}
		})
	}
}

// TestAPrivateTargetHasToBeAllowed, or every call to it would be refused; the
// check says so before the first message.
func TestAPrivateTargetHasToBeAllowed(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*config.App)
		allow  []string
		says   string
	}{
		"none":                       {func(*config.App) {}, nil, ""},
		"public":                     {func(a *config.App) { a.Forward.URL = "https://isv.example/alipay" }, nil, ""},
		"a private forward":          {func(a *config.App) { a.Forward.URL = "http://10.20.0.7/alipay" }, nil, "apps[0].forward.url of app " + agreedApp + ": address refused: 10.20.0.7 is inside"},
		"a private forward, allowed": {func(a *config.App) { a.Forward.URL = "http://10.20.0.7/alipay" }, []string{"10.20.0.0/16"}, ""},
		"a private webhook":          {func(a *config.App) { a.Webhook.URL = "http://localhost:9000/" }, nil, "apps[0].webhook.url of app " + agreedApp + ": address refused: localhost is inside"},
		"a webhook to the metadata":  {func(a *config.App) { a.Webhook.URL = "http://169.254.169.254/latest" }, nil, "address refused: 169.254.169.254 is inside"},
		"a link-local forward":       {func(a *config.App) { a.Forward.URL = "http://[fe80::1]/" }, nil, "address refused: fe80::1 is inside"},
		"a decimal forward":          {func(a *config.App) { a.Forward.URL = "http://2130706433/" }, nil, "address refused: an IP address is written in its usual form"},
		"an octal webhook":           {func(a *config.App) { a.Webhook.URL = "http://0177.0.0.1/" }, nil, "address refused: an IP address is written in its usual form"},
		"a decimal one, allowed":     {func(a *config.App) { a.Forward.URL = "http://2130706433/" }, []string{"127.0.0.0/8"}, "written in its usual form"},
		"an allow-list to correct":   {func(a *config.App) { a.Forward.URL = "http://10.20.0.7/alipay" }, []string{"10.20.0.0/99"}, "files.allow"},
	} {
		t.Run("X15 "+name, func(t *testing.T) {
			err := checked(t, test.allow, test.change)
			if (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) {
				t.Errorf("the check says %v, want %q", err, test.says)
			}
		})
	}
}

// TestASecretThatCanNotSign is found by the check and not shown.
func TestASecretThatCanNotSign(t *testing.T) {
	err := checked(t, nil, func(a *config.App) {
		a.Forward.URL = "https://isv.example/alipay"
		a.Webhook.Secrets[0].Secret = "whsec_canary!"
	})
	if err == nil || !strings.Contains(err.Error(), "apps[0].webhook.secrets[0].secret") || strings.Contains(err.Error(), "canary") {
		t.Errorf("the check says %v", err)
	}
}
