package wire

import (
	"bytes"
	"unicode/utf8"
)

// Answers are requested in UTF-8 and still come in GBK at times: the gateway's own failures
// do, whatever the call and the label say. The signature covers the bytes as they came, so
// they are cut out and verified first, and only then converted.

// PlainOf returns a text of the same length and structure that any JSON reader accepts. The
// bytes of GBK characters (one of which may look like a backslash or a brace), control
// characters and stray backslashes inside strings become letters.
func PlainOf(body []byte) []byte {
	plain := body
	if !utf8.Valid(body) && !isMostlyUTF8(body) {
		plain = MaskGBK(body)
	}
	plain = bytes.Clone(plain)
	for i := 0; i < len(plain); i++ {
		if plain[i] != '"' {
			continue
		}
		end := stringEnd(plain, i)
		for ; i < end; i++ {
			size, sound := 1, plain[i] >= ' '
			if plain[i] == '\\' {
				size, sound, _ = escapeAt(plain[i:end])
			}
			if !sound {
				plain[i] = 'x'
			}
			i += size - 1
		}
	}
	return plain
}

// AsText converts what was cut out of an answer to JSON in UTF-8. What can't be converted is
// returned as it came, so that reading it reports the error.
func AsText(content []byte) []byte {
	if !utf8.Valid(content) {
		from := Charset("GBK")
		if isMostlyUTF8(content) {
			from = UTF8
		}
		text, whole := from.Decode(string(content))
		if !whole {
			text = from.Replace(string(content))
		}
		content = []byte(text)
	}
	if mended, _, err := mend(content); err == nil {
		return mended
	}
	return content
}

// isMostlyUTF8 distinguishes UTF-8 with a broken piece from GBK. Three-byte characters
// decide, because GBK hardly ever forms one.
func isMostlyUTF8(text []byte) bool {
	wide, broken := 0, 0
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case r == utf8.RuneError && size == 1:
			broken++
		case size > 2:
			wide += size
		}
		text = text[size:]
	}
	return wide > broken
}

// MaskGBK returns a text of the same length and JSON structure that can be read byte by byte.
// In GBK the second byte of a character may be a backslash, a brace or a bracket: 乗 is 81 5C.
// Such characters become x; bytes that are not a character stay, and the signature decides
// about them.
func MaskGBK(raw []byte) []byte {
	masked := bytes.Clone(raw)
	for i := 0; i+1 < len(raw); i++ {
		if raw[i] > 0x80 && raw[i] < 0xFF && continuesGBK(raw[i+1]) {
			masked[i], masked[i+1] = 'x', 'x'
			i++
		}
	}
	return masked
}

// continuesGBK reports whether a byte may follow a lead byte: the second of two, or a digit,
// with which half of a four-byte character ends.
func continuesGBK(b byte) bool { return b >= 0x40 || b >= '0' && b <= '9' }
