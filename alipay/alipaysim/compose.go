package alipaysim

import (
	"cmp"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"strconv"
	"strings"
)

// compose writes the messages that are asked for.
func (a *api) compose(in sentMessage, app App) ([]*messageRecord, error) {
	records := make([]*messageRecord, max(in.Count, 1))
	for i := range records {
		record, content, err := a.composeOne(in, app, i+1)
		if err != nil {
			return nil, err
		}
		if err := sendable(record, app, content); err != nil {
			return nil, refused(http.StatusUnprocessableEntity, "the content can't be sent: %v", err)
		}
		records[i] = record
	}
	return records, nil
}

func (a *api) composeOne(in sentMessage, app App, number int) (record *messageRecord, content string, err error) {
	random, err := a.World.random(13)
	if err != nil {
		return nil, "", err
	}
	now := a.World.Now()
	id := cmp.Or(in.NotifyID, now.In(beijing()).Format("20060102")+hex.EncodeToString(random))
	record = &messageRecord{NotifyID: id, AppID: app.ID, Name: in.name(), CreatedAt: now, Once: in.Service != "",
		Rule: cmp.Or(in.Rule, app.NotifyRule), Charset: app.Charset, Channel: cmp.Or(in.Channel, app.channelOf(in.name(), in.MsgMethod == ""))}
	record.Encrypt = app.EncryptPushes && record.Channel == channelHTTP && in.Service == ""
	if in.Encrypt != nil {
		record.Encrypt = *in.Encrypt
	}
	m := message{Name: record.Name, App: app.ID}
	content, params, err := a.content(in, app)
	if err != nil {
		return nil, "", err
	}
	if in.Count > 1 {
		content = strings.ReplaceAll(content, "{n}", strconv.Itoa(number))
	}
	if in.Service != "" {
		record.Charset, record.Rule = CharsetGBK, WithSignType // as the console asks, whatever the app has
		m.Service = true
	} else if in.NotifyType != "" {
		m.Legacy = params
	} else {
		m.Optional = params
	}
	record.Charset = cmp.Or(Charset(in.Params["charset"]), record.Charset)
	record.Params = m.envelope(record, content)
	maps.Copy(record.Params, in.Params)
	return record, content, nil
}

// content is biz_content as it is sent, and the parameters the message has beside
// it: a JSON string is the text itself, anything else stays as it was written,
// and what is left out is a sample.
func (a *api) content(in sentMessage, app App) (content string, params map[string]string, err error) {
	chance, err := a.World.random(64)
	if err != nil {
		return "", nil, err
	}
	sample := sampleOf(in.name(), cast{App: app.ID}, a.World.Now(), chance)
	if len(in.BizContent) > 0 {
		var text string
		if json.Unmarshal(in.BizContent, &text) == nil {
			return text, sample.Params, nil
		}
		return strings.TrimSpace(string(in.BizContent)), sample.Params, nil
	}
	if sample.Text != "" {
		return sample.Text, sample.Params, nil
	}
	fields := sample.Fields.with(in.Fields)
	if fields == nil {
		return "", sample.Params, nil
	}
	raw, err := fields.MarshalJSON()
	return string(raw), sample.Params, err
}

// sendable says why a message can't be written on its channel, or nil.
func sendable(m *messageRecord, app App, content string) error {
	if m.Encrypt && (app.AESKey == nil || m.Channel != channelHTTP) {
		return errors.New("only an app with an AESKey encrypts, and only over http")
	}
	switch m.Channel {
	case channelHTTP:
		_, err := m.Charset.encode(content)
		return err
	case channelWebSocket:
		if m.Params["msg_method"] == "" {
			return errors.New("the long connection has the standard layout alone; use msg_method")
		}
		if _, err := strictObject(content); err != nil {
			return errors.New("the long connection carries a JSON object, with no member twice")
		}
		return nil
	}
	return errors.New("channel is http or websocket")
}
