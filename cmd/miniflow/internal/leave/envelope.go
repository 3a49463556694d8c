package leave

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
)

// The object identifiers of RFC 5652 (CMS), RFC 3560 and RFC 4055 (RSAES-OAEP) and RFC 3565 (AES).
var (
	oidData          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	oidEnvelopedData = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 3}
	oidOAEP          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 7}
	oidMGF1          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 8}
	oidSHA256        = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
	oidAES256CBC     = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 42}
)

type contentInfo struct {
	Type    asn1.ObjectIdentifier
	Content envelopedData `asn1:"explicit,tag:0"`
}

// envelopedData has version 2, because its recipient is named by a key and no certificate.
type envelopedData struct {
	Version    int
	Recipients []recipient `asn1:"set"`
	Content    encryptedContent
}

type recipient struct {
	Version   int
	KeyID     []byte `asn1:"tag:0"`
	Algorithm pkix.AlgorithmIdentifier
	Key       []byte
}

type encryptedContent struct {
	Type      asn1.ObjectIdentifier
	Algorithm pkix.AlgorithmIdentifier
	Content   []byte `asn1:"tag:0"`
}

type oaepParameters struct {
	Hash pkix.AlgorithmIdentifier `asn1:"explicit,tag:0"`
	MGF  pkix.AlgorithmIdentifier `asn1:"explicit,tag:1"`
}

// envelope encrypts a text to the holder of a private key, as a CMS message in DER, which openssl
// and every other library of CMS opens: AES-256 in CBC mode under a key of this message alone, and
// that key by RSAES-OAEP with SHA-256. It says nothing of who wrote it.
func envelope(text []byte, to *rsa.PublicKey) ([]byte, error) {
	key, vector := make([]byte, 32), make([]byte, aes.BlockSize)
	_, _ = rand.Read(key) // it can't fail
	_, _ = rand.Read(vector)
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("encrypt: %w", err)
	}
	sealed, err := rsa.EncryptOAEP(sha256.New(), rand.Reader, to, key, nil)
	if err != nil {
		return nil, fmt.Errorf("encrypt to this key: %w", err)
	}
	padding := aes.BlockSize - len(text)%aes.BlockSize
	padded := append(append(make([]byte, 0, len(text)+padding), text...), make([]byte, padding)...)
	for i := len(text); i < len(padded); i++ {
		padded[i] = byte(padding)
	}
	cipher.NewCBCEncrypter(block, vector).CryptBlocks(padded, padded)
	id := sha256.Sum256(x509.MarshalPKCS1PublicKey(to))
	return message(recipient{KeyID: id[:20], Key: sealed}, vector, padded)
}

// message writes the structure down.
func message(to recipient, vector, content []byte) ([]byte, error) {
	hash := pkix.AlgorithmIdentifier{Algorithm: oidSHA256, Parameters: asn1.NullRawValue}
	hashed, err := asn1.Marshal(hash)
	if err != nil {
		return nil, fmt.Errorf("write the parameters: %w", err)
	}
	oaep, err := asn1.Marshal(oaepParameters{Hash: hash, MGF: pkix.AlgorithmIdentifier{Algorithm: oidMGF1, Parameters: asn1.RawValue{FullBytes: hashed}}})
	if err != nil {
		return nil, fmt.Errorf("write the parameters: %w", err)
	}
	to.Version, to.Algorithm = 2, pkix.AlgorithmIdentifier{Algorithm: oidOAEP, Parameters: asn1.RawValue{FullBytes: oaep}}
	return asn1.Marshal(contentInfo{Type: oidEnvelopedData, Content: envelopedData{
		Version: 2, Recipients: []recipient{to},
		Content: encryptedContent{
			Type: oidData, Content: content,
			Algorithm: pkix.AlgorithmIdentifier{Algorithm: oidAES256CBC, Parameters: asn1.RawValue{Tag: asn1.TagOctetString, Bytes: vector}},
		},
	}})
}
