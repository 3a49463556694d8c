package notify

import (
	"fmt"
	"log/slog"
	"strings"
	"time"

	"miniflow/alipay"
	"miniflow/alipay/keys"
)

// Layout is one of the shapes that Alipay's messages have.
type Layout string

// The layouts. All of them come through the same door.
const (
	LayoutStandard Layout = "standard" // msg_method and biz_content, version 1.1
	LayoutLegacy   Layout = "legacy"   // notify_type or method, version 1.0, empty or absent; content in biz_content or flat
	LayoutService  Layout = "service"  // service, content is XML: the gateway check and its relatives
	LayoutChannel  Layout = "channel"  // a frame of the long connection
)

// Layouts lists every layout.
func Layouts() []Layout {
	return []Layout{LayoutStandard, LayoutLegacy, LayoutService, LayoutChannel}
}

// Notification is a message that Alipay signed. Only a [Verifier] makes one.
//
// Its String, GoString and LogValue show where it came from and never what it
// says.
type Notification struct {
	AppID    string // the receiving app, one of ours; ids inside the content may differ
	NotifyID string // the same over redeliveries; never empty
	Name     string // what it is: msg_method, else notify_type, method or service; may be unknown here
	Layout   Layout
	Version  string    // as sent: 1.1, 1.0 or empty
	SentAt   time.Time // utc_timestamp or notify_time, in UTC; zero when neither can be read

	// DerivedID says that the message had no usable notify_id and NotifyID was
	// made from its digest and its time.
	DerivedID bool

	// Params are the covered parameters, biz_content as it came among them.
	Params Params

	// Content is the content as JSON in UTF-8: biz_content decrypted and
	// converted. It is nil when the message carries its content in Params, or
	// when ContentError is set.
	Content []byte

	// Repairs say what had to be repaired before Content and Params could be read; nil
	// for nearly every message. Raw has the bytes as they came.
	Repairs []alipay.Repair

	// ContentError is a [*ContentError] when the content can't be read.
	ContentError error

	Rule          Rule   // which text the signature matched
	Key           int    // which of the app's AlipayKeys it matched
	KeyCertSN     string // serial number of that key's certificate, if it has one
	Verifications int    // RSA signature checks made

	digest string
	raw    []byte
	signed *FrameSignature
}

// FrameSignature is what stands beside the signed bytes of a frame of the long
// connection: with it and a key of Alipay's anybody can verify them again. A form
// carries all of it among its parameters.
type FrameSignature struct {
	SignType keys.SignType // x-signType
	Sign     string        // x-sign, in base64 without line breaks
	Charset  string        // what the bytes are written in, as [Frame] has it
}

// Raw is what Alipay signed, for whoever hands the message on to another handler of
// Alipay's messages: the whole body of a form, signature and all, or the member
// data of a frame, whose signature is [Notification.FrameSignature]. It is the
// slice that was verified: don't change it.
func (n *Notification) Raw() []byte { return n.raw }

// FrameSignature is the signature of Raw where Raw does not hold it; nil for a form.
func (n *Notification) FrameSignature() *FrameSignature { return n.signed }

// Repaired says in words what had to be repaired, "" when nothing had to be.
func (n *Notification) Repaired() string {
	said := make([]string, 0, len(n.Repairs))
	for _, repair := range n.Repairs {
		said = append(said, repair.Says())
	}
	return strings.Join(said, ", ")
}

// Digest is the hex SHA-256 over the message's name and its content, decrypted
// and in UTF-8. Redeliveries have the same, under whatever rule, key, charset or
// time they are sent; another digest under the same notify_id is a conflict.
func (n *Notification) Digest() string { return n.digest }

// String names the message without its content.
func (n *Notification) String() string {
	return fmt.Sprintf("notification %q of app %q: %q", n.NotifyID, n.AppID, n.Name)
}

// GoString is String: %#v must not show the content either.
func (n *Notification) GoString() string { return n.String() }

// LogValue gives what an operator needs to find a message, without its content.
func (n *Notification) LogValue() slog.Value {
	attributes := []slog.Attr{
		slog.String("app_id", n.AppID), slog.String("notify_id", n.NotifyID), slog.String("name", n.Name),
		slog.String("layout", string(n.Layout)), slog.Time("sent_at", n.SentAt),
		slog.String("rule", n.Rule.String()), slog.Int("key", n.Key), slog.Int("verifications", n.Verifications),
		slog.String("digest", n.digest),
	}
	if len(n.Repairs) > 0 {
		attributes = append(attributes, slog.String("repaired", n.Repaired()))
	}
	if n.ContentError != nil {
		attributes = append(attributes, slog.String("content_error", n.ContentError.Error()))
	}
	return slog.GroupValue(attributes...)
}
