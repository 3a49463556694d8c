package keys

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"errors"
	"strings"

	"miniflow/alipay"
)

// ParseAESKey reads the content encryption key as the console shows it: base64 of 16, 24 or
// 32 bytes. The error is [ErrAESKey], which never repeats the key.
func ParseAESKey(text string) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(key) != 16 && len(key) != 24 && len(key) != 32 {
		return nil, ErrAESKey
	}
	return key, nil
}

// Decrypt decrypts a content whose encrypt_type is set: base64 of AES-CBC with PKCS #7
// padding. AES has an IV of 16 zero bytes; AES_V2 carries a random one in front. Alipay adds
// no MAC, so only what a signature covers may be passed in, and no caller reveals to a sender
// whether it worked, which would be a padding oracle.
func Decrypt(key []byte, encryptType, content string) ([]byte, alipay.ContentProblem) {
	if len(key) == 0 {
		return nil, alipay.ContentNoKey
	}
	data, err := base64.StdEncoding.DecodeString(content)
	if err != nil {
		return nil, alipay.ContentEncryption
	}
	var zeros [aes.BlockSize]byte
	iv := zeros[:]
	switch encryptType {
	case "AES":
	case "AES_V2":
		if len(data) < aes.BlockSize {
			return nil, alipay.ContentEncryption
		}
		iv, data = data[:aes.BlockSize], data[aes.BlockSize:]
	default:
		return nil, alipay.ContentEncryptType
	}
	block, err := aes.NewCipher(key)
	if err != nil || len(data) == 0 || len(data)%aes.BlockSize != 0 {
		return nil, alipay.ContentEncryption
	}
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(data, data)
	return unpad(data)
}

// unpad removes PKCS #7 padding. A wrong key is found here 255 times in 256; the rest fails
// as JSON.
func unpad(plain []byte) ([]byte, alipay.ContentProblem) {
	size := int(plain[len(plain)-1])
	if size == 0 || size > aes.BlockSize || size > len(plain) {
		return nil, alipay.ContentEncryption
	}
	text, padding := plain[:len(plain)-size], plain[len(plain)-size:]
	if bytes.Count(padding, padding[:1]) != size {
		return nil, alipay.ContentEncryption
	}
	return text, ""
}

// ErrAESKey means that a text or a key is not an AES key. It is one error for all causes,
// because the remedy is the same.
var ErrAESKey = errors.New("the AES key must have 16, 24 or 32 bytes: copy it from the app's settings in the console")
