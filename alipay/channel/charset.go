package channel

import (
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"miniflow/alipay/internal/wire"
)

// Charset is what the text frames of a connection are written in. It is told to
// Alipay at registration; a frame's own x-charset is not asked.
type Charset string

// The charsets. GBK frames are WebSocket text frames although they are no UTF-8;
// Alipay sends them so.
const (
	UTF8 Charset = "UTF-8"
	GBK  Charset = "GBK"
)

// Charsets lists every charset.
func Charsets() []Charset { return []Charset{UTF8, GBK} }

// decode converts to UTF-8 and reports whether every byte meant something. GBK
// is read as GB18030, its superset.
func (c Charset) decode(raw []byte) ([]byte, bool) {
	if c != GBK {
		return raw, utf8.Valid(raw)
	}
	text, err := simplifiedchinese.GB18030.NewDecoder().Bytes(raw)
	if err != nil {
		return nil, false
	}
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError {
			return nil, false
		}
		i += size
	}
	return text, true
}

// encode converts from UTF-8. GBK is written as GB18030, as it is read.
func (c Charset) encode(text string) (string, error) {
	if c != GBK {
		return text, nil
	}
	return simplifiedchinese.GB18030.NewEncoder().String(text)
}

// mask gives a text of the same length and the same JSON structure that can be
// read byte by byte.
func (c Charset) mask(raw []byte) []byte {
	if c != GBK {
		return raw
	}
	return wire.MaskGBK(raw)
}
