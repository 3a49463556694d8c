package world

import (
	"fmt"
	"maps"
	"strconv"

	"miniflow/alipay/alipaysim/account"
	"miniflow/alipay/alipaysim/wire"
)

// Push is a push about to be made, as its cause knows it. The app's settings and the
// order's rule add the rest.
type Push struct {
	Name, App             string
	OutOrderNo, MiniAppID string            // what rules match, and what a ledger looks for
	Content               any               // becomes biz_content
	Legacy                map[string]string // parameters of the 1.0 layout; nil is the standard one
	Optional              map[string]string // msg_type and its like
	Service               bool              // the layout of the console's check
}

// Push stores a message in the transaction that caused it and plans its
// deliveries, as the weather of the rule has it.
func (t *Tx) Push(m Push) {
	raw, err := wire.EncodeJSON(m.Content)
	if err != nil {
		t.Fail(fmt.Errorf("encode %s: %w", m.Name, err))
		return
	}
	app, _ := t.world.Apps.Get(m.App)
	id := t.newNotifyID()
	record := &Message{Key: id, NotifyID: id, AppID: m.App, Name: m.Name, OutOrderNo: m.OutOrderNo,
		MiniAppID: m.MiniAppID, Rule: app.NotifyRule, Charset: app.Charset, CreatedAt: t.Now}
	record.Channel = app.ChannelOf(m.Name, m.Legacy != nil)
	record.Encrypt = app.EncryptPushes && record.Channel == account.ChannelHTTP
	record.Params = m.Envelope(record, app.SignType(), string(raw))
	weather, mood := t.Rules().Find(m.OutOrderNo, m.MiniAppID).Pushes, t.Settings().Faults.Misbehaviour
	switch {
	case weather.Off:
		record.Fate = fateWithheld
	case t.Chance(weather.Drop):
		record.Fate = fateDropped
	case weather.IsDefault() && mood != nil:
		t.oweBadly(record, mood)
	default:
		t.owe(record, weather)
	}
	t.Save(record)
}

// newNotifyID returns an id the way real ones look: the day, then chance.
func (t *Tx) newNotifyID() string {
	return t.Now.In(wire.Beijing()).Format("20060102") + t.HexID(26)
}

// Envelope is the push's parameters without the signature: the standard layout
// names the message by msg_method, the 1.0 layout by notify_type, and the
// console's check, which has little else, by service.
func (m Push) Envelope(record *Message, signType, content string) map[string]string {
	if m.Service {
		return map[string]string{"service": m.Name, "charset": string(record.Charset), "sign_type": signType, "biz_content": content}
	}
	params := map[string]string{"notify_id": record.NotifyID, "app_id": m.App, "charset": string(record.Charset), "sign_type": signType}
	if content != "" {
		params["biz_content"] = content
	}
	if m.Legacy != nil {
		params["notify_type"] = m.Name
		params["notify_time"] = record.CreatedAt.In(wire.Beijing()).Format(wire.TimeLayout)
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
