package wire

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// Charset names the bytes that parameter values are made of. Signatures cover
// those bytes, so text is converted after verifying and before signing.
type Charset string

// The charsets the platform speaks. GBK has no four-byte characters: what only GB18030
// can write is an error there.
const (
	CharsetUTF8    Charset = "UTF-8"
	CharsetGBK     Charset = "GBK"
	CharsetGB18030 Charset = "GB18030"
)

// encoding returns the converter, nil for UTF-8. The name is taken in any case,
// as the gateway does.
func (c Charset) encoding() (encoding.Encoding, error) {
	switch strings.ToUpper(string(c)) {
	case "UTF-8", "UTF8":
		return nil, nil
	case "GBK", "GB2312", "GB18030":
		return simplifiedchinese.GB18030, nil
	}
	return nil, fmt.Errorf("charset %q is not known; use %s, %s or %s", string(c), CharsetUTF8, CharsetGBK, CharsetGB18030)
}

// Check refuses a charset that is not known, before anything has to be read in it.
func (c Charset) Check() error {
	_, err := c.encoding()
	return err
}

// Decode turns the bytes of a value into text. Bytes that the charset does not have are
// an error: replaced by a mark, nobody would see that they were there.
func (c Charset) Decode(raw string) (string, error) {
	enc, err := c.encoding()
	if err != nil {
		return "", err
	}
	if enc == nil {
		if !utf8.ValidString(raw) {
			return "", fmt.Errorf("a value is not %s", c)
		}
		return raw, nil
	}
	text, err := enc.NewDecoder().String(raw)
	if err != nil || strings.ContainsRune(text, utf8.RuneError) {
		return "", fmt.Errorf("a value is not %s", c)
	}
	return text, nil
}

// Encode turns text into the bytes of a value. GBK has no four-byte characters:
// what only GB18030 can write is an error there.
func (c Charset) Encode(text string) (string, error) {
	enc, err := c.encoding()
	if err != nil || enc == nil {
		return text, err
	}
	raw, err := enc.NewEncoder().String(text)
	if err != nil {
		return "", fmt.Errorf("encode a value as %s: %w", c, err)
	}
	if !strings.EqualFold(string(c), string(CharsetGB18030)) && hasFourBytes(raw) {
		return "", fmt.Errorf("a value has characters that %s lacks; use %s", c, CharsetGB18030)
	}
	return raw, nil
}

// Write is an answer's text in the charset, and the name that its Content-Type
// gives it. What the charset can't write, or one that is itself being refused, is
// answered in UTF-8.
func (c Charset) Write(text string) (raw, name string) {
	raw, err := c.Encode(text)
	enc, unknown := c.encoding()
	switch {
	case err != nil, unknown != nil, enc == nil:
		return text, "utf-8"
	case strings.EqualFold(string(c), string(CharsetGB18030)):
		return raw, string(CharsetGB18030)
	}
	return raw, string(CharsetGBK)
}

// hasFourBytes finds a four-byte character of GB18030, whose second byte is a
// digit; that of a two-byte character never is.
func hasFourBytes(raw string) bool {
	for i := 0; i < len(raw); i++ {
		if raw[i] < 0x81 {
			continue
		}
		if i++; i < len(raw) && raw[i] >= '0' && raw[i] <= '9' {
			return true
		}
	}
	return false
}
