package doctor

import (
	"fmt"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"miniflow/alipay/alipaysim"
	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
	"miniflow/cmd/internal/service"
)

const (
	doctoredApp = "2021000000000051"
	otherApp    = "2021000000000052"
	consoleAES  = "MDEyMzQ1Njc4OWFiY2RlZg=="
)

// simulatedAlipay knows two apps, one looked at and another whose keys are foreign to it.
type simulatedAlipay struct {
	dir       string
	simulator *alipaysim.Simulator
	server    *httptest.Server
}

// consoleMode is how the console has the apps.
type consoleMode struct {
	sm2          bool // the signing method of both apps is SM2
	certificates bool
	aesKey       []byte
}

func newAlipay(t *testing.T, mode consoleMode) *simulatedAlipay {
	t.Helper()
	a := &simulatedAlipay{dir: t.TempDir()}
	fatal := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	var apps []alipaysim.App
	for _, id := range []string{doctoredApp, otherApp} {
		if mode.sm2 { // certificates are of the keys that are there
			fatal(alipaysim.GenerateSM2Keys(a.dir, id))
		}
		fatal(alipaysim.GenerateCertificates(a.dir, id))
		app, err := alipaysim.LoadApp(a.dir, id)
		fatal(err)
		app.AESKey = mode.aesKey
		if mode.certificates {
			app.Certificates, err = alipaysim.LoadCertificates(a.dir, id)
			fatal(err)
		}
		apps = append(apps, app)
	}
	var err error
	a.simulator, err = alipaysim.Open(alipaysim.Config{Volatile: true, Path: filepath.Join(a.dir, "alipay.db"), Apps: apps})
	fatal(err)
	a.server = httptest.NewServer(a.simulator.Handler())
	t.Cleanup(func() { a.server.Close(); fatal(a.simulator.Close()) })
	return a
}

func (a *simulatedAlipay) file(app, name string) string { return filepath.Join(a.dir, app, name) }

// keyMode is an app's part of the configuration, each field with its file.
func (a *simulatedAlipay) keyMode() map[string]string {
	return map[string]string{"private": a.file(doctoredApp, "app_private.pem"), "alipay": a.file(doctoredApp, "alipay_public.pem")}
}

func (a *simulatedAlipay) certificateMode() map[string]string {
	return map[string]string{
		"private": a.file(doctoredApp, "app_private.pem"), "app": a.file(doctoredApp, "app_cert.crt"),
		"alipay": a.file(doctoredApp, "alipay_cert.crt"), "root": a.file(doctoredApp, "alipay_root.crt"),
	}
}

// config writes a configuration with these files.
func (a *simulatedAlipay) config(p *program, files map[string]string) string {
	keys := "alipay_public_keys: [{key_file: " + files["alipay"] + "}]"
	if files["root"] != "" {
		keys = fmt.Sprintf("certificates: {app_file: %s, root_file: %s, alipay: [{cert_file: %s}]}", files["app"], files["root"], files["alipay"])
	}
	if files["aes"] != "" {
		keys += "\n    aes_key: " + files["aes"]
	}
	return p.Write("miniflow.yaml", `
apps:
  - app_id: "`+doctoredApp+`"
    endpoint: `+a.server.URL+`/gateway.do
    private_key_file: `+files["private"]+`
    `+keys+`
api_keys: [{name: ops, key: "sha256:`+strings.Repeat("0", 63)+`1", apps: ["*"], scopes: [read]}]
sealing: none
`)
}

// doctored is one mistake with keys and what doctor has to find.
type doctored struct {
	alipay *simulatedAlipay
	files  map[string]string
	want   map[string]finding
	says   string
}

func (d doctored) check(t *testing.T) {
	t.Setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
	p := newProgram(t)
	found := p.symptoms("--config", d.alipay.config(p, d.files), "--within", "20s")
	for check, want := range d.want {
		if one := found[check]; one.Result != want || one.AppID != doctoredApp {
			t.Errorf("%s: %+v, want %s", check, one, want)
		}
	}
	if one, there := found["call"]; there {
		t.Errorf("and beside: %+v", one)
	}
	if !strings.Contains(said(found), d.says) {
		t.Errorf("%q is not in\n%s", d.says, said(found))
	}
}

// TestDoctorSaysWhichKeyIsWrong hands over keys that can be read, and one or another
// is not what Alipay has.
func TestDoctorSaysWhichKeyIsWrong(t *testing.T) {
	plain, withAES := newAlipay(t, consoleMode{}), newAlipay(t, consoleMode{aesKey: []byte("0123456789abcdef")})
	foreign := func(name string) string { return plain.file(otherApp, name) }
	for name, c := range map[string]doctored{
		"all is right": {plain, plain.keyMode(), map[string]finding{checkPrivateKey: foundWell, checkAlipayKey: foundWell}, "alipay_public_keys[0]"},
		"another app's Alipay key": {plain, with(plain.keyMode(), "alipay", foreign("alipay_public.pem")),
			map[string]finding{checkPrivateKey: foundWell, checkAlipayKey: foundIll}, "支付宝公钥"},
		"another app's private key": {plain, with(plain.keyMode(), "private", foreign("app_private.pem")),
			map[string]finding{checkPrivateKey: foundIll, checkAlipayKey: foundWell}, "应用公钥"},
		"both": {plain, with(plain.keyMode(), "private", foreign("app_private.pem"), "alipay", foreign("alipay_public.pem")),
			map[string]finding{checkPrivateKey: foundIll, checkAlipayKey: foundIll}, "isv.invalid-signature"},
		"a content key that the console has not": {plain, with(plain.keyMode(), "aes", consoleAES),
			map[string]finding{checkPrivateKey: foundWell, checkAlipayKey: foundWell, checkContentKey: foundIll}, "aes_key"},
		"the console's content key": {withAES, with(withAES.keyMode(), "aes", consoleAES),
			map[string]finding{checkPrivateKey: foundWell, checkAlipayKey: foundWell, checkContentKey: foundWell}, ""},
		"another content key": {withAES, with(withAES.keyMode(), "aes", "ZmVkY2JhOTg3NjU0MzIxMA=="),
			map[string]finding{checkPrivateKey: foundWell, checkAlipayKey: foundWell, checkContentKey: foundIll}, "接口内容加密"},
	} {
		t.Run(name, c.check)
	}
}

// TestDoctorSaysWhichCertificateIsWrong hands over whole sets of files of another app, so
// that they fit each other.
func TestDoctorSaysWhichCertificateIsWrong(t *testing.T) {
	plain, certified := newAlipay(t, consoleMode{}), newAlipay(t, consoleMode{certificates: true})
	foreign := func(name string) string { return certified.file(otherApp, name) }
	foreignApp := []string{"private", foreign("app_private.pem"), "app", foreign("app_cert.crt")}
	foreignAlipay := []string{"alipay", foreign("alipay_cert.crt"), "root", foreign("alipay_root.crt")}
	for name, c := range map[string]doctored{
		"all is right": {certified, certified.certificateMode(), map[string]finding{
			checkPrivateKey: foundWell, checkAppCert: foundWell, checkAlipayCert: foundWell, checkRoot: foundWell}, "certificates.alipay[0]"},
		"another app's certificate": {certified, with(certified.certificateMode(), foreignApp...),
			map[string]finding{checkAppCert: foundIll, checkAlipayCert: foundWell}, "app_file"},
		"Alipay's certificates of another app": {certified, with(certified.certificateMode(), foreignAlipay...),
			map[string]finding{checkAppCert: foundIll, checkAlipayCert: foundIll}, "root_file"},
		"certificate mode, and the console has key mode": {plain, plain.certificateMode(),
			map[string]finding{checkAppCert: foundIll}, "the app is in key mode"},
		"key mode, and the console has certificate mode": {certified, certified.keyMode(),
			map[string]finding{checkPrivateKey: foundIll}, "the app is in certificate mode"},
	} {
		t.Run(name, c.check)
	}
	if _, err := certified.simulator.RotateCertificate(doctoredApp); err != nil {
		t.Fatal(err)
	}
	t.Run("Alipay has changed to its next certificate", doctored{certified, certified.certificateMode(), map[string]finding{
		checkAppCert: foundWell, checkAlipayCert: foundWarning}, "serve fetches it meanwhile"}.check)
}

// TestDoctorAsksAsAMerchant checks what comes of the call with a token that is kept.
func TestDoctorAsksAsAMerchant(t *testing.T) {
	dead := &gateway.Error{Meaning: codes.Meaning{Class: codes.ClassAuthorization}}
	for name, c := range map[string]struct {
		miniAppID string
		err       error
		want      finding
	}{
		"its token is taken":           {"2021000000000061", nil, foundWell},
		"its token is dead":            {"2021000000000061", dead, foundWarning},
		"the app may not":              {"2021000000000061", &gateway.Error{Meaning: codes.Meaning{Class: codes.ClassPermanent}}, foundIll},
		"no token is kept":             {"", nil, foundNothing},
		"no worker hands a token out":  {"2021000000000061", fmt.Errorf("%w: timeout", service.ErrTokenUnread), foundNothing},
		"no worker, none is known yet": {"", service.ErrTokenUnread, foundNothing},
	} {
		if got := merchantSymptom(c.miniAppID, c.err); got.Result != c.want {
			t.Errorf("%s: %+v, want %s", name, got, c.want)
		}
	}
}

func with(files map[string]string, changes ...string) map[string]string {
	for i := 0; i < len(changes); i += 2 {
		files[changes[i]] = changes[i+1]
	}
	return files
}

func said(found map[string]symptom) string {
	var text strings.Builder
	for _, one := range found {
		text.WriteString(one.Says + "\n")
	}
	return text.String()
}
