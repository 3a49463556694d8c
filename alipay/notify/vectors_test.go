package notify_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"path/filepath"
	"testing"

	"miniflow/alipay"
	"miniflow/alipay/internal/alipaytest"
	"miniflow/alipay/keys"
	"miniflow/alipay/notify"
)

// The vectors were signed and published by others: messages that Alipay sent, and the test
// data of its own SDKs. They are the only proof that this package reads what the real Alipay
// writes.

func TestEveryVectorFileIsRead(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "testdata", "vectors", "*.json"))
	if err != nil || len(files) != 4 {
		t.Fatalf("found %d vector files (%v), the tests below read 4", len(files), err)
	}
}

// signedVector is a message with the key that signed it.
type signedVector struct {
	Name        string
	PublicKey   string `json:"public_key_b64_spki"`
	Certificate string `json:"certificate_pem"`
	Params      map[string]string
	Valid       bool   `json:"expect_valid"`
	Rule        string `json:"which_rule"`
	AESKey      string `json:"aes_key_b64"`
	Plain       string `json:"decrypted_biz_content"`
}

// rules translates the vectors' words.
var rules = map[string]notify.Rule{
	"include sign_type (V2)": {SignType: true},
	"exclude sign_type (V1)": {},
}

// app returns the receiver that the vector was meant for.
func (c signedVector) app(t *testing.T) notify.App {
	t.Helper()
	app := notify.App{ID: c.Params["app_id"], AllowSHA1: c.Params["sign_type"] == "RSA"}
	if c.AESKey != "" {
		key, err := keys.ParseAESKey(c.AESKey)
		if err != nil {
			t.Fatal(err)
		}
		app.AESKey = key
	}
	key := keys.AlipayKey{}
	var err error
	if c.PublicKey != "" {
		key.Public, err = keys.ParsePublicKey(c.PublicKey)
	} else {
		key, err = keys.ParseAlipayCertificate(c.Certificate)
	}
	if err != nil {
		t.Fatal(err)
	}
	app.AlipayKeys = []keys.AlipayKey{key}
	return app
}

// check verifies a vector and its tampered forms.
func (c signedVector) check(t *testing.T) *notify.Notification {
	t.Helper()
	rule, known := rules[c.Rule]
	if !c.Valid || !known {
		t.Fatalf("the vector says valid=%t under %q; this test knows only valid ones", c.Valid, c.Rule)
	}
	v := mustVerifier(t, c.app(t))
	n := mustRead(t, v, formBody(c.Params))
	if n.Rule != rule {
		t.Errorf("matched %s, want %s", n.Rule, rule)
	}
	for name, value := range c.Params {
		if name == "sign" || name == "app_id" || name == "sign_type" {
			continue
		}
		tampered := push{params: c.Params}.with(name, value+"1")
		mustRefuse(t, v, formBody(tampered.params), notify.ReasonBadSignature)
	}
	return n
}

func TestGenuineMessages(t *testing.T) {
	want := []string{
		`{"app_auth_token":"201801BB_Tc344ef084543a5a0a68060bc435X30","auth_app_id":"2016071000048511","user_id":"2088202831559302","app_id":"2017072700094770"}`,
		`{"app_auth_token":"201801BB_Ted0d6978234247a47502f7bf304X30","auth_app_id":"2016071000048511","user_id":"2088202831559302","app_id":"2017072700094770"}`,
	}
	for i, c := range alipaytest.ReadVectors[signedVector](t, "ant-open-sdk-from-message.json", 2) {
		t.Run(c.Name, func(t *testing.T) {
			n := c.check(t)
			if string(n.Content) != want[i] || c.Plain != "" && string(n.Content) != c.Plain {
				t.Errorf("content %s, want %s", n.Content, want[i])
			}
			message, err := n.Message()
			if err != nil {
				t.Fatal(err)
			}
			cancelled, ok := message.(*notify.AppAuthCancelled)
			if !ok || cancelled.AuthAppID != "2016071000048511" || len(cancelled.AppAuthToken.Reveal()) != 40 {
				t.Errorf("read as %T", message)
			}
			if n.NotifyID != c.Params["notify_id"] || n.SentAt.Year() != 2018 || n.Layout != notify.LayoutStandard {
				t.Errorf("envelope: %v sent %v, %s", n, n.SentAt, n.Layout)
			}
		})
	}
}

func TestSDKMessages(t *testing.T) {
	for _, c := range alipaytest.ReadVectors[signedVector](t, "java-sdk-RSACheckTest.json", 3) {
		t.Run(c.Name, func(t *testing.T) {
			n := c.check(t)
			if extra := n.Params.Get("extra"); extra != c.Params["extra"] {
				t.Errorf("extra %q, want %q", extra, c.Params["extra"])
			}
			if !n.DerivedID || n.NotifyID == "" {
				t.Errorf("a message without notify_id has id %q", n.NotifyID)
			}
			if c.Params["sign_type"] == "RSA" {
				strict := c.app(t)
				strict.AllowSHA1 = false
				mustRefuse(t, mustVerifier(t, strict), formBody(c.Params), notify.ReasonSignTypeNotAllowed)
			}
		})
	}
}

func TestCertificateVectors(t *testing.T) {
	for _, c := range alipaytest.ReadVectors[struct {
		Name, PEM string
		Root      bool
		SN        string `json:"expect_sn"`
		PublicKey string `json:"expect_public_key_b64_spki"`
	}](t, "cert-sn.json", 4) {
		t.Run(c.Name, func(t *testing.T) {
			if c.Root {
				sn, err := keys.RootCertificateSN(c.PEM, keys.RSA2)
				if err != nil || sn != c.SN {
					t.Errorf("root serial numbers %s (%v), want %s", sn, err, c.SN)
				}
				return
			}
			key, err := keys.ParseAlipayCertificate(c.PEM)
			if err != nil || key.CertSN != c.SN || key.NotAfter.Year() < 2022 {
				t.Fatalf("serial number %s until %v (%v), want %s", key.CertSN, key.NotAfter, err, c.SN)
			}
			if c.PublicKey == "" {
				return
			}
			public, err := keys.ParsePublicKey(c.PublicKey)
			if err != nil || !keys.SamePublicKey(public, key.Public) {
				t.Errorf("the certificate's key is another one (%v)", err)
			}
		})
	}
}

// TestAESVectors sends the published ciphertext inside a whole message, since only a verified
// one is ever decrypted. Its plain text isn't JSON; padded into JSON with the same key it has
// to be read.
func TestAESVectors(t *testing.T) {
	for _, c := range alipaytest.ReadVectors[struct {
		Key    string `json:"aes_key_b64"`
		Plain  string `json:"plaintext"`
		Cipher string `json:"ciphertext_b64"`
	}](t, "aes.json", 1) {
		key, err := keys.ParseAESKey(c.Key)
		if err != nil {
			t.Fatal(err)
		}
		if got := encryptAES(t, key, []byte(c.Plain)); got != c.Cipher {
			t.Fatalf("this test's own encryption gives %s, want %s", got, c.Cipher)
		}
		app := thirdParty()
		app.AESKey = key
		v := mustVerifier(t, app)
		n := mustRead(t, v, newPush("encrypt_type", "AES", "biz_content", c.Cipher).body())
		wantContentError(t, n, alipay.ContentJSON) // decrypted, and found to be plain words
		content := `{"words":"` + c.Plain + `"}`
		encrypted := encryptAES(t, key, []byte(content))
		n = mustRead(t, v, newPush("encrypt_type", "AES", "biz_content", encrypted).body())
		if string(n.Content) != content {
			t.Errorf("content %s (%v), want %s", n.Content, n.ContentError, content)
		}
	}
}

// encryptAES encrypts like encrypt_type=AES, with an IV of zeros.
func encryptAES(t testing.TB, key, plain []byte) string {
	t.Helper()
	return base64.StdEncoding.EncodeToString(encryptAESWithIV(t, key, make([]byte, aes.BlockSize), plain)) //nolint:gosec // the IV of encrypt_type=AES
}

// encryptAESWithIV returns the ciphertext without the IV.
func encryptAESWithIV(t testing.TB, key, iv, plain []byte) []byte {
	t.Helper()
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	size := aes.BlockSize - len(plain)%aes.BlockSize
	padded := append(bytes.Clone(plain), bytes.Repeat([]byte{byte(size)}, size)...)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(padded, padded)
	return padded
}
