package alipay_test

import (
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"strings"
	"testing"

	"miniflow/alipay"
	"miniflow/alipay/internal/alipaytest"
)

func TestKeysInEveryForm(t *testing.T) {
	o := alipaytest.NewOpenSSL(t)
	pkcs8 := o.PrivateKey("key.pem", "2048")
	pkcs1 := o.Run(pkcs8, "rsa", "-traditional")
	spki := o.Run(pkcs8, "pkey", "-pubout")
	rsaPublic := o.Run(pkcs8, "rsa", "-RSAPublicKey_out")
	private, err := alipay.ParsePrivateKey(pkcs8)
	if err != nil {
		t.Fatal(err)
	}

	// What happens to a key between the console and a configuration.
	journeys := map[string]func(string) string{
		"as it is":            func(s string) string { return s },
		"bare base64":         func(s string) string { return alipaytest.Bare(t, s) },
		"bare, 64 a line":     func(s string) string { return strings.Join(strings.SplitAfterN(alipaytest.Bare(t, s), "", 64), "\n") },
		"CRLF":                func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") },
		"byte order mark":     func(s string) string { return "\ufeff" + s },
		"bare, with a mark":   func(s string) string { return "\ufeff" + alipaytest.Bare(t, s) },
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
	o := alipaytest.NewOpenSSL(t)
	private := o.PrivateKey("key.pem", "2048")
	public := o.Run(private, "pkey", "-pubout")
	short := o.Run("", "genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024")
	tiny := o.Run("", "genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:512")
	ec := o.Run("", "genpkey", "-quiet", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
	sm2 := o.Run("", "genpkey", "-quiet", "-algorithm", "SM2")
	ed25519 := o.Run("", "genpkey", "-quiet", "-algorithm", "ED25519")
	encrypted := o.Run(private, "pkcs8", "-topk8", "-passout", "pass:secret")
	oldEncrypted := o.Run(private, "rsa", "-traditional", "-aes128", "-passout", "pass:secret")
	request := o.Run("", "req", "-new", "-key", "key.pem", "-subj", "/CN=x")
	certificate := o.Run("", "req", "-x509", "-key", "key.pem", "-subj", "/CN=x", "-days", "2")
	ecCertificate := func() string {
		o.Write("ec.pem", ec)
		return o.Run("", "req", "-x509", "-key", "ec.pem", "-subj", "/CN=x", "-days", "2")
	}()

	return []wrongKey{
		{"private key", "public", public, alipay.ProblemPublicKey},
		{"private key", "bare public", alipaytest.Bare(t, public), alipay.ProblemPublicKey},
		{"private key", "certificate", certificate, alipay.ProblemCertificate},
		{"private key", "encrypted", encrypted, alipay.ProblemEncrypted},
		{"private key", "encrypted, bare", alipaytest.Bare(t, encrypted), alipay.ProblemEncrypted},
		{"private key", "encrypted, PKCS #1", oldEncrypted, alipay.ProblemEncrypted},
		{"private key", "EC", ec, alipay.ProblemEC},
		{"private key", "SM2", sm2, alipay.ProblemEC},
		{"private key", "Ed25519", ed25519, alipay.ProblemEC},
		{"private key", "1024 bits", short, alipay.ProblemShort},
		{"public key", "private", private, alipay.ProblemPrivateKey},
		{"public key", "bare private", alipaytest.Bare(t, private), alipay.ProblemPrivateKey},
		{"public key", "certificate", certificate, alipay.ProblemCertificate},
		{"public key", "request", request, alipay.ProblemRequest},
		{"public key", "EC", o.Run(ec, "pkey", "-pubout"), alipay.ProblemEC},
		{"public key", "SM2", o.Run(sm2, "pkey", "-pubout"), alipay.ProblemEC},
		{"public key", "1024 bits", o.Run(short, "pkey", "-pubout"), alipay.ProblemShort},
		{"public key", "512 bits", o.Run(tiny, "pkey", "-pubout"), alipay.ProblemShort},
		{"public key", "nothing", " \n", alipay.ProblemEmpty},
		{"public key", "words", "the key is in the other file!", alipay.ProblemNotBase64},
		{"public key", "other base64", "AAECAwQFBgcICQ==", alipay.ProblemUnknown},
		{"public key", "half a PEM", public[:len(public)/2], alipay.ProblemTruncated},
		{"public key", "half, bare", alipaytest.Bare(t, public)[:200], alipay.ProblemTruncated},
		{"public key", "a letter lost", alipaytest.Bare(t, public)[1:], alipay.ProblemTruncated},
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
	o := alipaytest.NewOpenSSL(t)
	short := o.PrivateKey("key.pem", "1024")
	key, err := alipay.ParsePrivateKey(short, alipay.AllowShortKey)
	if err != nil || key.N.BitLen() != 1024 {
		t.Fatalf("1024 bits with the opt-in: %v", err)
	}
	public, err := alipay.ParsePublicKey(o.Run(short, "pkey", "-pubout"), alipay.AllowShortKey)
	if err != nil || !alipay.SamePublicKey(public, &key.PublicKey) {
		t.Fatalf("1024 bits with the opt-in: %v", err)
	}
	tiny := o.Run("", "genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:512")
	if _, err := alipay.ParsePublicKey(o.Run(tiny, "pkey", "-pubout"), alipay.AllowShortKey); err == nil {
		t.Error("512 bits were taken")
	}
}

// TestSimulatorKeysAreMarked also checks that openssl reads a marked key.
func TestSimulatorKeysAreMarked(t *testing.T) {
	o := alipaytest.NewOpenSSL(t)
	plain := o.PrivateKey("key.pem", "2048")
	marked := plain + alipay.SimulatorKeyMark + "\n"
	o.Write("marked.pem", marked)
	if o.Run("", "pkey", "-in", "marked.pem") != plain {
		t.Error("openssl reads another key")
	}
	if !alipay.IsSimulatorKey(marked) || alipay.IsSimulatorKey(plain) {
		t.Error("the mark isn't told")
	}
}

func TestSamePublicKey(t *testing.T) {
	a, b := publicKey(t), publicKey(t)
	if !alipay.SamePublicKey(a, a) || alipay.SamePublicKey(a, b) || alipay.SamePublicKey(a, nil) || alipay.SamePublicKey(nil, nil) {
		t.Error("keys are compared wrongly")
	}
}

// publicKey makes an RSA public key.
func publicKey(t *testing.T) *rsa.PublicKey {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return &private.PublicKey
}
