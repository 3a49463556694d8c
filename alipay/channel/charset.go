package channel

import (
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"miniflow/alipay/internal/wire"
)

// Charset is the encoding of a connection's text frames. The client chooses it when it
// registers; a frame's own x-charset is ignored, because it is not signed.
type Charset string

// The charsets. Alipay sends GBK in WebSocket text frames although those should be UTF-8.
const (
	UTF8 Charset = "UTF-8"
	GBK  Charset = "GBK"
)

// Charsets returns every charset, so that a test of the protocol runs in each of them.
func Charsets() []Charset { return []Charset{UTF8, GBK} }

// decode converts to UTF-8 and reports whether every byte had a meaning. GBK is read as
// GB18030, because senders use characters of that superset under the label GBK.
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

// encode converts from UTF-8. GBK is written as GB18030, so that it reverses decode.
func (c Charset) encode(text string) (string, error) {
	if c != GBK {
		return text, nil
	}
	return simplifiedchinese.GB18030.NewEncoder().String(text)
}

// mask returns a text of the same length and JSON structure that can be read byte by byte, so
// that positions found in it are valid in the original.
func (c Charset) mask(raw []byte) []byte {
	if c != GBK {
		return raw
	}
	return wire.MaskGBK(raw)
}
