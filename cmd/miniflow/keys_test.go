package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestKeysGenerate(t *testing.T) {
	p := newProgram(t)
	dir := filepath.Join(p.dir, "deep", "keys")
	made := asks[generatedView](p, exitOK, "keys", "generate", dir, "--bits", "3072")
	for _, file := range []string{made.PrivateKey, made.PublicKey} {
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", file, info, err)
		}
	}
	// openssl reads both halves, finds them to be one pair, and the console's text too.
	public := p.openssl("", "pkey", "-in", made.PrivateKey, "-pubout")
	lines := strings.Split(strings.TrimSpace(public), "\n")
	if public != p.read(made.PublicKey) || made.Console != strings.Join(lines[1:len(lines)-1], "") {
		t.Errorf("the halves differ, or the console's text does: %s", made.Console)
	}
	if !strings.Contains(p.openssl("", "pkey", "-in", made.PrivateKey, "-text", "-noout"), "3072 bit") {
		t.Error("not 3072 bits")
	}
	private := p.read(made.PrivateKey)
	p.says(p.run("keys", "generate", dir), exitFailed, "is not overwritten")
	if p.read(made.PrivateKey) != private {
		t.Error("the private key was overwritten")
	}
	// A public file in the way: no private half is left alone.
	p.write("half_public.pem", "x")
	p.says(p.run("keys", "generate", p.dir, "--name", "half"), exitFailed, "is not overwritten")
	if _, err := os.Stat(filepath.Join(p.dir, "half_private.pem")); err == nil {
		t.Error("a private key without its public half is left")
	}
	if strings.Contains(p.must("keys", "generate", p.dir, "--name", "shown"), "PRIVATE KEY") {
		t.Error("the private key is printed")
	}
}

func TestKeysInspect(t *testing.T) {
	p := newProgram(t)
	p.keys()
	at := func(name string) string { return filepath.Join(p.dir, name) }
	p.openssl("", "rsa", "-in", "app_private.pem", "-traditional", "-out", "pkcs1.pem")
	p.openssl("", "req", "-x509", "-key", "app_private.pem", "-days", "20", "-subj", "/C=CN/CN=Alipay", "-out", "cert.crt")
	p.openssl("", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024", "-out", "short.pem")
	p.write("marked.pem", p.read(at("alipay_public.pem"))+"Miniflow simulator key: for tests only\n")
	views := asks[[]keyView](p, exitOK, "keys", "inspect", at("app_private.pem"), at("pkcs1.pem"), at("app_public.pem"), at("cert.crt"), at("short.pem"), at("marked.pem"))
	for i, want := range []string{"a private key PKCS #8", "a private key PKCS #1", "a public key SPKI", "a certificate X.509", "a private key PKCS #8", "a public key SPKI"} {
		if got := views[i].Kind + " " + views[i].Encoding; got != want {
			t.Errorf("%s is %s, want %s", views[i].File, got, want)
		}
	}
	for i := range 4 {
		if views[i].Fingerprint != views[0].Fingerprint || views[i].Bits != 2048 {
			t.Errorf("%s: %d bits, fingerprint %s", views[i].File, views[i].Bits, views[i].Fingerprint)
		}
	}
	if certificate := views[3].Certificates[0]; len(certificate.SN) != 32 || !certificate.Valid || !strings.Contains(views[3].Notes[0], "within 30 days") {
		t.Errorf("%+v %v", certificate, views[3].Notes)
	}
	if len(views[4].Notes) != 1 || !views[5].Simulator || views[0].Simulator {
		t.Errorf("short %v, simulator %v", views[4].Notes, views[5])
	}
	text := p.must("keys", "inspect", at("cert.crt"), at("marked.pem"))
	p.says(result{stdout: text}, exitOK, "SN", "CN=Alipay", "a simulator made it")
	p.says(p.run("keys", "inspect", p.write("no.pem", "hello!")), exitUsage, "neither PEM nor base64")
}

func TestCertificatesThatRanOut(t *testing.T) {
	p := newProgram(t)
	p.keys()
	p.openssl("", "req", "-x509", "-key", "app_private.pem", "-days", "20", "-subj", "/CN=Alipay", "-out", "cert.crt")
	info, err := readKey(filepath.Join(p.dir, "cert.crt"))
	if err != nil {
		t.Fatal(err)
	}
	v := newKeyView("cert.crt", info, time.Now().Add(30*24*time.Hour))
	if v.Certificates[0].Valid || !strings.Contains(v.Notes[0], "has run out") {
		t.Errorf("%+v", v)
	}
}

func TestKeysCheck(t *testing.T) {
	p := newProgram(t)
	p.keys()
	at := func(name string) string { return filepath.Join(p.dir, name) }
	p.openssl("", "req", "-x509", "-key", "app_private.pem", "-days", "20", "-subj", "/CN=app", "-out", "app.crt")
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{at("app_private.pem"), at("app_public.pem")}, exitOK, "one pair"},
		{[]string{at("app.crt"), at("app_private.pem")}, exitOK, "one pair"},
		{[]string{at("app_public.pem"), at("app.crt")}, exitOK, "same public key"},
		{[]string{at("app_private.pem"), at("alipay_public.pem")}, exitFailed, "two different pairs"},
		{[]string{at("app_private.pem"), "--alipay-key", at("alipay_public.pem")}, exitOK, "another key"},
		{[]string{at("app_private.pem"), "--alipay-key", at("app_public.pem")}, exitFailed, "支付宝公钥"},
		{[]string{at("app_private.pem"), "--alipay-key", at("alipay_private.pem")}, exitFailed, "never hands out"},
	} {
		p.says(p.run(append([]string{"keys", "check"}, c.args...)...), c.code, c.says)
		if v := asks[checkView](p, c.code, append([]string{"keys", "check"}, c.args...)...); v.OK != (c.code == exitOK) {
			t.Errorf("%v: %+v", c.args, v)
		}
	}
}
