package keys_test

import (
	"errors"
	"path/filepath"
	"testing"

	"miniflow/alipay/keys"
)

// FuzzCertificate tests the readers of keys and certificates with any text.
func FuzzCertificate(f *testing.F) {
	f.Add("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----")
	f.Fuzz(func(t *testing.T, text string) {
		if key, err := keys.ParseAlipayCertificate(text); (err == nil) != (key.Public != nil && len(key.CertSN) == 32) {
			t.Fatalf("certificate %q and %v", key.CertSN, err)
		}
		var wrong *keys.KeyError
		if key, err := keys.ParsePublicKey(text); (err == nil) != (key != nil) || err != nil && !errors.As(err, &wrong) {
			t.Fatalf("public key, and %v", err)
		}
		if key, err := keys.ParsePrivateKey(text); (err == nil) != (key != nil) || err != nil && !errors.As(err, &wrong) {
			t.Fatalf("private key, and %v", err)
		}
		if sn, err := keys.RootCertificateSN(text, keys.RSA2); (err == nil) != (len(sn) >= 32) {
			t.Fatalf("root serial number %q and %v", sn, err)
		}
	})
}

// TestFuzzSeedsExist, because a fuzz target whose committed seeds are gone still passes.
func TestFuzzSeedsExist(t *testing.T) {
	for _, target := range []string{"FuzzCertificate", "FuzzBundle"} {
		seeds, err := filepath.Glob(filepath.Join("testdata", "fuzz", target, "*"))
		if err != nil || len(seeds) < 4 {
			t.Errorf("%s has %d committed seeds (%v), want at least 4", target, len(seeds), err)
		}
	}
}
