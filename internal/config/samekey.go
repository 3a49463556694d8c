package config

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"strings"
)

// sameKey tells whether a text meant as Alipay's public key is the application's
// own: the private key itself, or its public half. This is the commonest mistake
// with Alipay's two key pairs, and it shows only when the first message is refused.
// A key that can't be read is not judged; package alipay says what is wrong with it.
func sameKey(private, public string) bool {
	privateDER, publicDER := keyBytes(private), keyBytes(public)
	if len(privateDER) == 0 || len(publicDER) == 0 {
		return false
	}
	if bytes.Equal(privateDER, publicDER) {
		return true
	}
	own := publicHalf(privateDER)
	if own == nil {
		return false
	}
	spki, err := x509.MarshalPKIXPublicKey(own)
	return err == nil && (bytes.Equal(spki, publicDER) || bytes.Equal(x509.MarshalPKCS1PublicKey(own), publicDER))
}

// keyBytes takes the armour off: PEM, or bare base64 in lines.
func keyBytes(text string) []byte {
	if block, _ := pem.Decode([]byte(text)); block != nil {
		return block.Bytes
	}
	der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		return nil
	}
	return der
}

func publicHalf(der []byte) *rsa.PublicKey {
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return &key.PublicKey
	}
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if key, ok := parsed.(*rsa.PrivateKey); err == nil && ok {
		return &key.PublicKey
	}
	return nil
}
