package alipay_test

import (
	"encoding/pem"
	"errors"
	"strings"
	"testing"

	"miniflow/alipay"
)

// bare takes the armour and the line breaks off a PEM text.
func bare(t *testing.T, armoured string) string {
	t.Helper()
	block, _ := pem.Decode([]byte(armoured))
	if block == nil {
		t.Fatal("no PEM")
	}
	lines := strings.Split(strings.TrimSpace(armoured), "\n")
	return strings.Join(lines[1:len(lines)-1], "")
}

func TestKeysInEveryForm(t *testing.T) {
	o := newOpenSSL(t)
	pkcs8 := o.privateKey("key.pem", "2048")
	pkcs1 := o.run(pkcs8, "rsa", "-traditional")
	spki := o.run(pkcs8, "pkey", "-pubout")
	rsaPublic := o.run(pkcs8, "rsa", "-RSAPublicKey_out")
	private, err := alipay.ParsePrivateKey(pkcs8)
	if err != nil {
		t.Fatal(err)
	}

	// What happens to a key between the console and a configuration.
	journeys := map[string]func(string) string{
		"as it is":            func(s string) string { return s },
		"bare base64":         func(s string) string { return bare(t, s) },
		"bare, 64 a line":     func(s string) string { return strings.Join(strings.SplitAfterN(bare(t, s), "", 64), "\n") },
		"CRLF":                func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") },
		"byte order mark":     func(s string) string { return "\ufeff" + s },
		"bare, with a mark":   func(s string) string { return "\ufeff" + bare(t, s) },
		"text before":         func(s string) string { return alipay.SimulatorKeyMark + "\n" + s },
		"blanks around":       func(s string) string { return "  \n\t" + s + " \n" },
		"line breaks lost":    func(s string) string { return strings.ReplaceAll(s, "\n", "") },
		"line breaks to \\n":  func(s string) string { return strings.ReplaceAll(s, "\n", `\n`) },
		"line breaks, blanks": func(s string) string { return strings.ReplaceAll(s, "\n", " ") },
	}
	for journey, change := range journeys {
		for form, text := range map[string]string{"PKCS #8": pkcs8, "PKCS #1": pkcs1} {
			key, err := alipay.ParsePrivateKey(change(text))
			if err != nil || !key.Equal(private) {
				t.Errorf("private key, %s, %s: %v", form, journey, err)
			}
		}
		for form, text := range map[string]string{"SPKI": spki, "PKCS #1": rsaPublic} {
			key, err := alipay.ParsePublicKey(change(text))
			if err != nil || !alipay.SamePublicKey(key, &private.PublicKey) {
				t.Errorf("public key, %s, %s: %v", form, journey, err)
			}
		}
	}
}

// wrongKey is a text that isn't what somebody wanted it to be.
type wrongKey struct {
	wanted, name, text string
	problem            alipay.KeyProblem
}

// wrongKeys has openssl make everything that gets mistaken for a key.
func wrongKeys(t *testing.T) []wrongKey {
	t.Helper()
	o := newOpenSSL(t)
	private := o.privateKey("key.pem", "2048")
	public := o.run(private, "pkey", "-pubout")
	short := o.run("", "genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024")
	tiny := o.run("", "genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:512")
	ec := o.run("", "genpkey", "-quiet", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
	sm2 := o.run("", "genpkey", "-quiet", "-algorithm", "SM2")
	ed25519 := o.run("", "genpkey", "-quiet", "-algorithm", "ED25519")
	encrypted := o.run(private, "pkcs8", "-topk8", "-passout", "pass:secret")
	oldEncrypted := o.run(private, "rsa", "-traditional", "-aes128", "-passout", "pass:secret")
	request := o.run("", "req", "-new", "-key", "key.pem", "-subj", "/CN=x")
	certificate := o.run("", "req", "-x509", "-key", "key.pem", "-subj", "/CN=x", "-days", "2")
	ecCertificate := func() string {
		o.write("ec.pem", ec)
		return o.run("", "req", "-x509", "-key", "ec.pem", "-subj", "/CN=x", "-days", "2")
	}()

	return []wrongKey{
		{"private key", "public", public, alipay.ProblemPublicKey},
		{"private key", "bare public", bare(t, public), alipay.ProblemPublicKey},
		{"private key", "certificate", certificate, alipay.ProblemCertificate},
		{"private key", "encrypted", encrypted, alipay.ProblemEncrypted},
		{"private key", "encrypted, bare", bare(t, encrypted), alipay.ProblemEncrypted},
		{"private key", "encrypted, PKCS #1", oldEncrypted, alipay.ProblemEncrypted},
		{"private key", "EC", ec, alipay.ProblemEC},
		{"private key", "SM2", sm2, alipay.ProblemEC},
		{"private key", "Ed25519", ed25519, alipay.ProblemEC},
		{"private key", "1024 bits", short, alipay.ProblemShort},
		{"public key", "private", private, alipay.ProblemPrivateKey},
		{"public key", "bare private", bare(t, private), alipay.ProblemPrivateKey},
		{"public key", "certificate", certificate, alipay.ProblemCertificate},
		{"public key", "request", request, alipay.ProblemRequest},
		{"public key", "EC", o.run(ec, "pkey", "-pubout"), alipay.ProblemEC},
		{"public key", "SM2", o.run(sm2, "pkey", "-pubout"), alipay.ProblemEC},
		{"public key", "1024 bits", o.run(short, "pkey", "-pubout"), alipay.ProblemShort},
		{"public key", "512 bits", o.run(tiny, "pkey", "-pubout"), alipay.ProblemShort},
		{"public key", "nothing", " \n", alipay.ProblemEmpty},
		{"public key", "words", "the key is in the other file!", alipay.ProblemNotBase64},
		{"public key", "other base64", "AAECAwQFBgcICQ==", alipay.ProblemUnknown},
		{"public key", "half a PEM", public[:len(public)/2], alipay.ProblemTruncated},
		{"public key", "half, bare", bare(t, public)[:200], alipay.ProblemTruncated},
		{"public key", "a letter lost", bare(t, public)[1:], alipay.ProblemTruncated},
		{"public key", "an enormous number", strings.Repeat("AAAA", 4<<10), alipay.ProblemTooLong},
		{"public key", "a whole disk", strings.Repeat("A", alipay.MaxKeyText+1), alipay.ProblemTooLong},
		{"certificate", "public", public, alipay.ProblemPublicKey},
		{"certificate", "private", private, alipay.ProblemPrivateKey},
		{"certificate", "request", request, alipay.ProblemRequest},
		{"certificate", "EC", ecCertificate, alipay.ProblemEC},
		{"certificate", "half a PEM", certificate[:len(certificate)/2], alipay.ProblemTruncated},
	}
}

func TestKeysOfTheWrongKind(t *testing.T) {
	parse := map[string]func(string) error{
		"private key": func(s string) error { _, err := alipay.ParsePrivateKey(s); return err },
		"public key":  func(s string) error { _, err := alipay.ParsePublicKey(s); return err },
		"certificate": func(s string) error { _, err := alipay.ParseAlipayCertificate(s); return err },
	}
	for _, c := range wrongKeys(t) {
		t.Run(c.name+" for "+c.wanted, func(t *testing.T) {
			err := parse[c.wanted](c.text)
			var wrong *alipay.KeyError
			if !errors.As(err, &wrong) || wrong.Wanted != c.wanted || wrong.Problem != c.problem {
				t.Fatalf("got %v, want %s found", err, c.problem)
			}
			checkSays(t, err, c.wanted, string(c.problem))
			if secret := strings.TrimSpace(c.text); len(secret) > 20 && strings.Contains(err.Error(), secret[:20]) {
				t.Error("the error repeats the key")
			}
		})
	}
}

// checkSays checks that an error names what was wanted and found, and goes on
// to say what to do.
func checkSays(t *testing.T, err error, wanted, found string) {
	t.Helper()
	_, hint, ok := strings.Cut(err.Error(), ": ")
	if !strings.Contains(err.Error(), wanted) || !strings.Contains(err.Error(), found) || !ok || len(hint) < 20 {
		t.Errorf("the error doesn't help: %v", err)
	}
}

func TestEveryKeyProblemHasAHint(t *testing.T) {
	for _, problem := range alipay.KeyProblems() {
		checkSays(t, &alipay.KeyError{Wanted: "public key", Problem: problem}, "public key", string(problem))
	}
}

func TestShortKeysAreOptIn(t *testing.T) {
	o := newOpenSSL(t)
	short := o.privateKey("key.pem", "1024")
	key, err := alipay.ParsePrivateKey(short, alipay.AllowShortKey)
	if err != nil || key.N.BitLen() != 1024 {
		t.Fatalf("1024 bits with the opt-in: %v", err)
	}
	public, err := alipay.ParsePublicKey(o.run(short, "pkey", "-pubout"), alipay.AllowShortKey)
	if err != nil || !alipay.SamePublicKey(public, &key.PublicKey) {
		t.Fatalf("1024 bits with the opt-in: %v", err)
	}
	tiny := o.run("", "genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:512")
	if _, err := alipay.ParsePublicKey(o.run(tiny, "pkey", "-pubout"), alipay.AllowShortKey); err == nil {
		t.Error("512 bits were taken")
	}
}

// TestSimulatorKeysAreMarked also checks that openssl reads a marked key.
func TestSimulatorKeysAreMarked(t *testing.T) {
	o := newOpenSSL(t)
	plain := o.privateKey("key.pem", "2048")
	marked := plain + alipay.SimulatorKeyMark + "\n"
	o.write("marked.pem", marked)
	if o.run("", "pkey", "-in", "marked.pem") != plain {
		t.Error("openssl reads another key")
	}
	if !alipay.IsSimulatorKey(marked) || alipay.IsSimulatorKey(plain) {
		t.Error("the mark isn't told")
	}
}

func TestSamePublicKey(t *testing.T) {
	a, b := &alipayKey().PublicKey, &applicationKey().PublicKey
	if !alipay.SamePublicKey(a, a) || alipay.SamePublicKey(a, b) || alipay.SamePublicKey(a, nil) || alipay.SamePublicKey(nil, nil) {
		t.Error("keys are compared wrongly")
	}
}
