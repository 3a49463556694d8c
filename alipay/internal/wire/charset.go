package wire

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// Charset is the label that the parameter charset carries, in upper case, because senders
// differ in case.
type Charset string

// UTF8 is the charset that needs no conversion, and the one that calls are made in.
const UTF8 Charset = "UTF-8"

// gb18030 decodes GBK and GB2312 too, because both are subsets of it.
var gb18030 encoding.Encoding = simplifiedchinese.GB18030

// Normal returns the label in the spelling that this file compares with. Every XML reader
// knows that spelling, which matters because the answer to a gateway check names it.
func (c Charset) Normal() Charset {
	switch label := Charset(strings.ToUpper(strings.TrimSpace(string(c)))); label {
	case "UTF8":
		return UTF8
	case "CP936":
		return "GBK"
	default:
		return label
	}
}

// Decode converts raw bytes to UTF-8 and reports whether all of them have a meaning. ASCII is
// returned unchanged, because it is the same in every charset here.
func (c Charset) Decode(raw string) (string, bool) {
	if isASCII(raw) {
		return raw, true
	}
	switch c {
	case UTF8:
		return raw, utf8.ValidString(raw)
	case "GBK", "GB2312":
		// Senders label as GBK what is GB18030, so the superset is tried next.
		return decodeWith(raw, simplifiedchinese.GBK, gb18030)
	case "GB18030":
		return decodeWith(raw, gb18030)
	default:
		return raw, false
	}
}

// Known reports whether Decode supports the charset of this label. An unknown one makes the
// whole content unreadable.
func (c Charset) Known() bool {
	switch c {
	case UTF8, "GBK", "GB2312", "GB18030":
		return true
	default:
		return false
	}
}

// decodeWith tries encodings in turn. The decoders don't fail on bytes without a meaning but
// write U+FFFD, so its presence counts as a failure: senders have no reason to write it.
func decodeWith(raw string, encodings ...encoding.Encoding) (string, bool) {
	for _, e := range encodings {
		text, err := e.NewDecoder().String(raw)
		if err == nil && !strings.ContainsRune(text, utf8.RuneError) {
			return text, true
		}
	}
	return raw, false
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
