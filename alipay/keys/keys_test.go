package keys_test

import (
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"strings"
	"testing"

	"miniflow/alipay"
	"miniflow/alipay/internal/alipaytest"
	"miniflow/alipay/keys"
)

func TestKeysInEveryForm(t *testing.T) {
	o := alipaytest.NewOpenSSL(t)
	pkcs8 := o.PrivateKey("key.pem", "2048")
	pkcs1 := o.Run(pkcs8, "rsa", "-traditional")
	spki := o.Run(pkcs8, "pkey", "-pubout")
	rsaPublic := o.Run(pkcs8, "rsa", "-RSAPublicKey_out")
	private, err := keys.ParsePrivateKey(pkcs8)
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
		"text before":         func(s string) string { return keys.SimulatorKeyMark + "\n" + s },
		"blanks around":       func(s string) string { return "  \n\t" + s + " \n" },
		"line breaks lost":    func(s string) string { return strings.ReplaceAll(s, "\n", "") },
		"line breaks to \\n":  func(s string) string { return strings.ReplaceAll(s, "\n", `\n`) },
		"line breaks, blanks": func(s string) string { return strings.ReplaceAll(s, "\n", " ") },
	}
	for journey, change := range journeys {
		for form, text := range map[string]string{"PKCS #8": pkcs8, "PKCS #1": pkcs1} {
			key, err := keys.ParsePrivateKey(change(text))
			if err != nil || !key.Equal(private) {
				t.Errorf("private key, %s, %s: %v", form, journey, err)
			}
		}
		for form, text := range map[string]string{"SPKI": spki, "PKCS #1": rsaPublic} {
			key, err := keys.ParsePublicKey(change(text))
			if err != nil || !keys.SamePublicKey(key, keys.PublicOf(private)) {
				t.Errorf("public key, %s, %s: %v", form, journey, err)
			}
		}
	}
}

// wrongKey is a text that isn't what somebody wanted it to be.
type wrongKey struct {
	wanted, name, text string
	problem            keys.Problem
}

// wrongKeys has openssl make everything that is mistaken for a key.
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
		{"private key", "public", public, keys.ProblemPublicKey},
		{"private key", "bare public", alipaytest.Bare(t, public), keys.ProblemPublicKey},
		{"private key", "certificate", certificate, keys.ProblemCertificate},
		{"private key", "encrypted", encrypted, keys.ProblemEncrypted},
		{"private key", "encrypted, bare", alipaytest.Bare(t, encrypted), keys.ProblemEncrypted},
		{"private key", "encrypted, PKCS #1", oldEncrypted, keys.ProblemEncrypted},
		{"private key", "EC", ec, keys.ProblemEC},
		{"private key", "Ed25519", ed25519, keys.ProblemEC},
		{"private key", "1024 bits", short, keys.ProblemShort},
		{"public key", "private", private, keys.ProblemPrivateKey},
		{"public key", "bare private", alipaytest.Bare(t, private), keys.ProblemPrivateKey},
		{"public key", "certificate", certificate, keys.ProblemCertificate},
		{"public key", "request", request, keys.ProblemRequest},
		{"public key", "EC", o.Run(ec, "pkey", "-pubout"), keys.ProblemEC},
		{"public key", "a private one of SM2", sm2, keys.ProblemPrivateKey},
		{"private key", "a public one of SM2", o.Run(sm2, "pkey", "-pubout"), keys.ProblemPublicKey},
		{"public key", "1024 bits", o.Run(short, "pkey", "-pubout"), keys.ProblemShort},
		{"public key", "512 bits", o.Run(tiny, "pkey", "-pubout"), keys.ProblemShort},
		{"public key", "nothing", " \n", keys.ProblemEmpty},
		{"public key", "words", "the key is in the other file!", keys.ProblemNotBase64},
		{"public key", "other base64", "AAECAwQFBgcICQ==", keys.ProblemUnknown},
		{"public key", "half a PEM", public[:len(public)/2], keys.ProblemTruncated},
		{"public key", "half, bare", alipaytest.Bare(t, public)[:200], keys.ProblemTruncated},
		{"public key", "a letter lost", alipaytest.Bare(t, public)[1:], keys.ProblemTruncated},
		{"public key", "an enormous number", strings.Repeat("AAAA", 4<<10), keys.ProblemTooLong},
		{"public key", "a whole disk", strings.Repeat("A", alipay.MaxKeyText+1), keys.ProblemTooLong},
		{"certificate", "public", public, keys.ProblemPublicKey},
		{"certificate", "private", private, keys.ProblemPrivateKey},
		{"certificate", "request", request, keys.ProblemRequest},
		{"certificate", "EC", ecCertificate, keys.ProblemEC},
		{"certificate", "half a PEM", certificate[:len(certificate)/2], keys.ProblemTruncated},
	}
}

func TestKeysOfTheWrongKind(t *testing.T) {
	parse := map[string]func(string) error{
		"private key": func(s string) error { _, err := keys.ParsePrivateKey(s); return err },
		"public key":  func(s string) error { _, err := keys.ParsePublicKey(s); return err },
		"certificate": func(s string) error { _, err := keys.ParseAlipayCertificate(s); return err },
	}
	for _, c := range wrongKeys(t) {
		t.Run(c.name+" for "+c.wanted, func(t *testing.T) {
			err := parse[c.wanted](c.text)
			var wrong *keys.KeyError
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

// checkSays checks that an error names what was wanted and found, and says what to do.
func checkSays(t *testing.T, err error, wanted, found string) {
	t.Helper()
	_, hint, ok := strings.Cut(err.Error(), ": ")
	if !strings.Contains(err.Error(), wanted) || !strings.Contains(err.Error(), found) || !ok || len(hint) < 20 {
		t.Errorf("the error doesn't help: %v", err)
	}
}

func TestEveryKeyProblemHasAHint(t *testing.T) {
	for _, problem := range keys.KeyProblems() {
		checkSays(t, &keys.KeyError{Wanted: "public key", Problem: problem}, "public key", string(problem))
	}
}

func TestShortKeysAreOptIn(t *testing.T) {
	o := alipaytest.NewOpenSSL(t)
	short := o.PrivateKey("key.pem", "1024")
	key, err := keys.ParsePrivateKey(short, keys.AllowShortKey)
	if err != nil || keys.Bits(keys.PublicOf(key)) != 1024 {
		t.Fatalf("1024 bits with the opt-in: %v", err)
	}
	public, err := keys.ParsePublicKey(o.Run(short, "pkey", "-pubout"), keys.AllowShortKey)
	if err != nil || !keys.SamePublicKey(public, keys.PublicOf(key)) {
		t.Fatalf("1024 bits with the opt-in: %v", err)
	}
	tiny := o.Run("", "genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:512")
	if _, err := keys.ParsePublicKey(o.Run(tiny, "pkey", "-pubout"), keys.AllowShortKey); err == nil {
		t.Error("512 bits were taken")
	}
}

// TestSimulatorKeysAreMarked also checks that openssl reads a marked key.
func TestSimulatorKeysAreMarked(t *testing.T) {
	o := alipaytest.NewOpenSSL(t)
	plain := o.PrivateKey("key.pem", "2048")
	marked := plain + keys.SimulatorKeyMark + "\n"
	o.Write("marked.pem", marked)
	if o.Run("", "pkey", "-in", "marked.pem") != plain {
		t.Error("openssl reads another key")
	}
	if !keys.IsSimulatorKey(marked) || keys.IsSimulatorKey(plain) {
		t.Error("the mark isn't told")
	}
}

func TestSamePublicKey(t *testing.T) {
	a, b := &privateKey(t).PublicKey, &privateKey(t).PublicKey
	if !keys.SamePublicKey(a, a) || keys.SamePublicKey(a, b) || keys.SamePublicKey(a, nil) || keys.SamePublicKey(nil, nil) {
		t.Error("keys are compared wrongly")
	}
}

// privateKey makes an RSA key.
func privateKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}
