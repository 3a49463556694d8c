package wire

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"errors"
	"fmt"
)

// EncryptType is the only content encryption spoken: AES-CBC, PKCS#7 padding and
// an initial vector of zeros. It hides and proves nothing, so a signature is
// always checked first.
const EncryptType = "AES"

// errCipher is a text that does not open; more is not said, for a wrong key and a
// broken text look alike.
var errCipher = errors.New("the content does not open with the app's AES key")

// Encrypt returns base64 of the encrypted bytes. The vector is always the same, so one
// text has one ciphertext and a retry is equal to the letter.
func Encrypt(key []byte, plain string) (string, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return "", fmt.Errorf("use the app's AES key: %w", err)
	}
	padding := aes.BlockSize - len(plain)%aes.BlockSize
	padded := append([]byte(plain), make([]byte, padding)...)
	for i := len(plain); i < len(padded); i++ {
		padded[i] = byte(padding)
	}
	iv := make([]byte, aes.BlockSize)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(padded, padded) //nolint:gosec // the platform's vector is zeros
	return base64.StdEncoding.EncodeToString(padded), nil
}

// Decrypt is the inverse of Encrypt. It checks the whole padding, which shows a wrong
// key most of the time.
func Decrypt(key []byte, text string) (string, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return "", fmt.Errorf("use the app's AES key: %w", err)
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) == 0 || len(raw)%aes.BlockSize != 0 {
		return "", errCipher
	}
	cipher.NewCBCDecrypter(block, make([]byte, aes.BlockSize)).CryptBlocks(raw, raw)
	padding := int(raw[len(raw)-1])
	if padding == 0 || padding > aes.BlockSize {
		return "", errCipher
	}
	for _, b := range raw[len(raw)-padding:] {
		if int(b) != padding {
			return "", errCipher
		}
	}
	return string(raw[:len(raw)-padding]), nil
}
