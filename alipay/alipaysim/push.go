package alipaysim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
)

// Names of the pushes that the life of a mini program causes.
const (
	messageConfirmed    = "alipay.open.mini.merchant.confirmed"
	messageFastRegister = "alipay.open.mini.merchant.fastregister.changed"
	messagePassed       = "alipay.open.mini.version.audit.passed" //nolint:gosec // a message name
	messageRejected     = "alipay.open.mini.version.audit.rejected"
	messageBasePassed   = "alipay.open.mini.version.baseaudit.passed" //nolint:gosec // a message name
	messageAuthorized   = "open_app_auth_notify"
	messageRevoked      = "alipay.open.auth.appauth.cancelled"
)

// beijing is the zone of every time on the wire that is not milliseconds.
func beijing() *time.Location { return time.FixedZone("CST", 8*60*60) }

// wireTime is the layout of those times.
const wireTime = "2006-01-02 15:04:05"

// message is a push about to be made.
type message struct {
	name, app             string
	outOrderNo, miniAppID string            // what rules match, and what a ledger looks for
	content               any               // becomes biz_content
	legacy                map[string]string // parameters of the 1.0 layout; nil is the standard one
	optional              map[string]string // msg_type and its like
	service               bool              // the layout of the console's check
}

// push stores a message in the transaction that caused it and plans its
// deliveries, as the weather of the rule has it.
func (t *tx) push(m message) {
	raw, err := encodeJSON(m.content)
	if err != nil {
		t.fail(fmt.Errorf("encode %s: %w", m.name, err))
		return
	}
	app, _ := t.sim.app(m.app)
	id := t.newNotifyID()
	record := &messageRecord{Key: id, NotifyID: id, AppID: m.app, Name: m.name, OutOrderNo: m.outOrderNo,
		MiniAppID: m.miniAppID, Rule: app.NotifyRule, Charset: app.Charset, CreatedAt: t.now}
	record.Channel = app.channelOf(m.name, m.legacy != nil)
	record.Encrypt = app.EncryptPushes && record.Channel == channelHTTP
	record.Params = m.envelope(record, string(raw))
	weather, mood := t.rules().find(m.outOrderNo, m.miniAppID).Pushes, t.settings().Faults.Misbehaviour
	switch {
	case weather.Off:
		record.Fate = fateWithheld
	case t.chance(weather.Drop):
		record.Fate = fateDropped
	case weather.byDefault && mood != nil:
		t.oweBadly(record, mood)
	default:
		t.owe(record, weather)
	}
	t.save(record)
}

// newNotifyID returns an id the way real ones look: the day, then chance.
func (t *tx) newNotifyID() string {
	return t.now.In(beijing()).Format("20060102") + t.hexID(26)
}

// envelope is the push's parameters without the signature: the standard layout
// names the message by msg_method, the 1.0 layout by notify_type, and the
// console's check, which has little else, by service.
func (m message) envelope(record *messageRecord, content string) map[string]string {
	if m.service {
		return map[string]string{"service": m.name, "charset": string(record.Charset), "sign_type": signType, "biz_content": content}
	}
	params := map[string]string{"notify_id": record.NotifyID, "app_id": m.app, "charset": string(record.Charset), "sign_type": signType}
	if content != "" {
		params["biz_content"] = content
	}
	if m.legacy != nil {
		params["notify_type"] = m.name
		params["notify_time"] = record.CreatedAt.In(beijing()).Format(wireTime)
		params["version"] = "1.0"
		maps.Copy(params, m.legacy)
		return params
	}
	params["msg_method"] = m.name
	params["utc_timestamp"] = strconv.FormatInt(record.CreatedAt.UnixMilli(), 10)
	params["version"] = "1.1"
	maps.Copy(params, m.optional)
	return params
}

// channelOf is the way a message of the app goes. The 1.0 layout has no place on
// the long connection.
func (a App) channelOf(name string, legacy bool) string {
	subscribed := slices.ContainsFunc(a.WebSocket, func(glob string) bool { return globMatches(glob, name) })
	if subscribed && !legacy {
		return channelWebSocket
	}
	return channelHTTP
}

// socket is the app whose long connection takes the message, empty for HTTP.
func (m *messageRecord) socket() string {
	if m.Channel == channelWebSocket {
		return m.AppID
	}
	return ""
}

// owe plans the first delivery of the message and of its copies.
func (t *tx) owe(record *messageRecord, weather *PushRule) {
	record.Fate = fateOwed
	for number := range weather.Duplicate + 1 {
		at := t.now.Add(t.sim.scaled(weather.Delay) + t.upTo(t.sim.scaled(weather.Shuffle)))
		t.saveOwed(at, owedDelivery{Key: record.Key, Attempt: 1, Copy: number, Socket: record.socket()})
	}
}

// upTo returns a random part of a duration.
func (t *tx) upTo(d time.Duration) time.Duration {
	if d <= 0 {
		return 0
	}
	const steps = 1 << 16
	raw := t.random(2)
	return d / steps * time.Duration(int(raw[0])<<8|int(raw[1]))
}

// pair is one member of a JSON object, pairs an object that keeps its order.
type pair struct {
	name  string
	value any
}

type pairs []pair

// MarshalJSON writes the object in the order of its members.
func (p pairs) MarshalJSON() ([]byte, error) {
	var text bytes.Buffer
	text.WriteByte('{')
	for i, member := range p {
		if i > 0 {
			text.WriteByte(',')
		}
		name, err := encodeJSON(member.name)
		if err != nil {
			return nil, err
		}
		value, err := encodeJSON(member.value)
		if err != nil {
			return nil, err
		}
		text.Write(name)
		text.WriteByte(':')
		text.Write(value)
	}
	text.WriteByte('}')
	return text.Bytes(), nil
}

// encodeJSON writes text as it is: \u003c for < would arrive garbled at clients
// that read such escapes wrongly, and the platform does not send them.
func encodeJSON(value any) ([]byte, error) {
	if object, ok := value.(pairs); ok {
		return object.MarshalJSON() // json.Marshal would escape it again
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(text.Bytes(), []byte("\n")), nil
}
