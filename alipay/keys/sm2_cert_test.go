package keys_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"miniflow/alipay/internal/alipaytest"
	"miniflow/alipay/keys"
)

// newAuthoritySM2 is newAuthority on the SM2 curve: openssl signs the whole chain with SM3withSM2.
func newAuthoritySM2(t *testing.T, name string) authority {
	t.Helper()
	a := authority{OpenSSL: alipaytest.NewOpenSSL(t), signing: []string{"-sm3", "-sigopt", "distid:1234567812345678"}}
	a.Write("ca.cnf", "basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign,cRLSign\n")
	a.Write("leaf.cnf", "keyUsage=critical,digitalSignature,nonRepudiation\n")
	for _, file := range []string{"root.key", "intermediate.key", "leaf.key"} {
		a.PrivateKeySM2(file)
	}
	a.root = a.Run("", append([]string{"req", "-x509", "-key", "root.key", "-days", "400", "-subj", "/C=CN/O=" + name + "/CN=Root R1",
		"-addext", "keyUsage=keyCertSign"}, a.signing...)...)
	a.Write("root.crt", a.root)
	a.intermediate = a.issue("intermediate", "root", "ca.cnf", "/C=CN/O="+name+"/CN=Class 2 R1", "300")
	a.leaf = a.issue("leaf", "intermediate", "leaf.cnf", "/C=CN/OU=Alipay/CN=支付宝", "300")
	return a
}

func TestCertificateChainOfSM2(t *testing.T) {
	ours, others, rsa := newAuthoritySM2(t, "Ant"), newAuthoritySM2(t, "Others"), newAuthority(t, "Ant")
	now := time.Now()
	roots := rsa.root + ours.root
	for name, c := range map[string]struct {
		chain, roots string
		at           time.Time
		wrong        error
	}{
		"leaf and intermediate":        {ours.leaf + ours.intermediate, roots, now, nil},
		"in another order":             {ours.intermediate + ours.leaf, roots, now, nil},
		"after its end":                {ours.leaf + ours.intermediate, roots, now.AddDate(2, 0, 0), nil},
		"RSA beside it":                {rsa.leaf + rsa.intermediate, roots, now, nil},
		"the intermediate is missing":  {ours.leaf, roots, now, keys.ErrForeignCertificate},
		"another authority's":          {others.leaf + others.intermediate, roots, now, keys.ErrForeignCertificate},
		"another's intermediate":       {ours.leaf + others.intermediate, roots, now, keys.ErrForeignCertificate},
		"a self-made root in the file": {others.leaf + others.intermediate + others.root, roots, now, keys.ErrForeignCertificate},
		"RSA roots alone":              {ours.leaf + ours.intermediate, rsa.root, now, keys.ErrNoRootCertificate},
		"an RSA leaf under SM2 roots":  {rsa.leaf + rsa.intermediate, ours.root, now, keys.ErrNoRootCertificate},
	} {
		t.Run(name, func(t *testing.T) {
			key, err := keys.ProveAlipayCertificate(c.chain, c.roots, c.at)
			if !errors.Is(err, c.wrong) || (key.Public != nil) != (c.wrong == nil) {
				t.Errorf("got %v, want %v", err, c.wrong)
			}
		})
	}
	if _, err := keys.ProveAlipayCertificate(ours.leaf+ours.intermediate, roots, now.AddDate(0, 0, -2)); err == nil || errors.Is(err, keys.ErrForeignCertificate) {
		t.Errorf("before its beginning: %v", err)
	}
	key, err := keys.ProveAlipayCertificate(ours.leaf+ours.intermediate, roots, now)
	if days := time.Until(key.NotAfter).Hours() / 24; err != nil || keys.SignTypeOf(key.Public) != keys.SM2 || days < 299 || days > 301 {
		t.Errorf("%s until %v (%v)", keys.SignTypeOf(key.Public), key.NotAfter, err)
	}
}

// TestAForgedSignatureOfSM2 changes each byte of the signature of a leaf: none proves it.
func TestAForgedSignatureOfSM2(t *testing.T) {
	a := newAuthoritySM2(t, "Ant")
	der := a.Run(a.leaf, "x509", "-outform", "DER")
	a.Write("forged.der", der)
	for at := len(der) - 64; at < len(der); at++ {
		forged := []byte(der)
		forged[at] ^= 1
		a.Write("forged.der", string(forged))
		text := a.Run("", "x509", "-inform", "DER", "-in", "forged.der")
		if _, err := keys.ProveAlipayCertificate(text+a.intermediate, a.root, time.Now()); err == nil {
			t.Errorf("byte %d of the certificate is not checked", at)
		}
	}
}

// TestRootSerialNumbersOfBothAlgorithms goes by Alipay's own bundle: one root of SM2, two of RSA,
// one of ECDSA.
func TestRootSerialNumbersOfBothAlgorithms(t *testing.T) {
	bundle := certificateVectorRoot(t)
	rsa, err := keys.RootCertificateSN(bundle, keys.RSA2)
	if err != nil || strings.Count(rsa, "_") != 1 {
		t.Errorf("RSA: %q %v", rsa, err)
	}
	sm2, err := keys.RootCertificateSN(bundle, keys.SM2)
	if err != nil || len(sm2) != 32 || strings.Contains(rsa, sm2) {
		t.Errorf("SM2: %q %v", sm2, err)
	}
	info, err := keys.Inspect(bundle)
	if err != nil || info.RootSN != rsa || info.RootSNSM2 != sm2 || len(info.Certificates) != 4 {
		t.Errorf("inspect: %+v %v", info, err)
	}
	if first, _, _ := strings.Cut(bundle, "-----END CERTIFICATE-----"); !errors.Is(noRoots(first+"-----END CERTIFICATE-----\n", keys.RSA2), keys.ErrNoRootCertificate) {
		t.Error("the root of SM2 counts for RSA")
	}
}

func noRoots(bundle string, t keys.SignType) error {
	_, err := keys.RootCertificateSN(bundle, t)
	return err
}
