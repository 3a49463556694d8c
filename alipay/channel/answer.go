package channel

import (
	"errors"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"miniflow/alipay/keys"
)

var safeCode = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// isToken reports whether a text can be a link_token. Alipay publishes no alphabet, so any
// printable text is accepted: percent-encoding keeps it inside its parameter of the address.
// A character that no text contains, such as a line break, means a broken answer.
func isToken(text string) bool {
	return text != "" && len(text) <= maxLinkToken &&
		strings.IndexFunc(text, func(r rune) bool { return r == utf8.RuneError || !unicode.IsPrint(r) }) < 0
}

func malformed(err error) *Error { return &Error{Step: StepRegister, Cause: CauseMalformed, err: err} }

func forged(err error) *Error { return &Error{Step: StepRegister, Cause: CauseForged, err: err} }

// readAnswer returns the link_token of a register answer:
//
//	{"response":{"code":"10000","msg":"Success","link_token":"…"},"sign":"…","alipay_cert_sn":"…"}
//
// The signature covers the original text of response. Only a failure may lack one, because it
// grants nothing.
func (c *Client) readAnswer(body []byte) (string, error) {
	outer, err := members(body, c.config.Charset)
	if err != nil {
		return "", malformed(err)
	}
	response, present := outer["response"]
	if !present {
		return "", malformed(errors.New("no member response"))
	}
	inner, err := members(response, c.config.Charset)
	if err != nil {
		return "", malformed(err)
	}
	code, err := c.text(inner, "code")
	if err != nil {
		return "", malformed(err)
	}
	if code != codeSuccess && code != codeSuccessInternal {
		return "", &Error{Step: StepRegister, Cause: CauseRefused, Code: c.failureCode(inner)}
	}
	if err := c.verifyAnswer(outer, response); err != nil {
		return "", err
	}
	token, err := c.text(inner, paramLinkToken)
	if err != nil || !isToken(token) {
		return "", malformed(errors.New("link_token is missing, too long or no printable text"))
	}
	return token, nil
}

// verifyAnswer checks the signature of a success with the configured keys: an unknown
// certificate is never fetched, since a forger could name any. A missing signature counts as
// one that fits no key.
func (c *Client) verifyAnswer(outer map[string][]byte, response []byte) error {
	sign, signErr := c.text(outer, paramSign)
	certSN, certErr := c.text(outer, "alipay_cert_sn")
	if err := errors.Join(signErr, certErr); err != nil {
		return malformed(err)
	}
	if certSN != "" && !serialNumber.MatchString(certSN) {
		return malformed(errors.New("alipay_cert_sn is no serial number"))
	}
	known := c.config.AlipayKey(certSN)
	if len(known) == 0 {
		return forged(errors.New("signed under a certificate that is not configured"))
	}
	err := errNoKeyFits
	for _, key := range known {
		if err = keys.Verify(key, c.config.signType(), response, sign); err == nil {
			return nil
		}
	}
	return forged(err)
}

var errNoKeyFits = errors.New("no key fits")

// text reads a member that has to be a string where it is present; missing and null read as
// empty, because both mean that there is no value.
func (c *Client) text(object map[string][]byte, name string) (string, error) {
	return textOf(object, name, c.config.Charset)
}

func textOf(object map[string][]byte, name string, in Charset) (string, error) {
	raw, present := object[name]
	if !present || string(raw) == "null" {
		return "", nil
	}
	text, ok := unquote(raw, in)
	if !ok {
		return "", errors.New(name + " is not a string")
	}
	return text, nil
}

func (c *Client) failureCode(response map[string][]byte) string {
	var known string
	for _, name := range []string{"code", "sub_code"} {
		code, err := c.text(response, name)
		if err != nil || !safeCode.MatchString(code) {
			continue
		}
		if known != "" {
			known += " "
		}
		known += code
	}
	return known
}
