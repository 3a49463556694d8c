package gateway

import (
	"encoding/base64"
	"testing"

	"pgregory.net/rapid"

	"miniflow/alipay/keys"
)

// TestEncryptAgainstThePublishedVector compares with the vector that the official libraries
// publish.
func TestEncryptAgainstThePublishedVector(t *testing.T) {
	key, err := base64.StdEncoding.DecodeString("aa4BtZ4tspm2wnXLb1ThQA==")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := encrypt(key, []byte("test1234567")); err != nil || got != "ILpoMowjIQjfYMR847rnFQ==" {
		t.Errorf("encrypted %q, %v", got, err)
	}
}

// TestWhatIsEncryptedOpens covers every length of key and content.
func TestWhatIsEncryptedOpens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.SampledFrom([]int{16, 24, 32}).Draw(t, "size")
		key := rapid.SliceOfN(rapid.Byte(), size, size).Draw(t, "key")
		plain := rapid.SliceOf(rapid.Byte()).Draw(t, "plain")
		text, err := encrypt(key, plain)
		if err != nil {
			t.Fatal(err)
		}
		if got, problem := keys.Decrypt(key, EncryptAES, text); problem != "" || string(got) != string(plain) {
			t.Fatalf("%q became %q (%s)", plain, got, problem)
		}
	})
}
