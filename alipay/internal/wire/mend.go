package wire

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"miniflow/alipay"
)

// Replace converts raw bytes to UTF-8 and writes U+FFFD for those without a meaning. ASCII
// bytes keep their places, so that quotation marks and brackets neither appear nor disappear.
func (c Charset) Replace(raw string) string {
	if c != UTF8 && c.Known() {
		if text, err := gb18030.NewDecoder().String(raw); err == nil {
			return text
		}
	}
	return strings.ToValidUTF8(raw, string(utf8.RuneError))
}

// errDamagedName means that mending would change the name of a member, and with it what the message
// says.
var errDamagedName = errors.New("the name of a member can't be read")

// ReadJSON is checkJSON for texts that Alipay has signed: it accepts what a strict reader
// refuses and returns JSON that a strict reader accepts. Names stay strict, because a message
// whose status hides under a damaged name means something else than it seems to.
func ReadJSON(data []byte) ([]byte, []alipay.Repair, error) {
	if tooDeep(data) {
		return nil, nil, ErrTooDeep
	}
	mended, repairs, err := mend(data)
	if err == nil {
		err = checkJSON(mended)
	}
	if err != nil {
		return nil, nil, err
	}
	return mended, repairs, nil
}

// mend rewrites the strings of a JSON text. When nothing has to be mended it returns data
// itself, so that the usual message costs no copy.
func mend(data []byte) ([]byte, []alipay.Repair, error) {
	var mended []byte
	var repairs []alipay.Repair
	copied := 0
	for i := 0; i < len(data); i++ {
		if data[i] != '"' {
			continue
		}
		end := stringEnd(data, i)
		text, done := mendString(data[i : end+1])
		if isName := isNameEnd(data[end+1:]); isName && (len(done) > 0 || bytes.ContainsRune(text, utf8.RuneError)) {
			return nil, nil, errDamagedName
		}
		if len(done) > 0 {
			mended = append(append(mended, data[copied:i]...), text...)
			copied = end + 1
			repairs = Also(repairs, done...)
		}
		i = end
	}
	if copied == 0 {
		return data, nil, nil
	}
	return append(mended, data[copied:]...), repairs, nil
}

// isNameEnd reports whether a colon follows, because in JSON only names are followed by one.
func isNameEnd(rest []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(rest, " \t\r\n"), []byte(":"))
}

// Also adds repairs that are not in the list yet, because people want each kind once.
func Also(repairs []alipay.Repair, more ...alipay.Repair) []alipay.Repair {
	for _, repair := range more {
		if !slices.Contains(repairs, repair) {
			repairs = append(repairs, repair)
		}
	}
	return repairs
}

func mendString(quoted []byte) ([]byte, []alipay.Repair) {
	var mended []byte
	var repairs []alipay.Repair
	copied := 0
	instead := func(from, to int, text string, repair alipay.Repair) {
		mended = append(append(mended, quoted[copied:from]...), text...)
		copied = to
		repairs = Also(repairs, repair)
	}
	for i := 0; i < len(quoted); i++ {
		switch c := quoted[i]; {
		case c < ' ':
			instead(i, i+1, escapeControl(c), alipay.RepairControls)
		case c == '\\':
			size, sound, half := escapeAt(quoted[i:])
			if !sound {
				instead(i, i+1, `\\`, alipay.RepairEscapes)
				continue
			}
			if half {
				instead(i, i+size, `\ufffd`, alipay.RepairSurrogate)
			}
			i += size - 1
		}
	}
	if len(repairs) == 0 {
		return quoted, nil
	}
	return append(mended, quoted[copied:]...), repairs
}

func escapeControl(c byte) string {
	switch c {
	case '\n':
		return `\n`
	case '\r':
		return `\r`
	case '\t':
		return `\t`
	default:
		return fmt.Sprintf(`\u%04x`, c)
	}
}

// escapeAt measures the escape at the start of text. It is sound when JSON defines it, and
// half when it is a surrogate without its other half. A whole pair counts as one escape,
// because its halves have no meaning alone.
func escapeAt(text []byte) (size int, sound, half bool) {
	if len(text) < 2 {
		return 1, false, false
	}
	if text[1] != 'u' {
		return 2, bytes.IndexByte([]byte(`"\/bfnrt`), text[1]) >= 0, false
	}
	first, ok := unicodeEscape(text)
	if !ok {
		return 1, false, false
	}
	if !utf16.IsSurrogate(first) {
		return unicodeEscapeSize, true, false
	}
	second, ok := unicodeEscape(text[unicodeEscapeSize:])
	if ok && utf16.DecodeRune(first, second) != utf8.RuneError {
		return 2 * unicodeEscapeSize, true, false
	}
	return unicodeEscapeSize, true, true
}

const unicodeEscapeSize = len(`\u0000`)

func unicodeEscape(text []byte) (rune, bool) {
	if len(text) < unicodeEscapeSize || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	var r rune
	for _, digit := range text[2:unicodeEscapeSize] {
		if !IsHex(digit) {
			return 0, false
		}
		r = r<<4 | rune(Unhex(digit))
	}
	return r, true
}

// IsHex reports whether c is a hexadecimal digit. Both cases count, because senders use both
// in escapes.
func IsHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// Unhex returns the value of a hexadecimal digit. It checks nothing, because its callers have
// asked IsHex before.
func Unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c&^0x20 - 'A' + 10
}
