package notify

import (
	"fmt"
	"log/slog"
	"strings"
	"time"

	"miniflow/alipay"
	"miniflow/alipay/keys"
)

// Layout is the shape of a message. It is kept because Alipay's generations of messages put
// name and content into different parameters.
type Layout string

// The layouts. Alipay posts all but the last to the same URL.
const (
	LayoutStandard Layout = "standard"
	LayoutLegacy   Layout = "legacy"  // notify_type or method, version 1.0, empty or absent; content in biz_content or in flat parameters
	LayoutService  Layout = "service" // service, content is XML: the gateway check and similar messages
	LayoutChannel  Layout = "channel"
)

// Notification is a message that Alipay signed. Only a [Verifier] makes one, so holding one
// proves the signature.
//
// Its String, GoString and LogValue show where it came from but not its content, which may
// hold tokens and personal data.
type Notification struct {
	AppID    string // the receiving app, one of the configured ones; ids inside the content may differ
	NotifyID string // the same for every redelivery; never empty
	Name     string // msg_method, else notify_type, method or service; may be a name unknown here
	Layout   Layout
	Version  string
	SentAt   time.Time

	// DerivedID means that the message had no usable notify_id, and that NotifyID was made
	// from its digest and its time, so that a repeat gets the same one.
	DerivedID bool

	// Params are the covered parameters, the original biz_content included. Parameters that
	// the signature doesn't cover are left out, because anybody may have added them.
	Params Params

	// Content is the content as JSON in UTF-8, so that readers need to know neither charset
	// nor encryption. It is nil when the message carries its content in Params, or when
	// ContentError is set.
	Content []byte

	// Repairs are those that made Content and Params readable, so that a person can compare
	// with Raw; nil for nearly every message.
	Repairs []alipay.Repair

	// ContentError is a [*ContentError] when the content can't be read. The message is genuine all
	// the same.
	ContentError error

	Rule          Rule
	Key           int
	KeyCertSN     string
	Verifications int // what the message cost us, for the metrics

	digest string
	raw    []byte
	signed *FrameSignature
}

// FrameSignature is the signature of a frame of the long connection with what is needed to
// verify it again using one of Alipay's keys. Only frames have one, because a form carries
// all of it among its parameters.
type FrameSignature struct {
	SignType keys.SignType
	Sign     string
	Charset  string
}

// Raw returns what Alipay signed, for callers that forward the message to another handler of
// Alipay's messages: the whole body of a form, signature included, or the member data of a
// frame, whose signature is [Notification.FrameSignature]. It is the slice that was verified
// and must not be changed.
func (n *Notification) Raw() []byte { return n.raw }

// FrameSignature returns the signature of Raw where Raw does not contain it; nil for a form,
// because that includes its own.
func (n *Notification) FrameSignature() *FrameSignature { return n.signed }

// Repaired returns the repairs in words, "" when there are none, because logs and orders show
// them to people.
func (n *Notification) Repaired() string {
	said := make([]string, 0, len(n.Repairs))
	for _, repair := range n.Repairs {
		said = append(said, repair.Says())
	}
	return strings.Join(said, ", ")
}

// Digest returns the hex SHA-256 of the message's name and its content, decrypted and in
// UTF-8, so that redeliveries have the same digest whatever their rule, key, charset or time;
// another digest under the same notify_id is a conflict.
func (n *Notification) Digest() string { return n.digest }

// String returns only the ids, because a content may hold tokens and personal data.
func (n *Notification) String() string {
	return fmt.Sprintf("notification %q of app %q: %q", n.NotifyID, n.AppID, n.Name)
}

// GoString returns the same as String, because %#v must not show the content either.
func (n *Notification) GoString() string { return n.String() }

// LogValue returns what an operator needs to find a message, without its content, because
// logs are read by more people than histories.
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
