package keys_test

import (
	"errors"
	"strings"
	"testing"

	"miniflow/alipay/internal/alipaytest"
	"miniflow/alipay/keys"
)

func TestInspectKey(t *testing.T) {
	o := alipaytest.NewOpenSSL(t)
	pkcs8 := o.PrivateKey("key.pem", "2048")
	short := o.PrivateKey("short.pem", "1024")
	bare := func(text string) string {
		lines := strings.Split(strings.TrimSpace(text), "\n")
		return strings.Join(lines[1:len(lines)-1], "")
	}
	spki := o.Run("", "pkey", "-in", "key.pem", "-pubout")
	certificate := o.Run("", "req", "-x509", "-key", "key.pem", "-days", "30", "-subj", "/C=CN/CN=Alipay")
	second := o.Run("", "req", "-x509", "-key", "short.pem", "-days", "30", "-subj", "/C=CN/CN=Root 2")
	sm2Key := o.PrivateKeySM2("sm2.pem")
	sm2 := o.Run("", "req", "-x509", "-key", "sm2.pem", "-subj", "/C=CN/CN=Root 1", "-days", "30", "-sm3", "-sigopt", "distid:1234567812345678")
	for _, c := range []struct {
		name, text   string
		kind         keys.Problem
		encoding     keys.Encoding
		bits         int
		armour       keys.Armour
		certificates int
		roots        int
	}{
		{"PKCS #8", pkcs8, keys.ProblemPrivateKey, keys.EncodingPKCS8, 2048, keys.ArmourPEM, 0, 0},
		{"PKCS #8, bare", bare(pkcs8), keys.ProblemPrivateKey, keys.EncodingPKCS8, 2048, keys.ArmourBase64, 0, 0},
		{"PKCS #1", o.Run("", "rsa", "-in", "key.pem", "-traditional"), keys.ProblemPrivateKey, keys.EncodingPKCS1, 2048, keys.ArmourPEM, 0, 0},
		{"a short key", short, keys.ProblemPrivateKey, keys.EncodingPKCS8, 1024, keys.ArmourPEM, 0, 0},
		{"SPKI", spki, keys.ProblemPublicKey, keys.EncodingSPKI, 2048, keys.ArmourPEM, 0, 0},
		{"SPKI, bare", bare(spki), keys.ProblemPublicKey, keys.EncodingSPKI, 2048, keys.ArmourBase64, 0, 0},
		{"public PKCS #1", o.Run("", "rsa", "-in", "key.pem", "-RSAPublicKey_out"), keys.ProblemPublicKey, keys.EncodingPKCS1, 2048, keys.ArmourPEM, 0, 0},
		{"a certificate", certificate, keys.ProblemCertificate, keys.EncodingX509, 2048, keys.ArmourPEM, 1, 0},
		{"a bare certificate", bare(certificate), keys.ProblemCertificate, keys.EncodingX509, 2048, keys.ArmourBase64, 1, 0},
		{"a root bundle that begins with SM2", sm2 + certificate + second, keys.ProblemCertificate, keys.EncodingX509, 256, keys.ArmourPEM, 3, 2},
		{"SM2", sm2Key, keys.ProblemPrivateKey, keys.EncodingPKCS8, 256, keys.ArmourPEM, 0, 0},
		{"SM2, bare", bare(sm2Key), keys.ProblemPrivateKey, keys.EncodingPKCS8, 256, keys.ArmourBase64, 0, 0},
		{"SM2, SEC 1", o.Run("", "ec", "-in", "sm2.pem"), keys.ProblemPrivateKey, keys.EncodingSEC1, 256, keys.ArmourPEM, 0, 0},
		{"SM2, public", o.Run("", "pkey", "-in", "sm2.pem", "-pubout"), keys.ProblemPublicKey, keys.EncodingSPKI, 256, keys.ArmourPEM, 0, 0},
		{"a certificate of SM2", sm2, keys.ProblemCertificate, keys.EncodingX509, 256, keys.ArmourPEM, 1, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			info, err := keys.Inspect(c.text)
			if err != nil {
				t.Fatal(err)
			}
			if info.Kind != c.kind || info.Encoding != c.encoding || keys.Bits(info.Public) != c.bits || info.Armour != c.armour {
				t.Errorf("%s %s %d bits, %s", info.Kind, info.Encoding, keys.Bits(info.Public), info.Armour)
			}
			if len(info.Certificates) != c.certificates || strings.Count(info.RootSN, "_") != max(0, c.roots-1) || (info.RootSN == "") != (c.roots == 0) {
				t.Errorf("certificates %v, root SN %q", info.Certificates, info.RootSN)
			}
			if info.Simulator {
				t.Error("taken for a simulator's key")
			}
		})
	}
	if marked, err := keys.Inspect(keys.SimulatorKeyMark + "\n" + pkcs8); err != nil || !marked.Simulator {
		t.Errorf("a simulator's key isn't seen: %v %v", marked, err)
	}
	for text, want := range map[string]keys.Problem{
		"": keys.ProblemEmpty, "?": keys.ProblemNotBase64,
		o.Run("", "genpkey", "-quiet", "-algorithm", "ed25519"): keys.ProblemEC,
	} {
		var problem *keys.KeyError
		if _, err := keys.Inspect(text); !errors.As(err, &problem) || problem.Problem != want {
			t.Errorf("%.20q: %v, want %s", text, err, want)
		}
	}
}
