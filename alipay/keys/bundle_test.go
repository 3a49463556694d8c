package keys_test

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"pgregory.net/rapid"

	"miniflow/alipay/internal/alipaytest"
	"miniflow/alipay/keys"
)

// certificateFile reads a generated certificate file; see the README in its directory.
func certificateFile(tb testing.TB, name string) string {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join("..", "testdata", "certificates", name))
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}

// certificatesMadeAt is a time at which the generated certificates are valid.
var certificatesMadeAt = time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)

// blocksOf splits a file into its armoured blocks.
func blocksOf(text string) []string {
	var blocks []string
	for _, part := range strings.Split(text, "-----BEGIN ")[1:] {
		body, _, _ := strings.Cut(part, "-----END CERTIFICATE-----")
		blocks = append(blocks, "-----BEGIN "+body+"-----END CERTIFICATE-----\n")
	}
	return blocks
}

// TestTheLeafIsFoundWhereverItStands covers the files that people have: the certificate and
// its issuer in either order, glued, after a byte order mark, with other line ends and text.
func TestTheLeafIsFoundWhereverItStands(t *testing.T) {
	root := certificateFile(t, "root.crt")
	leaf, err := keys.ParseAlipayCertificate(certificateFile(t, "ali.crt"))
	if err != nil {
		t.Fatal(err)
	}
	reversed := certificateFile(t, "ali_two_rev.crt")
	blocks := blocksOf(reversed)
	for name, text := range map[string]string{
		"glued":                     certificateFile(t, "two_glued.crt"),
		"behind a byte order mark":  certificateFile(t, "two_bom.crt"),
		"the issuer first":          reversed,
		"each with a mark":          "\ufeff" + blocks[0] + "\ufeff" + blocks[1],
		"CRLF":                      strings.ReplaceAll(reversed, "\n", "\r\n"),
		"CR alone":                  strings.ReplaceAll(reversed, "\n", "\r"),
		"line breaks lost":          strings.ReplaceAll(reversed, "\n", " "),
		`line breaks written as \n`: strings.ReplaceAll(reversed, "\n", `\n`),
		"text around":               "Bag Attributes\n  friendlyName: a\n" + blocks[0] + "subject=/CN=b\n\n" + blocks[1] + "end",
		"text on the armour's line": "cert: " + blocks[0] + "and: " + blocks[1],
		"indented":                  strings.ReplaceAll(reversed, "\n", "\n      "),
		"headers in the armour":     strings.ReplaceAll(reversed, "CERTIFICATE-----\nM", "CERTIFICATE-----\nComment: a\n\nM"),
		"the root in it":            reversed + root,
		"each twice":                reversed + reversed,
	} {
		t.Run(name, func(t *testing.T) {
			key, err := keys.ProveAlipayCertificate(text, root, certificatesMadeAt)
			if err != nil || key.CertSN != leaf.CertSN || !keys.SamePublicKey(key.Public, leaf.Public) {
				t.Errorf("trusted %s (%v), want the leaf %s", key.CertSN, err, leaf.CertSN)
			}
			info, err := keys.Inspect(text)
			if err != nil || !keys.SamePublicKey(info.Public, leaf.Public) || len(info.Certificates) < 2 {
				t.Errorf("keys inspect sees %d certificates (%v)", len(info.Certificates), err)
			}
		})
	}
}

// TestASelfMadeCertificateBeforeAGenuineIssuer checks that the issuer does not prove it.
func TestASelfMadeCertificateBeforeAGenuineIssuer(t *testing.T) {
	root, text := certificateFile(t, "root.crt"), certificateFile(t, "evil_bom.crt")
	for _, before := range []string{"", "x", "text\n", " "} {
		key, err := keys.ProveAlipayCertificate(before+text, root, certificatesMadeAt)
		if !errors.Is(err, keys.ErrForeignCertificate) || key.Public != nil {
			t.Errorf("behind %q: certificate %s, %v", before, key.CertSN, err)
		}
	}
}

// TestTheProvenCertificateIsTheTrustedOne checks for any text that a key is trusted only if
// its own certificate leads to the root, and that every reader of the text means the same
// certificate.
func TestTheProvenCertificateIsTheTrustedOne(t *testing.T) {
	root := certificateFile(t, "root.crt")
	leaf, err := keys.ParseAlipayCertificate(certificateFile(t, "ali.crt"))
	if err != nil {
		t.Fatal(err)
	}
	evil, issuer := blocksOf(certificateFile(t, "evil_bom.crt"))[0], blocksOf(certificateFile(t, "ali_two_rev.crt"))[0]
	pieces := []string{
		evil, issuer, certificateFile(t, "ali.crt"), root, "\ufeff", "\n", "\r\n", "text ", "x",
		"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", "-----BEGIN ", "-----END CERTIFICATE-----",
	}
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 1, 8).Draw(t, "text"), "")
		key, err := keys.ProveAlipayCertificate(text, root, certificatesMadeAt)
		if (err == nil) != (key.Public != nil) || err == nil && key.CertSN != leaf.CertSN {
			t.Fatalf("trusted %s (%v)", key.CertSN, err)
		}
		sameCertificate(t, text)
	})
}

// sameCertificate checks that all readers of a text mean the same certificate.
func sameCertificate(tb rapid.TB, text string) {
	tb.Helper()
	key, err := keys.ParseAlipayCertificate(text, keys.AllowShortKey)
	var wrong *keys.KeyError
	if (err == nil) != (key.Public != nil && len(key.CertSN) == 32) || err != nil && !errors.As(err, &wrong) {
		tb.Fatalf("certificate %q and %v", key.CertSN, err)
	}
	info, infoErr := keys.Inspect(text)
	if err == nil && (infoErr != nil || info.Kind == keys.ProblemCertificate && !keys.SamePublicKey(info.Public, key.Public)) {
		tb.Fatalf("keys inspect means another certificate (%v)", infoErr)
	}
	// With itself as the roots, a text proves only its own leaf.
	if proven, err := keys.ProveAlipayCertificate(text, text, certificatesMadeAt); err == nil && !keys.SamePublicKey(proven.Public, key.Public) {
		tb.Fatal("another certificate is proven than is read")
	}
}

// FuzzBundle checks that no text makes two readers see two different certificates, and that
// no text proves a certificate that the authority did not issue.
func FuzzBundle(f *testing.F) {
	for _, name := range []string{"two_glued.crt", "two_bom.crt", "ali_two_rev.crt", "evil_bom.crt", "ali_expired.crt", "ali.der", "root.crt"} {
		f.Add(certificateFile(f, name))
	}
	root, issued := certificateFile(f, "root.crt"), map[string]bool{}
	for _, name := range []string{"ali.crt", "ali_expired.crt", "app.crt"} {
		key, err := keys.ParseAlipayCertificate(certificateFile(f, name))
		if err != nil {
			f.Fatal(err)
		}
		issued[key.CertSN] = true
	}
	f.Fuzz(func(t *testing.T, text string) {
		sameCertificate(t, text)
		if key, err := keys.ProveAlipayCertificate(text, root, certificatesMadeAt); err == nil && !issued[key.CertSN] {
			t.Fatalf("a certificate that nobody issued: %s", key.CertSN)
		}
	})
}

// TestACertificateThatRanOutIsProvenAsOfItsEnd, because a genuine message is not refused when
// its certificate has expired meanwhile; the caller warns.
func TestACertificateThatRanOutIsProvenAsOfItsEnd(t *testing.T) {
	root, text := certificateFile(t, "root.crt"), certificateFile(t, "ali_expired.crt")
	key, err := keys.ProveAlipayCertificate(text, root, certificatesMadeAt)
	if err != nil || key.Public == nil || !key.NotAfter.Equal(time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("until %v (%v)", key.NotAfter, err)
	}
	if _, err := keys.ProveAlipayCertificate(text, root, time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)); err == nil || !strings.Contains(err.Error(), "clock") {
		t.Errorf("long before its beginning: %v", err)
	}
	if _, err := keys.ProveAlipayCertificate(certificateFile(t, "ali.crt"), root, certificatesMadeAt); !errors.Is(err, keys.ErrForeignCertificate) {
		t.Errorf("without its issuer: %v", err)
	}
	// An issuer that ends before the leaf ends the leaf too.
	key, err = keys.ProveAlipayCertificate(certificateFile(t, "two_bom.crt"), root, time.Date(2050, 1, 1, 0, 0, 0, 0, time.UTC))
	if err != nil || key.NotAfter.Year() != 2034 {
		t.Errorf("after everything ran out: until %v (%v)", key.NotAfter, err)
	}
}

// TestAnAuthorityIsNotAlipay, because the key that signs certificates signs no messages.
func TestAnAuthorityIsNotAlipay(t *testing.T) {
	root := certificateFile(t, "root.crt")
	for name, text := range map[string]string{"the issuer": blocksOf(certificateFile(t, "ali_two_rev.crt"))[0], "the root": root} {
		_, err := keys.ProveAlipayCertificate(text, root, certificatesMadeAt)
		checkProblem(t, name, err, keys.ProblemAuthority, 1)
	}
}

// TestTheRootFileHoldsRoots checks that it contains nothing else, because everything in it is
// trusted to issue certificates and is part of alipay_root_cert_sn.
func TestTheRootFileHoldsRoots(t *testing.T) {
	root, chain := certificateFile(t, "root.crt"), certificateFile(t, "two_bom.crt")
	for name, c := range map[string]struct {
		text    string
		problem keys.Problem
		line    int
	}{
		"Alipay's certificate":      {chain, keys.ProblemNotRoot, 1},
		"the application's":         {certificateFile(t, "app.crt"), keys.ProblemNotRoot, 1},
		"a root and its issue":      {root + chain, keys.ProblemNotRoot, 21},
		"no authority":              {blocksOf(certificateFile(t, "evil_bom.crt"))[0], keys.ProblemNotRoot, 1},
		"the second is cut off":     {root + root[:400], keys.ProblemTruncated, 21},
		"the second begins midway":  {root + root[400:], keys.ProblemTruncated, 34},
		"a key in it":               {root + alipaytest.NewOpenSSL(t).PrivateKey("key.pem", "2048"), keys.ProblemPrivateKey, 21},
		"nothing":                   {" \n", keys.ProblemEmpty, 0},
		"the path of the root file": {"keys/alipayRootCert.crt", keys.ProblemPath, 0},
	} {
		_, err := keys.RootCertificateSN(c.text, keys.RSA2)
		checkProblem(t, name, err, c.problem, c.line)
		if _, err := keys.ProveAlipayCertificate(chain, c.text, certificatesMadeAt); err == nil {
			t.Errorf("%s: a certificate is proven by it", name)
		}
	}
}

func checkProblem(t *testing.T, name string, err error, problem keys.Problem, line int) {
	t.Helper()
	var wrong *keys.KeyError
	if !errors.As(err, &wrong) || wrong.Problem != problem || wrong.Line != line {
		t.Errorf("%s: %v, want %s in line %d", name, err, problem, line)
	}
}

// TestFilesThatAreNotWhatTheySeem checks that each is read, or refused with its real kind.
func TestFilesThatAreNotWhatTheySeem(t *testing.T) {
	leaf, err := keys.ParseAlipayCertificate(certificateFile(t, "ali.crt"))
	if err != nil {
		t.Fatal(err)
	}
	der := certificateFile(t, "ali.der")
	if key, err := keys.ParseAlipayCertificate(der); err != nil || key.CertSN != leaf.CertSN {
		t.Errorf("DER: %s (%v)", key.CertSN, err)
	}
	if info, err := keys.Inspect(der); err != nil || info.Armour != keys.ArmourDER || len(info.Certificates) != 1 {
		t.Errorf("DER: %+v (%v)", info, err)
	}
	o := alipaytest.NewOpenSSL(t)
	one, two := o.PrivateKey("one.pem", "2048"), o.PrivateKey("two.pem", "2048")
	public := o.Run(one, "pkey", "-pubout")
	otherPublic := o.Run(two, "pkey", "-pubout")
	pkcs1 := o.Run(one, "rsa", "-traditional")
	binaryKey := o.Run(one, "pkcs8", "-topk8", "-nocrypt", "-outform", "DER")
	wide := "\xff\xfe"
	for _, unit := range utf16.Encode([]rune(public)) {
		wide += string(binary.LittleEndian.AppendUint16(nil, unit))
	}
	for name, c := range map[string]struct {
		text    string
		problem keys.Problem
		line    int
	}{
		"a path":               {"keys/alipay_public.pem", keys.ProblemPath, 0},
		"a path of Windows":    {`C:\keys\alipay_public`, keys.ProblemPath, 0},
		"a file's name":        {"alipay_public.txt", keys.ProblemPath, 0},
		"another secret":       {"aGVsbG8/aGVsbG8+Xx==", keys.ProblemUnknown, 0},
		"UTF-16":               {wide, keys.ProblemUTF16, 0},
		"half of DER":          {der[:500], keys.ProblemTruncated, 0},
		"two keys":             {public + otherPublic, keys.ProblemSeveral, 10},
		"the second cut off":   {public + otherPublic[:200], keys.ProblemTruncated, 10},
		"the second garbled":   {public + strings.Replace(otherPublic, "A", "§", 1), keys.ProblemNotBase64, 10},
		"the end of another":   {strings.Replace(public, "END PUBLIC", "END PRIVATE", 1), keys.ProblemTruncated, 1},
		"no key, a CSR":        {o.Run("", "req", "-new", "-key", "one.pem", "-subj", "/CN=x"), keys.ProblemRequest, 1},
		"parameters and EC":    {o.Run("", "ecparam", "-name", "prime256v1", "-genkey"), keys.ProblemEC, 4},
		"a bundle of hundreds": {strings.Repeat(public, 40), keys.ProblemTooLong, 289},
	} {
		_, err := keys.ParsePublicKey(c.text)
		checkProblem(t, name, err, c.problem, c.line)
	}
	for name, text := range map[string]string{"DER": binaryKey, "twice, in two forms": one + pkcs1, "both halves": public + one, "with its certificate": certificateFile(t, "app.crt") + one} {
		key, err := keys.ParsePrivateKey(text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if same, err := keys.ParsePublicKey(public); err != nil || !keys.SamePublicKey(keys.PublicOf(key), same) {
			t.Errorf("%s: another key (%v)", name, err)
		}
	}
}

// TestTwoLeavesInOneFile checks that they are refused, because it is unclear which of them is
// meant.
func TestTwoLeavesInOneFile(t *testing.T) {
	text := certificateFile(t, "ali_expired.crt") + certificateFile(t, "ali.crt")
	_, err := keys.ProveAlipayCertificate(text, certificateFile(t, "root.crt"), certificatesMadeAt)
	checkProblem(t, "an old and a new certificate", err, keys.ProblemSeveral, 41)
}
