package activities

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"miniflow/order"
)

// forwardedEvent is the body of an event, in the layout that the Standard Webhooks
// specification recommends. The same message gives the same bytes at each attempt.
type forwardedEvent struct {
	Type      string           `json:"type"`
	Timestamp time.Time        `json:"timestamp"`
	Data      forwardedMessage `json:"data"`
}

type forwardedMessage struct {
	AppID    string    `json:"app_id"`
	NotifyID string    `json:"notify_id"`
	Name     string    `json:"name"`
	Channel  string    `json:"channel"`
	SentAt   time.Time `json:"sent_at,omitzero"`
	// Content is biz_content, decrypted and in UTF-8, or the parameters of a message
	// that has none, as an object; null when it was too large to be kept.
	Content json.RawMessage `json:"content"`
	Note    string          `json:"note,omitempty"`
	// Raw is what Alipay signed (base64), of trade notifications alone: code for payments
	// verifies it again. RawHeaders are the headers that the raw format would give it,
	// of messages of the long connection alone: a form holds its own signature.
	Raw        []byte            `json:"raw,omitempty"`
	RawHeaders map[string]string `json:"raw_headers,omitempty"`
}

// tradePrefix begins the notify_type of trade notifications, whose receivers are payment code that
// verifies by itself.
const tradePrefix = "trade_"

// eventRequest makes a signed event.
func (f *Forwarder) eventRequest(ctx context.Context, target ForwardTarget, n order.Notification) (*http.Request, error) {
	body, err := f.event(n)
	if err != nil {
		return nil, err
	}
	return f.Backend.Signed(ctx, target.URL, messageID(n), body, target.Signers)
}

func (f *Forwarder) event(n order.Notification) ([]byte, error) {
	content, err := f.open(n.Content, n.AppID, order.SealContent)
	if err != nil {
		return nil, err
	}
	message := forwardedMessage{
		AppID: n.AppID, NotifyID: n.NotifyID, Name: n.Name, Channel: n.Channel, SentAt: n.SentAt, Content: content, Note: n.Note,
	}
	if strings.HasPrefix(n.Name, tradePrefix) {
		if message.Raw, err = f.open(n.Raw, n.AppID, order.SealRaw); err != nil {
			return nil, err
		}
		if message.Raw != nil {
			message.RawHeaders = frameMembers(n)
		}
	}
	body, err := json.Marshal(forwardedEvent{Type: order.HappenedNotification, Timestamp: n.ReceivedAt, Data: message})
	if err != nil {
		return nil, fmt.Errorf("write the event: %w", err)
	}
	return body, nil
}

// plainID is what a webhook-id may be made of: the signed text joins id, time and body with dots.
var plainID = regexp.MustCompile(`^[0-9A-Za-z_-]{1,128}$`)

// messageID is the webhook-id: the notify_id, or its hash where that has characters
// which a header or the signed text can't take.
func messageID(n order.Notification) string {
	if plainID.MatchString(n.NotifyID) {
		return n.NotifyID
	}
	sum := sha256.Sum256([]byte(n.AppID + "/" + n.NotifyID))
	return "notify_" + hex.EncodeToString(sum[:16])
}
