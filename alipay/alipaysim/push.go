package alipaysim

import (
	"fmt"
	"maps"
	"strconv"
)

// message is a push about to be made.
type message struct {
	Name, App             string
	OutOrderNo, MiniAppID string            // what rules match, and what a ledger looks for
	Content               any               // becomes biz_content
	Legacy                map[string]string // parameters of the 1.0 layout; nil is the standard one
	Optional              map[string]string // msg_type and its like
	Service               bool              // the layout of the console's check
}

// push stores a message in the transaction that caused it and plans its
// deliveries, as the weather of the rule has it.
func (t *tx) push(m message) {
	raw, err := encodeJSON(m.Content)
	if err != nil {
		t.fail(fmt.Errorf("encode %s: %w", m.Name, err))
		return
	}
	app, _ := t.world.Apps.get(m.App)
	id := t.newNotifyID()
	record := &messageRecord{Key: id, NotifyID: id, AppID: m.App, Name: m.Name, OutOrderNo: m.OutOrderNo,
		MiniAppID: m.MiniAppID, Rule: app.NotifyRule, Charset: app.Charset, CreatedAt: t.Now}
	record.Channel = app.channelOf(m.Name, m.Legacy != nil)
	record.Encrypt = app.EncryptPushes && record.Channel == channelHTTP
	record.Params = m.envelope(record, string(raw))
	weather, mood := t.rules().find(m.OutOrderNo, m.MiniAppID).Pushes, t.settings().Faults.Misbehaviour
	switch {
	case weather.Off:
		record.Fate = fateWithheld
	case t.chance(weather.Drop):
		record.Fate = fateDropped
	case weather.isDefault() && mood != nil:
		t.oweBadly(record, mood)
	default:
		t.owe(record, weather)
	}
	t.save(record)
}

// newNotifyID returns an id the way real ones look: the day, then chance.
func (t *tx) newNotifyID() string {
	return t.Now.In(beijing()).Format("20060102") + t.hexID(26)
}

// envelope is the push's parameters without the signature: the standard layout
// names the message by msg_method, the 1.0 layout by notify_type, and the
// console's check, which has little else, by service.
func (m message) envelope(record *messageRecord, content string) map[string]string {
	if m.Service {
		return map[string]string{"service": m.Name, "charset": string(record.Charset), "sign_type": signType, "biz_content": content}
	}
	params := map[string]string{"notify_id": record.NotifyID, "app_id": m.App, "charset": string(record.Charset), "sign_type": signType}
	if content != "" {
		params["biz_content"] = content
	}
	if m.Legacy != nil {
		params["notify_type"] = m.Name
		params["notify_time"] = record.CreatedAt.In(beijing()).Format(wireTime)
		params["version"] = "1.0"
		maps.Copy(params, m.Legacy)
		return params
	}
	params["msg_method"] = m.Name
	params["utc_timestamp"] = strconv.FormatInt(record.CreatedAt.UnixMilli(), 10)
	params["version"] = "1.1"
	maps.Copy(params, m.Optional)
	return params
}
