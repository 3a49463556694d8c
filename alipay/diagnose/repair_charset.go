package diagnose

import (
	"iter"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// convertBack undoes a conversion of all values: text that was read as one charset and
// written as another. The parameter charset may have been adjusted with it.
func convertBack(d draft, _ *search) iter.Seq[attempt] {
	return func(yield func(attempt) bool) {
		for _, c := range conversions {
			back, names := d.mapValues(c.undo)
			if len(names) == 0 {
				continue
			}
			if !yield(attempt{draft: back, parameters: names, detail: c.detail}) {
				return
			}
			for _, label := range []string{"GBK", "UTF-8", "gbk", "utf-8", "GB2312", "GB18030"} {
				if label != d.get(paramCharset) && !yield(attempt{draft: back.with(paramCharset, label),
					parameters: append([]string{paramCharset}, names...), detail: c.detail}) {
					return
				}
			}
		}
	}
}

var conversions = []struct {
	detail string
	undo   func(string) string
}{
	{"from GBK to UTF-8", encodeIn(simplifiedchinese.GBK)},
	{"from GB18030 to UTF-8", encodeIn(simplifiedchinese.GB18030)},
	{"read as ISO-8859-1 and written as UTF-8", encodeIn(charmap.ISO8859_1)},
	{"read as Windows-1252 and written as UTF-8", encodeIn(charmap.Windows1252)},
	{"from UTF-8 to GBK", decodeFrom(simplifiedchinese.GBK)},
	{"from UTF-8 to GB18030", decodeFrom(simplifiedchinese.GB18030)},
	{"read as UTF-8 in GBK and written as UTF-8", func(text string) string {
		return encodeIn(simplifiedchinese.GBK)(encodeIn(charmap.ISO8859_1)(text))
	}},
}

// gbkCharsets are the charsets that a label of the Chinese family stands for: several,
// because senders label GB18030 as its subsets.
var gbkCharsets = map[string][]encoding.Encoding{
	"GBK":     {simplifiedchinese.GBK, simplifiedchinese.GB18030},
	"GB2312":  {simplifiedchinese.GBK, simplifiedchinese.GB18030},
	"CP936":   {simplifiedchinese.GBK, simplifiedchinese.GB18030},
	"GB18030": {simplifiedchinese.GB18030},
}

// encodeIn returns the bytes that a UTF-8 text had in another charset, or the text itself
// where that charset can't express it.
func encodeIn(charset encoding.Encoding) func(string) string {
	return func(text string) string {
		if !utf8.ValidString(text) {
			return text
		}
		encoded, err := charset.NewEncoder().String(text)
		if err != nil {
			return text
		}
		return encoded
	}
}

func decodeFrom(charset encoding.Encoding) func(string) string {
	return func(text string) string {
		if utf8.ValidString(text) {
			return text
		}
		decoded, err := charset.NewDecoder().String(text)
		if err != nil || strings.ContainsRune(decoded, utf8.RuneError) {
			return text
		}
		return decoded
	}
}
