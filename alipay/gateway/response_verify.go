package gateway

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"

	"miniflow/alipay/internal/wire"
	"miniflow/alipay/keys"
)

// UnknownCertificateError means that an answer is signed under an Alipay certificate that
// [Config].AlipayKey does not know, mostly because Alipay has renewed its own.
// Client.DownloadAlipayCertificate fetches it by SN.
type UnknownCertificateError struct{ SN string }

// Error names the missing certificate, so that an operator can download it.
func (e *UnknownCertificateError) Error() string {
	return fmt.Sprintf("%v: download certificate %s and check its chain", ErrUnknownCert, e.SN)
}

// Is makes errors.Is(err, ErrUnknownCert) true, so that callers need not know this type.
func (e *UnknownCertificateError) Is(target error) bool { return target == ErrUnknownCert }

var certificateSN = regexp.MustCompile(`^[0-9a-fA-F]{1,64}$`)

// open verifies the response text and returns its content, from the very bytes that were
// verified. signed is false where there was no signature, which only a failure may lack.
func (c *Client) open(r Request, outer envelope) (content []byte, signed bool, err error) {
	content = outer.content
	if outer.sign != "" {
		content, err = c.verified(outer)
		if r.proofless && isUnknownCertificate(err) {
			content, err = outer.content, nil
		}
		if err != nil {
			return nil, false, err
		}
		signed = true
	}
	if content[0] != '"' {
		return content, signed, nil
	}
	if !signed {
		// Anybody could have written what is encrypted but not signed.
		return nil, false, ErrUnsigned
	}
	content, err = decryptAnswer(c.config.AESKey, content)
	return content, signed, err
}

func isUnknownCertificate(err error) bool {
	_, unknown := err.(*UnknownCertificateError) //nolint:errorlint // verified returns it bare
	return unknown
}

// verified returns the text that the signature holds for. Some of Alipay's systems sign
// before they escape slashes, so when the original text does not verify, the one with \/ read
// as / is tried; the text that verifies is what Alipay signed.
func (c *Client) verified(outer envelope) ([]byte, error) {
	known := c.config.AlipayKey(outer.certSN)
	if len(known) == 0 && outer.certSN != "" {
		if !certificateSN.MatchString(outer.certSN) {
			return nil, fmt.Errorf("%w: alipay_cert_sn is not a serial number", ErrUnreadable)
		}
		return nil, &UnknownCertificateError{SN: outer.certSN}
	}
	texts := [][]byte{outer.content}
	if unescaped := bytes.ReplaceAll(outer.content, []byte(`\/`), []byte(`/`)); !bytes.Equal(unescaped, outer.content) {
		texts = append(texts, unescaped)
	}
	if text := wire.AsText(outer.content); !bytes.Equal(text, outer.content) {
		texts = append(texts, text) // Alipay signed before it changed the charset
	}
	for _, text := range texts {
		for _, key := range known {
			if keys.Verify(key, c.config.signType(), text, outer.sign) == nil {
				return text, nil
			}
		}
	}
	return nil, fmt.Errorf("%w: check that Alipay's public key of this app is configured, not the application's own", ErrBadSignature)
}

// decryptAnswer decrypts a response, a quoted base64 text. It has been verified before, so a
// failure here is due to the key.
func decryptAnswer(key, quoted []byte) ([]byte, error) {
	var text string
	if json.Unmarshal(quoted, &text) != nil {
		return nil, errUndecryptable
	}
	plain, problem := keys.Decrypt(key, "AES", text)
	if problem != "" {
		return nil, errUndecryptable
	}
	return plain, nil
}
