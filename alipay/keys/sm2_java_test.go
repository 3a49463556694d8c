package keys_test

import (
	"encoding/base64"
	"os"
	"os/exec"
	"testing"

	"miniflow/alipay/internal/alipaytest"
	"miniflow/alipay/keys"
)

// bouncyCastle is where Debian's libbcprov-java puts it.
const bouncyCastle = "/usr/share/java/bcprov.jar"

// TestBouncyCastleAndWeAgreeAboutSM2 has the library of Alipay's Java SDK sign and verify.
func TestBouncyCastleAndWeAgreeAboutSM2(t *testing.T) {
	if _, err := os.Stat(bouncyCastle); err != nil {
		t.Skip("needs the packages libbcprov-java and openjdk-17-jdk-headless")
	}
	java := func(arguments ...string) string {
		t.Helper()
		command := exec.CommandContext(t.Context(), "java", append([]string{"-cp", bouncyCastle, "testdata/SM2.java"}, arguments...)...) //nolint:gosec // arguments of this test
		out, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("java: %v\n%s", err, out)
		}
		return string(out)
	}
	o := alipaytest.NewOpenSSL(t)
	private, public := pairSM2(t, o)
	const text = "app_id=1&biz_content={\"a\":\"中 + %\"}"
	if err := keys.Verify(public, keys.SM2, []byte(text), java(alipaytest.Bare(t, o.Read("sm2.pem")), text)); err != nil {
		t.Errorf("by BouncyCastle: %v", err)
	}
	ours, err := keys.Sign(private, keys.SM2, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	der, err := keys.MarshalPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	spki := base64.StdEncoding.EncodeToString(der)
	if got := java(spki, text, ours); got != "true" {
		t.Errorf("BouncyCastle says %s of what we sign", got)
	}
	if got := java(spki, text+" ", ours); got != "false" {
		t.Errorf("BouncyCastle says %s of another text", got)
	}
	// Our PKCS #8 too: the console's tool and the SDK exchange keys in it.
	if der, err = keys.MarshalPrivateKey(private); err != nil {
		t.Fatal(err)
	}
	if err := keys.Verify(public, keys.SM2, []byte(text), java(base64.StdEncoding.EncodeToString(der), text)); err != nil {
		t.Errorf("BouncyCastle with our PKCS #8: %v", err)
	}
}
