package logs

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
)

func isUTF8(text []byte) bool { return utf8.Valid(text) }

// inItsCharset returns the parameters in the charset that was signed. A log is mostly UTF-8,
// whatever the message came in; a line that is not has the message's own bytes.
func (p *parser) inItsCharset() []field {
	if p.twoByte {
		return p.fields
	}
	var charset encoding.Encoding
	switch strings.ToUpper(strings.TrimSpace(p.value("charset"))) {
	case "GBK", "GB2312", "CP936":
		charset = simplifiedchinese.GBK
	case "GB18030":
		charset = simplifiedchinese.GB18030
	default:
		return p.fields
	}
	for i, f := range p.fields {
		if isASCII(f.value) {
			continue
		}
		encoded, err := charset.NewEncoder().Bytes(f.value)
		if err != nil { // what is labelled GBK may be GB18030
			encoded, err = simplifiedchinese.GB18030.NewEncoder().Bytes(f.value)
		}
		if err == nil {
			p.fields[i].value = encoded
		}
	}
	return p.fields
}

func isASCII(text []byte) bool {
	return bytes.IndexFunc(text, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}

const upperHex = "0123456789ABCDEF"

// appendForm writes parameters as a form.
func appendForm(to []byte, fields []field) []byte {
	for i, f := range fields {
		if i > 0 {
			to = append(to, '&')
		}
		to = append(appendEscaped(to, f.name), '=')
		to = appendEscaped(to, f.value)
	}
	return to
}

func appendEscaped(to, text []byte) []byte {
	plain := 0
	for i, c := range text {
		if !separates[c] {
			continue
		}
		to = append(append(to, text[plain:i]...), '%', upperHex[c>>4], upperHex[c&15])
		plain = i + 1
	}
	return append(to, text[plain:]...)
}

// separates has the bytes that mean something to who reads a form. It alone reads this one, so no
// other has to be escaped.
var separates = [256]bool{'&': true, '=': true, '+': true, '%': true}
