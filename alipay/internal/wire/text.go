package wire

import (
	"bytes"
	"unicode/utf8"
)

// An answer in UTF-8 is asked for, and comes at times in GBK: the gateway's own
// failures do, whatever the call and the label say. The signature is over the bytes as
// they came, so they are cut out and verified first, and only then made text.

// PlainOf gives a text of the same length and structure that any JSON reader takes:
// the bytes of GBK characters, of which one may look like a backslash or a brace, and
// control characters and stray backslashes inside strings become letters.
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

// AsText makes JSON in UTF-8 of what was cut out of an answer. What can't be made
// such is returned as it came: reading it fails.
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

// isMostlyUTF8 tells text in UTF-8 of which a piece is broken from text in GBK, whose
// bytes hardly ever make a character of three bytes.
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

// MaskGBK gives a text of the same length and the same JSON structure that can be
// read byte by byte. In GBK the second byte of a character may be a backslash, a
// brace or a bracket: 乗 is 81 5C. Such characters become x; what is no character
// is left as it is, for the signature to judge.
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

// continuesGBK tells whether a byte may come after a lead byte: the second of two,
// or a digit, with which half of a four-byte character ends.
func continuesGBK(b byte) bool { return b >= 0x40 || b >= '0' && b <= '9' }
