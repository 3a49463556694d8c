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

// Channel is the way a notification came.
type Channel string

const (
	// ChannelHTTP : posted to the application gateway URL.
	ChannelHTTP Channel = "http"
	// ChannelWebSocket : over the long connection.
	ChannelWebSocket Channel = "websocket"
)

// Channels lists every channel.
func Channels() []Channel { return []Channel{ChannelHTTP, ChannelWebSocket} }

// Sealer makes text unreadable for everyone without the sealing keys. The context
// says whose the text is and what it is for; the same words open it again.
type Sealer interface {
	Seal(plaintext []byte, context ...string) (order.Sealed, error)
}

// Translator turns Alipay's verified messages into the order's vocabulary. What
// it returns holds no token and no person's data in clear, and its size is
// bounded however large the message was. It is safe for concurrent use.
type Translator struct {
	sealer Sealer
	now    func() time.Time
}

// NewTranslator makes a translator; now is the clock of ReceivedAt.
func NewTranslator(sealer Sealer, now func() time.Time) *Translator {
	return &Translator{sealer: sealer, now: now}
}

// Translate says in the order's words what a message names and claims. Content
// that can't be read is no error but the notification's Flaw, since Alipay would
// only send the same again. The error is the sealer's: then nothing may be
// acknowledged.
func (t *Translator) Translate(n *notify.Notification, channel Channel) (order.Notification, error) {
	told := order.Notification{
		NotificationKey: order.NotificationKey{AppID: n.AppID, NotifyID: order.PlainID(n.NotifyID), Digest: n.Digest()},
		Name:            order.CutText(n.Name, MaxWord),
		Channel:         string(channel),
		SentAt:          n.SentAt,
		ReceivedAt:      t.now().UTC(),
		Note:            n.Repaired(),
	}
	kept, err := t.keepContent(n, &told)
	if err == nil {
		err = t.keepRaw(n, &told)
	}
	if err != nil {
		return order.Notification{}, err
	}
	message, err := n.Message()
	if err != nil {
		told.Flaw = flawOf(err)
		tellWhose(message, &told)
		return told, nil
	}
	if _, unknown := message.(*notify.UnknownMessage); unknown && !kept {
		told.Flaw = "nothing of it is kept, it is too large: look in Alipay's console, or ask for it by the API that it is about"
	}
	if err := t.tell(n, message, &told); err != nil {
		return order.Notification{}, err
	}
	return told, nil
}

// tell fills in what a message of a known name says.
func (t *Translator) tell(n *notify.Notification, message notify.Message, told *order.Notification) error {
	switch m := message.(type) {
	case *notify.MerchantConfirmed:
		told.OutOrderNo, told.OrderNo, told.MiniAppID = ourNumber(m.OutOrderNo), id(m.OrderNo), miniProgram(m.MiniAppID)
		told.Evidence.MerchantStatus = word(string(m.Status))
	case *notify.FastRegisterChanged:
		told.OutOrderNo, told.OrderNo, told.MiniAppID = ourNumber(m.OutOrderNo), id(m.OrderNo), miniProgram(m.MiniAppID)
		told.Evidence.RegisterStatus = word(string(m.Status))
	case *notify.VersionAuditPassed:
		told.MiniAppID, told.BundleID, told.AppVersion = miniProgram(m.MiniAppID), id(m.BundleID), id(m.MiniAppVersion)
		told.Evidence.Verdict = order.VerdictPassed
	case *notify.VersionAuditRejected:
		tellAudit(m.VersionAudit, order.VerdictRejected, told)
	case *notify.VersionBaseAuditPassed:
		tellAudit(m.VersionAudit, order.VerdictBasePassed, told)
	case *notify.OpenAppAuthNotify:
		// The old layout names the mini program in the envelope too.
		told.MiniAppID = miniProgram(cmp.Or(m.AuthAppID, n.Params.Get("auth_app_id")))
		told.OutOrderNo = ourNumber(m.OutBizNo)
		return t.tellToken(n, m, told)
	case *notify.AppAuthCancelled:
		told.MiniAppID = miniProgram(cmp.Or(m.AuthAppID, n.Params.Get("auth_app_id")))
		if m.AppAuthToken == "" {
			told.Flaw = "it names no token, so nothing can be revoked: " + lookAgain
			return nil
		}
		told.Evidence.RevokedToken = order.Fingerprint(m.AppAuthToken.Reveal())
	}
	return nil
}

// tellWhose fills in whose message it is, as far as that can be read: by its order a
// person finds it, and to its order a replay takes it. It claims no more than that
// there is something to ask Alipay about.
func tellWhose(message notify.Message, told *order.Notification) {
	switch m := message.(type) {
	case *notify.MerchantConfirmed:
		told.OutOrderNo, told.OrderNo = ourNumber(m.OutOrderNo), id(m.OrderNo)
	case *notify.FastRegisterChanged:
		told.OutOrderNo, told.OrderNo = ourNumber(m.OutOrderNo), id(m.OrderNo)
	case *notify.VersionAuditPassed:
		told.MiniAppID = miniProgram(m.MiniAppID)
	case *notify.VersionAuditRejected:
		told.MiniAppID = miniProgram(m.MiniAppID)
	case *notify.VersionBaseAuditPassed:
		told.MiniAppID = miniProgram(m.MiniAppID)
	}
}

// tellToken seals the authorisation. A missing auth_time, which orders tokens, is
// replaced by the time of the message and never by ours: a repeat that comes late
// must not look like the newest.
func (t *Translator) tellToken(n *notify.Notification, m *notify.OpenAppAuthNotify, told *order.Notification) error {
	if m.AppAuthToken == "" {
		told.Flaw = "it brings no app_auth_token, ask the merchant to authorise again: " + lookAgain
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
	told.Evidence.Token = &token
	return nil
}

// keepContent seals the whole content: biz_content, or the covered parameters of
// a message that has none or whose content can't be read. It reports false when
// it left the content out because it is larger than [MaxContent].
func (t *Translator) keepContent(n *notify.Notification, told *order.Notification) (bool, error) {
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
	if told.Content, err = t.sealer.Seal(content, n.AppID, order.SealContent); err != nil {
		return false, fmt.Errorf("seal the content: %w", err)
	}
	return true, nil
}

// keepRaw seals what Alipay signed, for a handler that wants it so: the body, or the
// data of a frame with its signature beside it. More than [MaxContent] is left out.
func (t *Translator) keepRaw(n *notify.Notification, told *order.Notification) error {
	if len(n.Raw()) == 0 || len(n.Raw()) > MaxContent {
		return nil
	}
	var err error
	if told.Raw, err = t.sealer.Seal(n.Raw(), n.AppID, order.SealRaw); err != nil {
		return fmt.Errorf("seal the signed bytes: %w", err)
	}
	if s := n.FrameSignature(); s != nil {
		told.Signature = &order.Signature{Type: string(s.SignType), Value: s.Sign, Charset: s.Charset}
	}
	return nil
}

const lookAgain = "look at its content"

// flawOf says why a content could not be read. The causes name members and
// problems, never values.
func flawOf(err error) string {
	var unreadable *notify.ContentError
	if errors.As(err, &unreadable) {
		return unreadable.Error()
	}
	return order.CutText(err.Error(), 2*MaxWord)
}

// ourNumberForm is the form of every number that an order of ours can have.
var ourNumberForm = regexp.MustCompile(`^[0-9A-Za-z_-]{1,32}$`)

// ourNumber gives an out_order_no that an order of ours can have, else "": such a
// message belongs to no order here.
func ourNumber(text string) string {
	if !ourNumberForm.MatchString(text) {
		return ""
	}
	return text
}

// id gives an id of Alipay's as it came, whatever its alphabet; one that is
// longer than any id names nothing.
func id(text string) string {
	if len(text) > MaxID {
		return ""
	}
	return text
}

// miniProgram gives the id of a mini program, which workflows and search attributes
// are named by.
func miniProgram(text string) string { return order.PlainID(id(text)) }

// word bounds a status.
func word(text string) string { return order.CutText(text, MaxWord) }
