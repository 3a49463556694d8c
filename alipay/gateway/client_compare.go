package gateway

import (
	"encoding/json"
	"mime"
	"net/http"
	"unicode/utf8"

	"miniflow/alipay/internal/wire"
)

// Answer is what came back from a call. Its Content holds people's data and tokens: whoever gets
// one keeps nothing of it that is not made unrecognisable.
type Answer struct {
	Method string
	// Charset is the label of the answer, in upper case; "" where it has none. UTF8 reports
	// whether its bytes are, because the label and the bytes disagree at times.
	Charset string
	UTF8    bool
	// Content is the object of the response, as JSON in UTF-8.
	Content json.RawMessage
	// Unread are the paths of the members that no reader of this package asks for, sorted.
	Unread []string
}

// compare hands an answer over once its reader is done. The object has to be watched.
func (c *Client) compare(method string, got answer, content json.RawMessage, read wire.Object) {
	if c.config.Compare != nil {
		c.config.Compare(Answer{
			Method: method, Charset: got.charset, UTF8: utf8.Valid(got.body), Content: content, Unread: read.Unasked(),
		})
	}
}

// watched has an object remember what is read of it, where somebody wants to know.
func (c *Client) watched(o wire.Object) wire.Object {
	if c.config.Compare == nil {
		return o
	}
	return o.Watched()
}

// charsetOf returns the label of an answer, "" where it has none that can be read.
func charsetOf(header http.Header) string {
	_, parameters, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return string(wire.Charset(parameters["charset"]).Normal())
}
