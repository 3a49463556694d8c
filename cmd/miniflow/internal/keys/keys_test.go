package keys

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/commandtest"
)

func TestKeysGenerate(t *testing.T) {
	p := newProgram(t)
	dir := filepath.Join(p.Dir, "deep", "keys")
	made := commandtest.Asks[generated](p.Program, command.ExitOK, "keys", "generate", dir, "--bits", "3072")
	for _, file := range []string{made.PrivateKey, made.PublicKey} {
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", file, info, err)
		}
	}
	// openssl reads both halves, finds them to be one pair, and the console's text too.
	public := p.OpenSSL("", "pkey", "-in", made.PrivateKey, "-pubout")
	lines := strings.Split(strings.TrimSpace(public), "\n")
	if public != p.Read(made.PublicKey) || made.Console != strings.Join(lines[1:len(lines)-1], "") {
		t.Errorf("the halves differ, or the console's text does: %s", made.Console)
	}
	if !strings.Contains(p.OpenSSL("", "pkey", "-in", made.PrivateKey, "-text", "-noout"), "3072 bit") {
		t.Error("not 3072 bits")
	}
	private := p.Read(made.PrivateKey)
	p.Says(p.Run("keys", "generate", dir), command.ExitFailed, "is not overwritten")
	if p.Read(made.PrivateKey) != private {
		t.Error("the private key was overwritten")
	}
	// A public file in the way: no private half is left alone.
	p.Write("half_public.pem", "x")
	p.Says(p.Run("keys", "generate", p.Dir, "--name", "half"), command.ExitFailed, "is not overwritten")
	if _, err := os.Stat(filepath.Join(p.Dir, "half_private.pem")); err == nil {
		t.Error("a private key without its public half is left")
	}
	if strings.Contains(p.Must("keys", "generate", p.Dir, "--name", "shown"), "PRIVATE KEY") {
		t.Error("the private key is printed")
	}
}

// TestKeysOfSM2 has openssl read the pair, and a certificate by openssl inspected.
func TestKeysOfSM2(t *testing.T) {
	p := newProgram(t)
	made := commandtest.Asks[generated](p.Program, command.ExitOK, "keys", "generate", p.Dir, "--name", "sm2", "--sign-type", "SM2")
	if made.SignType != "SM2" || made.Bits != 256 {
		t.Errorf("made %+v", made)
	}
	public := p.OpenSSL("", "pkey", "-in", made.PrivateKey, "-pubout")
	if lines := strings.Split(strings.TrimSpace(public), "\n"); public != p.Read(made.PublicKey) || made.Console != strings.Join(lines[1:len(lines)-1], "") {
		t.Errorf("the halves differ, or the console's text does: %s", made.Console)
	}
	if text := p.OpenSSL("", "pkey", "-in", made.PrivateKey, "-text", "-noout"); !strings.Contains(text, "SM2") {
		t.Errorf("openssl reads no key of SM2: %s", text)
	}
	certificate := filepath.Join(p.Dir, "sm2.crt")
	p.OpenSSL("", "req", "-x509", "-key", made.PrivateKey, "-days", "20", "-subj", "/C=CN/CN=Alipay", "-sm3", "-sigopt", "distid:1234567812345678", "-out", certificate)
	views := commandtest.Asks[[]described](p.Program, command.ExitOK, "keys", "inspect", made.PrivateKey, made.PublicKey, certificate)
	for _, v := range views {
		if v.SignType != "SM2" || v.Bits != 256 || v.Fingerprint != made.Fingerprint {
			t.Errorf("%+v", v)
		}
	}
	if len(views[0].Notes)+len(views[1].Notes) > 0 || len(views[2].Certificates) != 1 {
		t.Errorf("notes %v %v, certificates %v", views[0].Notes, views[1].Notes, views[2].Certificates)
	}
	p.Says(p.Run("keys", "check", made.PrivateKey, certificate), command.ExitOK, "they are one pair")
	p.Keys()
	p.Says(p.Run("keys", "check", made.PrivateKey, "--alipay-key", filepath.Join(p.Dir, "alipay_public.pem")), command.ExitFailed, "one key is RSA and another SM2")
}

func TestKeysInspect(t *testing.T) {
	p := newProgram(t)
	p.Keys()
	at := func(name string) string { return filepath.Join(p.Dir, name) }
	p.OpenSSL("", "rsa", "-in", "app_private.pem", "-traditional", "-out", "pkcs1.pem")
	p.OpenSSL("", "req", "-x509", "-key", "app_private.pem", "-days", "20", "-subj", "/C=CN/CN=Alipay", "-out", "cert.crt")
	p.OpenSSL("", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024", "-out", "short.pem")
	p.Write("marked.pem", p.Read(at("alipay_public.pem"))+"Miniflow simulator key: for tests only\n")
	views := commandtest.Asks[[]described](p.Program, command.ExitOK, "keys", "inspect", at("app_private.pem"), at("pkcs1.pem"), at("app_public.pem"), at("cert.crt"), at("short.pem"), at("marked.pem"))
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
	text := p.Must("keys", "inspect", at("cert.crt"), at("marked.pem"))
	p.Says(commandtest.Result{Stdout: text}, command.ExitOK, "SN", "CN=Alipay", "a simulator made it")
	p.Says(p.Run("keys", "inspect", p.Write("no.pem", "hello!")), command.ExitUsage, "neither PEM nor base64")
}

func TestCertificatesThatRanOut(t *testing.T) {
	p := newProgram(t)
	p.Keys()
	p.OpenSSL("", "req", "-x509", "-key", "app_private.pem", "-days", "20", "-subj", "/CN=Alipay", "-out", "cert.crt")
	info, err := readKey(filepath.Join(p.Dir, "cert.crt"))
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
	p.Keys()
	at := func(name string) string { return filepath.Join(p.Dir, name) }
	p.OpenSSL("", "req", "-x509", "-key", "app_private.pem", "-days", "20", "-subj", "/CN=app", "-out", "app.crt")
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{at("app_private.pem"), at("app_public.pem")}, command.ExitOK, "one pair"},
		{[]string{at("app.crt"), at("app_private.pem")}, command.ExitOK, "one pair"},
		{[]string{at("app_public.pem"), at("app.crt")}, command.ExitOK, "same public key"},
		{[]string{at("app_private.pem"), at("alipay_public.pem")}, command.ExitFailed, "two different pairs"},
		{[]string{at("app_private.pem"), "--alipay-key", at("alipay_public.pem")}, command.ExitOK, "another key"},
		{[]string{at("app_private.pem"), "--alipay-key", at("app_public.pem")}, command.ExitFailed, "支付宝公钥"},
		{[]string{at("app_private.pem"), "--alipay-key", at("alipay_private.pem")}, command.ExitFailed, "never hands out"},
	} {
		p.Says(p.Run(append([]string{"keys", "check"}, c.args...)...), c.code, c.says)
		if v := commandtest.Asks[checkView](p.Program, c.code, append([]string{"keys", "check"}, c.args...)...); v.OK != (c.code == command.ExitOK) {
			t.Errorf("%v: %+v", c.args, v)
		}
	}
}

// madeUp names a made-up certificate file; the README beside them says what each is.
func madeUp(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", "..", "..", "alipay", "testdata", "certificates", name))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// TestKeysInspectReadsWhatUsersHave inspects bundles behind a byte order mark, and binary files.
func TestKeysInspectReadsWhatUsersHave(t *testing.T) {
	p := newProgram(t)
	views := commandtest.Asks[[]described](p.Program, command.ExitOK, "keys", "inspect", madeUp(t, "two_bom.crt"), madeUp(t, "two_glued.crt"), madeUp(t, "ali_two_rev.crt"), madeUp(t, "ali.der"))
	for i, want := range []int{2, 2, 2, 1} {
		if got := views[i]; len(got.Certificates) != want || got.Fingerprint != views[0].Fingerprint {
			t.Errorf("%s: %d certificates, fingerprint %s", got.File, len(got.Certificates), got.Fingerprint)
		}
	}
	if views[3].Armour != "DER" || views[0].Armour != "PEM" {
		t.Errorf("armour %s and %s", views[3].Armour, views[0].Armour)
	}
	p.Says(p.Run("keys", "inspect", p.Write("cut.crt", p.Read(madeUp(t, "two_bom.crt"))[:2000])), command.ExitUsage, "cut.crt", "cut off (line 21)")
}
