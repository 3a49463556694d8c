package activities

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strconv"

	"miniflow/activities/backend"
	"miniflow/order"
)

// Headers of the raw form of a message of the long connection. They are the members
// of Alipay's own frame, x-charset with the charset that the bytes are written in.
// HTTP does not distinguish upper and lower case in them (RFC 9110, 5.1).
const (
	headerMessageID = "x-msgId"
	headerTimestamp = "x-timestamp" // milliseconds since 1970
	headerSignType  = "x-signType"
	headerSign      = "x-sign"
	headerCharset   = "x-charset"
)

// rawRequest posts what Alipay signed: the form that it posted, or the data of the
// frame that it sent over the long connection.
func (f *Forwarder) rawRequest(ctx context.Context, target ForwardTarget, n order.Notification) (*http.Request, error) {
	body, err := f.open(n.Raw, n.AppID, order.SealRaw)
	if err != nil {
		return nil, err
	}
	if body == nil {
		return nil, &backend.UnsendableError{Why: "its signed bytes were not kept, since it is too large, or came before the target's format was raw:" +
			" set forward.format to event and replay it, or look in Alipay's console"}
	}
	request, err := f.Backend.Request(ctx, target.URL, rawType(body, n), body)
	if err != nil {
		return nil, err
	}
	for name, value := range frameMembers(n) {
		request.Header.Set(name, value)
	}
	return request, nil
}

// frameMembers are what a receiver needs to verify the data of a frame, and to know
// it again; nil for a form, which carries all of it. Alipay signs neither id nor
// time. An id that no header takes becomes another one, the same at each try.
func frameMembers(n order.Notification) map[string]string {
	if n.Signature == nil {
		return nil
	}
	members := map[string]string{
		headerMessageID: n.NotifyID, headerSignType: n.Signature.Type, headerSign: n.Signature.Value,
	}
	if !headerText.MatchString(n.NotifyID) {
		members[headerMessageID] = messageID(n)
	}
	if !n.SentAt.IsZero() {
		members[headerTimestamp] = strconv.FormatInt(n.SentAt.UnixMilli(), 10)
	}
	if charsetForm.MatchString(n.Signature.Charset) {
		members[headerCharset] = n.Signature.Charset
	}
	return members
}

var headerText = regexp.MustCompile(`^[!-~]+$`)

// charsetForm keeps a name that a sender chose from adding parameters to a header.
var charsetForm = regexp.MustCompile(`^[0-9A-Za-z_-]{1,40}$`)

// rawType is the content type of signed bytes, with the charset that a form itself
// names, or that a frame was sent in: servlets read by it.
func rawType(body []byte, n order.Notification) string {
	var kind, charset string
	if n.Signature != nil {
		kind, charset = "application/json", n.Signature.Charset
	} else {
		// What can't be read as a parameter is not the charset.
		values, _ := url.ParseQuery(string(body))
		kind, charset = "application/x-www-form-urlencoded", values.Get("charset")
	}
	if charsetForm.MatchString(charset) {
		return kind + "; charset=" + charset
	}
	return kind
}
