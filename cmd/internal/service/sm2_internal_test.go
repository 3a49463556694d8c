package service

import (
	"encoding/base64"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"miniflow/alipay/keys"
	"miniflow/internal/config"
)

// pairOf makes a pair, both halves in bare base64, as the console shows keys.
func pairOf(t *testing.T, signType keys.SignType) (private, public string) {
	t.Helper()
	key, err := keys.Generate(signType, 2048)
	if err != nil {
		t.Fatal(err)
	}
	privateDER, err := keys.MarshalPrivateKey(key)
	publicDER, publicErr := keys.MarshalPublicKey(keys.PublicOf(key))
	if err := errors.Join(err, publicErr); err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(privateDER), base64.StdEncoding.EncodeToString(publicDER)
}

// TestTheKeysOfAnAppHaveOneAlgorithm reads configurations of apps whose signing method is SM2, and of
// some that mix it.
func TestTheKeysOfAnAppHaveOneAlgorithm(t *testing.T) {
	sm2, sm2Public := pairOf(t, keys.SM2)
	_, sm2Alipay := pairOf(t, keys.SM2)
	rsa, _ := pairOf(t, keys.RSA2)
	_, rsaAlipay := pairOf(t, keys.RSA2)
	for name, c := range map[string]struct {
		private string
		alipays []string
		types   []string
		field   string // of the only problem; empty is none
	}{
		"SM2":                       {sm2, []string{sm2Alipay}, nil, ""},
		"SM2, named":                {sm2, []string{sm2Alipay}, []string{"SM2"}, ""},
		"RSA2":                      {rsa, []string{rsaAlipay}, nil, ""},
		"RSA2 and SHA-1":            {rsa, []string{rsaAlipay}, []string{"RSA2", "RSA"}, ""},
		"SM2, and RSA2 is named":    {sm2, []string{sm2Alipay}, []string{"RSA2"}, "sign_types[0]"},
		"RSA2, and SM2 is named":    {rsa, []string{rsaAlipay}, []string{"SM2"}, "sign_types[0]"},
		"Alipay's key is RSA":       {sm2, []string{rsaAlipay}, nil, "alipay_public_keys[0].key"},
		"Alipay's key is SM2":       {rsa, []string{sm2Alipay}, nil, "alipay_public_keys[0].key"},
		"Alipay's next key is RSA":  {sm2, []string{sm2Alipay, rsaAlipay}, nil, "alipay_public_keys[1].key"},
		"our own key as Alipay's":   {sm2, []string{sm2Public}, nil, "alipay_public_keys[0].key"},
		"a private key as Alipay's": {sm2, []string{sm2}, nil, "alipay_public_keys[0].key"},
	} {
		t.Run(name, func(t *testing.T) {
			app := config.App{ID: "2021000000000001", Environment: config.Sandbox, PrivateKey: config.Secret(c.private), SignTypes: c.types}
			for _, key := range c.alipays {
				app.AlipayPublicKeys = append(app.AlipayPublicKeys, config.PublicKey{Key: key})
			}
			apps, _, err := readApps(&config.Config{Apps: []config.App{app}}, slog.New(slog.DiscardHandler), nil)
			if c.field == "" {
				if err != nil || apps[0].client == nil {
					t.Fatalf("refused: %v", err)
				}
				if own := keys.SignTypeOf(apps[0].verified.ApplicationKey); own != keys.SignTypeOf(apps[0].verified.AlipayKeys[0].Public) {
					t.Errorf("the app is one of %s", own)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.field) || strings.Contains(err.Error(), "\n") {
				t.Errorf("want one problem of %s, got %v", c.field, err)
			}
			if strings.Contains(name, "key is") && !errors.Is(err, keys.ErrMixedKeys) {
				t.Errorf("got %v", err)
			}
		})
	}
}
