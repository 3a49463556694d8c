package notify

import (
	"bytes"
	"encoding/base64"

	"miniflow/alipay"
	"miniflow/alipay/internal/wire"
	"miniflow/alipay/keys"
)

// Frame is a message of the long connection, split into its parts but not verified yet, so
// nothing of it may be used except by [Verifier.Frame].
type Frame struct {
	MessageID string
	Timestamp string // x-timestamp, milliseconds since 1970; not signed
	SignType  keys.SignType
	Sign      string
	Charset   string // charset of the registration, because a frame has no such member
	Data      []byte // from brace to brace, because exactly these bytes are signed
}

// Frame verifies a message of an app's long connection and reads it out of the very bytes
// that were verified. The error is always a [*Refusal]. As with [Verifier.Notification],
// unreadable content is not an error.
//
// Alipay signs neither x-msgId nor x-timestamp; only the connection's TLS vouches for them,
// and the digest distinguishes two messages under one id.
func (v *Verifier) Frame(appID string, f Frame) (*Notification, error) {
	app := v.apps[appID]
	if app == nil {
		return nil, unknownApp(appID)
	}
	m := &message{app: app, signType: f.SignType}
	switch {
	case len(f.Data) > alipay.MaxBody:
		return nil, m.refuse(ReasonTooLarge)
	case f.Sign == "":
		return nil, m.refuse(ReasonMissingSign)
	case !app.signs(f.SignType):
		return nil, m.refuse(ReasonSignTypeNotAllowed)
	}
	if reason := m.decodeSign(f.Sign); reason != "" {
		return nil, m.refuse(reason)
	}
	key, refusal := m.verifyText(f.Data)
	if refusal != nil {
		return nil, refusal
	}
	return m.readFrame(f, key)
}

// verifyText returns the index of the key that signed exactly this text. A frame has one
// text, so that the rules of forms don't apply.
func (m *message) verifyText(text []byte) (int, *Refusal) {
	for i, key := range m.app.AlipayKeys {
		if !m.signType.CouldBe(key.Public, m.signature) {
			continue
		}
		digest, err := m.signType.Digest(key.Public, text)
		if err != nil {
			return 0, m.refuse(ReasonSignTypeNotAllowed)
		}
		m.verifications++
		if m.signType.VerifyDigest(key.Public, digest, m.signature) {
			return i, nil
		}
	}
	return 0, m.refuse(ReasonBadSignature)
}

func (m *message) readFrame(f Frame, key int) (*Notification, error) {
	n := &Notification{
		AppID: m.app.ID, Layout: LayoutChannel,
		Key: key, KeyCertSN: m.app.AlipayKeys[key].CertSN, Verifications: m.verifications,
		raw: f.Data,
		// Encoded again, because the original may be broken into lines, and an HTTP header
		// can't be.
		signed: &FrameSignature{SignType: f.SignType, Sign: base64.StdEncoding.EncodeToString(m.signature), Charset: f.Charset},
	}
	n.SentAt, _ = wire.ParseMoment(f.Timestamp)
	data, repairs, problem := readContent(nil, "", wire.Charset(f.Charset).Normal(), string(f.Data))
	n.Repairs = repairs
	var receiver string
	if problem == "" {
		problem = n.open(data, &receiver)
	}
	if receiver != m.app.ID && (receiver != "" || problem == "") {
		refused := unknownApp(receiver)
		refused.Verifications = m.verifications
		return nil, refused
	}
	if problem != "" {
		n.Content, n.Repairs, n.ContentError = nil, nil, &ContentError{Problem: problem}
	}
	n.Params = Params{list: []param{{paramNotifyID, f.MessageID}}}
	n.digest = n.makeDigest()
	if n.ContentError != nil {
		n.digest = digestOf(f.Data) // without parameters, only the data distinguishes two such messages
	}
	n.setID()
	return n, nil
}

func (n *Notification) open(data []byte, receiver *string) alipay.ContentProblem {
	o, err := wire.ReadObject(data)
	if err != nil {
		return alipay.ContentJSON
	}
	header := o.Object("header")
	*receiver, n.Name = header.Word("appId"), header.Word("msgApi")
	n.Content = o.Member("content")
	if o.Failure() != nil || len(n.Content) > 0 && !bytes.HasPrefix(n.Content, []byte("{")) {
		return alipay.ContentJSON
	}
	return ""
}
