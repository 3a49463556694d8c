package main

import (
	"path/filepath"
	"strings"
	"testing"

	"miniflow/cmd/internal/command"
)

// madeUp names a made-up certificate file; the README beside them says what each is.
func madeUp(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", "alipay", "testdata", "certificates", name))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// certified is a program with an app in certificate mode, whose own certificate is of
// its private key and whose other files are made up.
func newCertified(t *testing.T) *tested {
	t.Helper()
	p := newProgram(t)
	p.Keys()
	p.OpenSSL("", "req", "-x509", "-key", "app_private.pem", "-days", "300", "-subj", "/CN=app", "-out", "app.crt")
	p.OpenSSL("", "req", "-new", "-key", "app_private.pem", "-subj", "/CN=app", "-out", "app.csr")
	p.OpenSSL("", "x509", "-in", "app.crt", "-outform", "DER", "-out", "app.der")
	p.OpenSSL("", "pkcs8", "-topk8", "-nocrypt", "-in", "app_private.pem", "-outform", "DER", "-out", "app_private.der")
	return p
}

// certificateConfig writes a configuration with these fields of the app.
func (p *tested) certificateConfig(private, app, root string, alipays ...string) string {
	p.T.Helper()
	text := `apps:
  - app_id: "2021000000000001"
    environment: production
    ` + private + `
    certificates:
      ` + app + `
      root_file: ` + root + `
      alipay:
`
	for _, one := range alipays {
		text += "        - cert_file: " + one + "\n"
	}
	return p.Write("miniflow.yaml", text+`api_keys: [{name: ops, key: "sha256:`+strings.Repeat("0", 63)+`1", apps: ["*"], scopes: [read]}]
sealing: none
`)
}

// judged has a configuration checked. What is wrong with the roots is said of them alone.
func (p *tested) judged(config string, code int, says ...string) {
	p.T.Helper()
	got := p.Run("config", "check", "-c", config)
	p.Says(got, code, says...)
	if strings.Contains(got.Stderr, "certificates.root:") && strings.Contains(got.Stderr, "certificates.alipay") {
		p.T.Errorf("what is wrong with the roots is said of others:\n%s", got.Stderr)
	}
}

// TestConfigCheckOnCertificates checks that what users have is taken, and what can't be right
// is refused by the field, the file and its line.
func TestConfigCheckOnCertificates(t *testing.T) {
	p := newCertified(t)
	const private, app = "private_key_file: app_private.pem", "app_file: app.crt"
	root := madeUp(t, "root.crt")
	cut := p.Write("cut.crt", p.Read(root)+p.Read(root)[:300])
	leaf := p.Write("bare.txt", strings.Join(strings.Split(strings.TrimSpace(p.Read(filepath.Join(p.Dir, "app.crt"))), "\n")[1:], ""))
	for name, c := range map[string]struct {
		private, app, root string
		alipays            []string
		code               int
		says               []string
	}{
		"glued blocks":              {private, app, root, []string{madeUp(t, "two_glued.crt")}, command.ExitOK, []string{"it can be served"}},
		"the issuer first":          {private, app, root, []string{madeUp(t, "ali_two_rev.crt")}, command.ExitOK, []string{"it can be served"}},
		"a byte order mark":         {private, app, root, []string{madeUp(t, "two_bom.crt")}, command.ExitOK, []string{"it can be served"}},
		"the application's, in DER": {"private_key_file: app_private.der", "app_file: app.der", root, []string{madeUp(t, "two_bom.crt")}, command.ExitOK, []string{"it can be served"}},
		"a self-made one in front of a genuine issuer": {private, app, root, []string{madeUp(t, "evil_bom.crt")}, command.ExitFailed,
			[]string{"miniflow.yaml:9", "evil_bom.crt", "certificates.alipay[0].cert", "does not end at Alipay's roots", "root.crt"}},
		"one of two ran out": {private, app, root, []string{madeUp(t, "two_bom.crt"), madeUp(t, "ali_expired.crt")}, command.ExitOK,
			[]string{"it can be served", "warning: miniflow.yaml:10", "ali_expired.crt", "certificates.alipay[1].cert", "ran out on 2025-01-01"}},
		"the only one ran out": {private, app, root, []string{madeUp(t, "ali_expired.crt")}, command.ExitOK, []string{"it can be served", "ran out on 2025-01-01"}},
		"without its issuer":   {private, app, root, []string{madeUp(t, "ali.der")}, command.ExitFailed, []string{"ali.der", "keep the issuer's certificate"}},
		"another app's certificate": {private, "app_file: " + madeUp(t, "app.crt"), root, []string{madeUp(t, "two_bom.crt")}, command.ExitFailed,
			[]string{"miniflow.yaml:6", "certificates.app", "not the certificate of this app's private_key"}},
		"the request in place of the certificate": {private, "app_file: app.csr", root, []string{madeUp(t, "two_bom.crt")}, command.ExitFailed,
			[]string{"app.csr", "certificate request (CSR)", "take the certificate that comes back"}},
		"the application's own in Alipay's place": {private, app, "app.crt", []string{"app.crt"}, command.ExitFailed, []string{"certificates.alipay[0].cert", "app.crt"}},
		"no root in root_file": {private, app, madeUp(t, "two_bom.crt"), []string{madeUp(t, "two_bom.crt")}, command.ExitFailed,
			[]string{"miniflow.yaml:7", "certificates.root", "another authority issued (line 1)"}},
		"a root that was cut off":                {private, app, cut, []string{madeUp(t, "two_bom.crt")}, command.ExitFailed, []string{"miniflow.yaml:7", "cut.crt", "cut off (line 21)"}},
		"a certificate that lost its first line": {private, "app_file: " + leaf, root, []string{madeUp(t, "two_bom.crt")}, command.ExitFailed, []string{"bare.txt", "cut off"}},
		"a path in place of a key": {"private_key: keys/app_private.pem", app, root, []string{madeUp(t, "two_bom.crt")}, command.ExitFailed,
			[]string{"miniflow.yaml:4: apps[0].private_key", "the name of a file", "named by private_key_file"}},
		"a path in place of a certificate": {private, "app: keys/app.crt", root, []string{madeUp(t, "two_bom.crt")}, command.ExitFailed,
			[]string{"miniflow.yaml:6: apps[0].certificates.app", "the name of a file", "named by app_file"}},
	} {
		t.Run(name, func(t *testing.T) {
			p.T = t
			p.judged(p.certificateConfig(c.private, c.app, c.root, c.alipays...), c.code, c.says...)
		})
	}
}

// TestConfigCheckSaysAllThatIsWrongWithKeys at once, each by its own line.
func TestConfigCheckSaysAllThatIsWrongWithKeys(t *testing.T) {
	p := newCertified(t)
	config := p.certificateConfig("private_key_file: "+p.Write("no.pem", "hello!"), "app_file: app.csr", "app.crt", madeUp(t, "two_bom.crt"))
	p.Says(p.Run("config", "check", "-c", config), command.ExitFailed,
		"miniflow.yaml:4", "no.pem", "miniflow.yaml:6", "app.csr", "miniflow.yaml:9", "two_bom.crt")
}
