package gateway

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"

	"miniflow/alipay/keys"
)

// EncryptAES is the one content encryption that the gateway documents (接口内容加密): AES-CBC, PKCS
// #7 padding, a zero IV, base64 around it.
const EncryptAES = "AES"

// bizContent returns biz_content as it travels with its encrypt_type; both empty for a call
// without one. The fields of a multipart call are separate parameters, which the official
// clients don't encrypt either: they are protected by TLS only.
func (c *Client) bizContent(r Request) (content, encryptType string, err error) {
	if r.multipart() || len(r.Content) == 0 || c.config.EncryptType == "" {
		return string(r.Content), "", nil
	}
	content, err = encrypt(c.config.AESKey, r.Content)
	return content, c.config.EncryptType, err
}

// encrypt is the inverse of decrypt for encrypt_type AES. The signature covers its result,
// never the text inside.
func encrypt(key, plain []byte) (string, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return "", keys.ErrAESKey
	}
	padding := aes.BlockSize - len(plain)%aes.BlockSize
	padded := append(bytes.Clone(plain), bytes.Repeat([]byte{byte(padding)}, padding)...)
	cipher.NewCBCEncrypter(block, make([]byte, aes.BlockSize)).CryptBlocks(padded, padded) //nolint:gosec // Alipay's IV is zeros
	return base64.StdEncoding.EncodeToString(padded), nil
}
