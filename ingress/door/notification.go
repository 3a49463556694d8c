package door

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"

	"miniflow/alipay/notify"
	"miniflow/order"
)

// Channel is the way by which a notification came. It is kept with the message, because only
// one of them has a signed timestamp.
type Channel string

const (
	// ChannelHTTP means that it was posted to the application gateway URL; its time is signed.
	ChannelHTTP Channel = "http"
	// ChannelWebSocket means that it came over the long connection, whose x-timestamp only TLS
	// vouches for.
	ChannelWebSocket Channel = "websocket"
)

// Channels returns every channel, so that metrics exist before the first message.
func Channels() []Channel { return []Channel{ChannelHTTP, ChannelWebSocket} }

// Sealer makes text unreadable without the sealing keys. The context names the owner and the
// purpose of the text; the same words are needed to open it.
type Sealer interface {
	Seal(plaintext []byte, context ...string) (order.Sealed, error)
}

// Translator turns Alipay's verified messages into the order's vocabulary. Its result
// contains neither tokens nor personal data in clear, because workflow histories are
// readable, and its size is bounded however large the message was. It is safe for concurrent
// use.
type Translator struct {
	sealer Sealer
	now    func() time.Time
}

// NewTranslator returns a translator; now is the clock of ReceivedAt, passed in so that tests
// are repeatable.
func NewTranslator(sealer Sealer, now func() time.Time) *Translator {
	return &Translator{sealer: sealer, now: now}
}

// Translate returns in the order's words what a message names and asserts. Unreadable content
// is not an error but the notification's Flaw, since Alipay would only send the same again.
// The error is the sealer's: then nothing may be acknowledged.
func (t *Translator) Translate(n *notify.Notification, channel Channel) (order.Notification, error) {
	out := order.Notification{
		NotificationKey: order.NotificationKey{AppID: n.AppID, NotifyID: order.PlainID(n.NotifyID), Digest: n.Digest()},
		Name:            order.CutText(n.Name, MaxWord),
		Channel:         string(channel),
		SentAt:          n.SentAt,
		ReceivedAt:      t.now().UTC(),
		Note:            n.Repaired(),
	}
	kept, err := t.keepContent(n, &out)
	if err == nil {
		err = t.keepRaw(n, &out)
	}
	if err != nil {
		return order.Notification{}, err
	}
	message, err := n.Message()
	if err != nil {
		out.Flaw = flawOf(err)
		fillOwner(message, &out)
		return out, nil
	}
	if _, unknown := message.(*notify.UnknownMessage); unknown && !kept {
		out.Flaw = "nothing of it is kept, it is too large: look in Alipay's console, or ask for it by the API that it is about"
	}
	if err := t.fill(n, message, &out); err != nil {
		return order.Notification{}, err
	}
	return out, nil
}

func (t *Translator) fill(n *notify.Notification, message notify.Message, out *order.Notification) error {
	switch m := message.(type) {
	case *notify.MerchantConfirmed:
		out.OutOrderNo, out.OrderNo, out.MiniAppID = ourNumber(m.OutOrderNo), id(m.OrderNo), miniProgram(m.MiniAppID)
		out.Evidence.MerchantStatus = word(string(m.Status))
	case *notify.FastRegisterChanged:
		out.OutOrderNo, out.OrderNo, out.MiniAppID = ourNumber(m.OutOrderNo), id(m.OrderNo), miniProgram(m.MiniAppID)
		out.Evidence.RegisterStatus = word(string(m.Status))
	case *notify.VersionAuditPassed:
		out.MiniAppID, out.BundleID, out.AppVersion = miniProgram(m.MiniAppID), id(m.BundleID), id(m.MiniAppVersion)
		out.Evidence.Verdict = order.VerdictPassed
	case *notify.VersionAuditRejected:
		fillAudit(m.VersionAudit, order.VerdictRejected, out)
	case *notify.VersionBaseAuditPassed:
		fillAudit(m.VersionAudit, order.VerdictBasePassed, out)
	case *notify.OpenAppAuthNotify:
		// The old layout names the mini program in the envelope too, so that is the fallback.
		out.MiniAppID = miniProgram(cmp.Or(m.AuthAppID, n.Params.Get("auth_app_id")))
		out.OutOrderNo = ourNumber(m.OutBizNo)
		return t.fillToken(n, m, out)
	case *notify.AppAuthCancelled:
		out.MiniAppID = miniProgram(cmp.Or(m.AuthAppID, n.Params.Get("auth_app_id")))
		if m.AppAuthToken == "" {
			out.Flaw = "it names no token, so nothing can be revoked: " + lookAgain
			return nil
		}
		out.Evidence.RevokedToken = order.Fingerprint(m.AppAuthToken.Reveal())
	}
	return nil
}

func fillAudit(m notify.VersionAudit, verdict order.Verdict, out *order.Notification) {
	out.MiniAppID, out.BundleID, out.AppVersion = miniProgram(m.MiniAppID), id(m.BundleID), id(m.MiniAppVersion)
	out.Evidence.Verdict = verdict
	out.Evidence.BaseAudit, out.Evidence.PromoteAudit = word(string(m.BaseAudit)), word(string(m.PromoteAudit))
	out.Evidence.Reasons = reasonsOf(m)
}

// fillOwner sets whose message it is, as far as that can be read: a person finds it by its
// order, and a replay sends it there. It asserts no more than that there is something to ask
// Alipay about.
func fillOwner(message notify.Message, out *order.Notification) {
	switch m := message.(type) {
	case *notify.MerchantConfirmed:
		out.OutOrderNo, out.OrderNo = ourNumber(m.OutOrderNo), id(m.OrderNo)
	case *notify.FastRegisterChanged:
		out.OutOrderNo, out.OrderNo = ourNumber(m.OutOrderNo), id(m.OrderNo)
	case *notify.VersionAuditPassed:
		out.MiniAppID = miniProgram(m.MiniAppID)
	case *notify.VersionAuditRejected:
		out.MiniAppID = miniProgram(m.MiniAppID)
	case *notify.VersionBaseAuditPassed:
		out.MiniAppID = miniProgram(m.MiniAppID)
	}
}

// fillToken seals the authorisation. A missing auth_time, which decides which token is newer,
// is replaced by the time of the message and never by ours: a late repeat must not look like
// the newest.
func (t *Translator) fillToken(n *notify.Notification, m *notify.OpenAppAuthNotify, out *order.Notification) error {
	if m.AppAuthToken == "" {
		out.Flaw = "it brings no app_auth_token, ask the merchant to authorise again: " + lookAgain
		return nil
	}
	token := order.Token{
		Fingerprint: order.Fingerprint(m.AppAuthToken.Reveal()),
		AuthTime:    m.AuthTime,
		Source:      "notification",
	}
	if token.AuthTime.IsZero() {
		token.AuthTime = n.SentAt
	}
	var err error
	if token.Sealed, err = t.sealer.Seal([]byte(m.AppAuthToken.Reveal()), n.AppID, order.SealToken); err != nil {
		return fmt.Errorf("seal the token: %w", err)
	}
	if m.AppRefreshToken != "" {
		if token.Refresh, err = t.sealer.Seal([]byte(m.AppRefreshToken.Reveal()), n.AppID, order.SealToken); err != nil {
			return fmt.Errorf("seal the refresh token: %w", err)
		}
	}
	out.Evidence.Token = &token
	return nil
}

// keepContent seals the whole content: biz_content, or the covered parameters of a message
// without one or with unreadable content. It returns false when it left the content out
// because it is larger than [MaxContent].
func (t *Translator) keepContent(n *notify.Notification, out *order.Notification) (bool, error) {
	content := n.Content
	if content == nil {
		params := make(map[string]string, n.Params.Len())
		for name, value := range n.Params.All() {
			params[name] = value
		}
		var err error
		if content, err = json.Marshal(params); err != nil {
			return false, fmt.Errorf("write the parameters as JSON: %w", err)
		}
	}
	if len(content) > MaxContent {
		return false, nil
	}
	var err error
	if out.Content, err = t.sealer.Seal(content, n.AppID, order.SealContent); err != nil {
		return false, fmt.Errorf("seal the content: %w", err)
	}
	return true, nil
}

// keepRaw seals what Alipay signed, for a handler that wants the original: the body, or the
// data of a frame with its signature. More than [MaxContent] is left out.
func (t *Translator) keepRaw(n *notify.Notification, out *order.Notification) error {
	if len(n.Raw()) == 0 || len(n.Raw()) > MaxContent {
		return nil
	}
	var err error
	if out.Raw, err = t.sealer.Seal(n.Raw(), n.AppID, order.SealRaw); err != nil {
		return fmt.Errorf("seal the signed bytes: %w", err)
	}
	if s := n.FrameSignature(); s != nil {
		out.Signature = &order.Signature{Type: string(s.SignType), Value: s.Sign, Charset: s.Charset}
	}
	return nil
}

const lookAgain = "look at its content"

// flawOf returns why a content could not be read. The causes name members and problems, never
// values.
func flawOf(err error) string {
	var unreadable *notify.ContentError
	if errors.As(err, &unreadable) {
		return unreadable.Error()
	}
	return order.CutText(err.Error(), 2*MaxWord)
}

var ourNumberForm = regexp.MustCompile(`^[0-9A-Za-z_-]{1,32}$`)

// ourNumber returns an out_order_no that an order of ours can have, else "", because such a
// message belongs to no order here and must not become part of a workflow id.
func ourNumber(text string) string {
	if !ourNumberForm.MatchString(text) {
		return ""
	}
	return text
}

// id returns an id of Alipay's unchanged, whatever its alphabet; "" when it is longer than
// any id.
func id(text string) string {
	if len(text) > MaxID {
		return ""
	}
	return text
}

// miniProgram returns the id of a mini program in a form that workflow ids and search
// attributes can contain, because Alipay promises no alphabet.
func miniProgram(text string) string { return order.PlainID(id(text)) }

func word(text string) string { return order.CutText(text, MaxWord) }
