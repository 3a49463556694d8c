package alipay_test

import (
	"errors"
	"strings"
	"testing"

	"miniflow/alipay"
	"miniflow/alipay/internal/alipaytest"
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
	sm2 := o.Run("", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:SM2", "-nodes", "-keyout", "sm2.pem", "-subj", "/C=CN/CN=Root 1", "-days", "30")
	for _, c := range []struct {
		name, text   string
		kind         alipay.KeyProblem
		encoding     alipay.KeyEncoding
		bits         int
		armour       alipay.KeyArmour
		certificates int
		roots        int
	}{
		{"PKCS #8", pkcs8, alipay.ProblemPrivateKey, alipay.EncodingPKCS8, 2048, alipay.ArmourPEM, 0, 0},
		{"PKCS #8, bare", bare(pkcs8), alipay.ProblemPrivateKey, alipay.EncodingPKCS8, 2048, alipay.ArmourBase64, 0, 0},
		{"PKCS #1", o.Run("", "rsa", "-in", "key.pem", "-traditional"), alipay.ProblemPrivateKey, alipay.EncodingPKCS1, 2048, alipay.ArmourPEM, 0, 0},
		{"a short key", short, alipay.ProblemPrivateKey, alipay.EncodingPKCS8, 1024, alipay.ArmourPEM, 0, 0},
		{"SPKI", spki, alipay.ProblemPublicKey, alipay.EncodingSPKI, 2048, alipay.ArmourPEM, 0, 0},
		{"SPKI, bare", bare(spki), alipay.ProblemPublicKey, alipay.EncodingSPKI, 2048, alipay.ArmourBase64, 0, 0},
		{"public PKCS #1", o.Run("", "rsa", "-in", "key.pem", "-RSAPublicKey_out"), alipay.ProblemPublicKey, alipay.EncodingPKCS1, 2048, alipay.ArmourPEM, 0, 0},
		{"a certificate", certificate, alipay.ProblemCertificate, alipay.EncodingX509, 2048, alipay.ArmourPEM, 1, 0},
		{"a bare certificate", bare(certificate), alipay.ProblemCertificate, alipay.EncodingX509, 2048, alipay.ArmourBase64, 1, 0},
		{"a root bundle that begins with SM2", sm2 + certificate + second, alipay.ProblemCertificate, alipay.EncodingX509, 2048, alipay.ArmourPEM, 2, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			info, err := alipay.InspectKey(c.text)
			if err != nil {
				t.Fatal(err)
			}
			if info.Kind != c.kind || info.Encoding != c.encoding || info.Public.N.BitLen() != c.bits || info.Armour != c.armour {
				t.Errorf("%s %s %d bits, %s", info.Kind, info.Encoding, info.Public.N.BitLen(), info.Armour)
			}
			if len(info.Certificates) != c.certificates || strings.Count(info.RootSN, "_") != max(0, c.roots-1) || (info.RootSN == "") != (c.roots == 0) {
				t.Errorf("certificates %v, root SN %q", info.Certificates, info.RootSN)
			}
			if info.Simulator {
				t.Error("taken for a simulator's key")
			}
		})
	}
	if marked, err := alipay.InspectKey(alipay.SimulatorKeyMark + "\n" + pkcs8); err != nil || !marked.Simulator {
		t.Errorf("a simulator's key isn't seen: %v %v", marked, err)
	}
	for text, want := range map[string]alipay.KeyProblem{
		"": alipay.ProblemEmpty, "?": alipay.ProblemNotBase64, sm2: alipay.ProblemEC,
		o.Run("", "genpkey", "-quiet", "-algorithm", "ed25519"): alipay.ProblemEC,
	} {
		var problem *alipay.KeyError
		if _, err := alipay.InspectKey(text); !errors.As(err, &problem) || problem.Problem != want {
			t.Errorf("%.20q: %v, want %s", text, err, want)
		}
	}
}
