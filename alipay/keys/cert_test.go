package keys_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"miniflow/alipay/internal/alipaytest"
	"miniflow/alipay/keys"
)

// authority is a certificate chain like Alipay's, made by openssl: a root, an intermediate,
// and the certificate of one app.
type authority struct {
	alipaytest.OpenSSL
	root, intermediate, leaf string

	signing []string // arguments of openssl that say how; none is RSA
}

func newAuthority(t *testing.T, name string) authority {
	t.Helper()
	a := authority{OpenSSL: alipaytest.NewOpenSSL(t)}
	a.Write("ca.cnf", "basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign,cRLSign\n")
	a.Write("leaf.cnf", "keyUsage=critical,digitalSignature,nonRepudiation,keyEncipherment,dataEncipherment,keyAgreement\n")
	for _, file := range []string{"root.key", "intermediate.key", "leaf.key"} {
		a.PrivateKey(file, "2048")
	}
	a.root = a.Run("", "req", "-x509", "-key", "root.key", "-days", "400", "-subj", "/C=CN/O="+name+"/CN=Root R1",
		"-addext", "keyUsage=keyCertSign")
	a.Write("root.crt", a.root)
	a.intermediate = a.issue("intermediate", "root", "ca.cnf", "/C=CN/O="+name+"/CN=Class 2 R1", "300")
	a.leaf = a.issue("leaf", "intermediate", "leaf.cnf", "/C=CN/OU=Alipay/CN=支付宝", "300")
	return a
}

// issue makes a certificate for subject, signed by issuer.
func (a authority) issue(subject, issuer, extensions, name, days string) string {
	a.T.Helper()
	a.Write(subject+".csr", a.Run("", append([]string{"req", "-new", "-utf8", "-key", subject + ".key", "-subj", name}, a.signing...)...))
	arguments := append([]string{"x509", "-req", "-in", subject + ".csr", "-CA", issuer + ".crt", "-CAkey", issuer + ".key",
		"-extfile", extensions, "-days", days}, a.signing...)
	if a.signing != nil {
		arguments = append(arguments, "-vfyopt", "distid:1234567812345678") // the request's own signature
	}
	certificate := a.Run("", arguments...)
	a.Write(subject+".crt", certificate)
	return certificate
}

func TestCertificateChain(t *testing.T) {
	ours, others := newAuthority(t, "Ant"), newAuthority(t, "Others")
	now := time.Now()
	sm2Root, _, _ := strings.Cut(certificateVectorRoot(t), "-----END CERTIFICATE-----")
	sm2Root += "-----END CERTIFICATE-----\n"

	for name, c := range map[string]struct {
		chain, roots string
		at           time.Time
		valid        bool
	}{
		"leaf and intermediate":        {ours.leaf + ours.intermediate, ours.root, now, true},
		"an SM2 root among the roots":  {ours.leaf + ours.intermediate, sm2Root + ours.root, now, true},
		"the intermediate is missing":  {ours.leaf, ours.root, now, false},
		"another authority's":          {others.leaf + others.intermediate, ours.root, now, false},
		"another's intermediate":       {ours.leaf + others.intermediate, ours.root, now, false},
		"a self-made root in the file": {others.leaf + others.intermediate + others.root, ours.root, now, false},
		"before its beginning":         {ours.leaf + ours.intermediate, ours.root, now.AddDate(0, 0, -2), false},
		"no roots at all":              {ours.leaf + ours.intermediate, "", now, false},
		"no certificate at all":        {ours.Read("leaf.key"), ours.root, now, false},
	} {
		t.Run(name, func(t *testing.T) {
			key, err := keys.ProveAlipayCertificate(c.chain, c.roots, c.at)
			if (err == nil) != c.valid || (key.Public != nil) != c.valid {
				t.Errorf("valid=%t, want %t (%v)", err == nil, c.valid, err)
			}
		})
	}
}

// TestACertificateEndsWithItsChain has a certificate valid for 350 days under an issuer valid
// for 300: the warning is about the earlier day.
func TestACertificateEndsWithItsChain(t *testing.T) {
	a := newAuthority(t, "Ant")
	leaf := a.issue("leaf", "intermediate", "leaf.cnf", "/C=CN/OU=Alipay/CN=支付宝", "350")
	key, err := keys.ProveAlipayCertificate(leaf+a.intermediate, a.root, time.Now())
	if days := time.Until(key.NotAfter).Hours() / 24; err != nil || days < 299 || days > 301 {
		t.Errorf("ends in %.0f days (%v)", days, err)
	}
}

// certificateVectorRoot returns Alipay's own root bundle, which begins with SM2.
func certificateVectorRoot(t *testing.T) string {
	t.Helper()
	for _, c := range alipaytest.ReadVectors[struct {
		PEM  string
		Root bool
	}](t, "cert-sn.json", 4) {
		if c.Root {
			return c.PEM
		}
	}
	t.Fatal("no root bundle among the vectors")
	return ""
}

// TestRootSerialNumber checks the choice of roots: the SM2 one can't be parsed, the ECDSA one
// is of another family, and both RSA digests count.
func TestRootSerialNumber(t *testing.T) {
	bundle := certificateVectorRoot(t)
	if count := strings.Count(bundle, "BEGIN CERTIFICATE"); count != 4 {
		t.Fatalf("the bundle has %d certificates, this test is about 4", count)
	}
	blocks := strings.SplitAfter(bundle, "-----END CERTIFICATE-----")
	for name, c := range map[string]struct {
		bundle string
		count  int
	}{
		"SM2 alone":       {blocks[0], 0},
		"RSA alone":       {blocks[1], 1},
		"ECDSA alone":     {blocks[2], 0},
		"RSA with SHA-1":  {blocks[3], 1},
		"the order turns": {blocks[3] + "\n" + blocks[1], 2},
		"nothing":         {"", 0},
	} {
		t.Run(name, func(t *testing.T) {
			sn, err := keys.RootCertificateSN(c.bundle, keys.RSA2)
			if c.count == 0 {
				if !errors.Is(err, keys.ErrNoRootCertificate) {
					t.Errorf("got %q and %v", sn, err)
				}
				return
			}
			if got := len(strings.Split(sn, "_")); err != nil || got != c.count {
				t.Errorf("%d numbers in %q (%v), want %d", got, sn, err, c.count)
			}
		})
	}
}

func TestDownloadedCertificate(t *testing.T) {
	a := newAuthority(t, "Ant")
	encoded := a.Run(a.leaf, "base64", "-A")
	text, err := keys.DecodeDownloadedCertificate(encoded)
	if err != nil || text != a.leaf {
		t.Errorf("decoded to something else (%v)", err)
	}
	var wrong *keys.KeyError
	if _, err := keys.DecodeDownloadedCertificate("{}"); !errors.As(err, &wrong) {
		t.Errorf("got %v", err)
	}
	key, err := keys.ParseAlipayCertificate(text)
	if err != nil || len(key.CertSN) != 32 || key.NotAfter.Before(time.Now()) {
		t.Errorf("read as %s until %v (%v)", key.CertSN, key.NotAfter, err)
	}
}
