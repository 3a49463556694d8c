package management

import (
	"cmp"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"strconv"
	"strings"

	"miniflow/alipay/alipaysim/account"
	"miniflow/alipay/alipaysim/catalogue"
	"miniflow/alipay/alipaysim/internal/problem"
	"miniflow/alipay/alipaysim/internal/world"
	"miniflow/alipay/alipaysim/wire"
)

// compose refuses all the messages for one that can't be sent: half of a burst would
// measure nothing.
func (a *API) compose(in sentMessage, app account.App) ([]*world.Message, error) {
	records := make([]*world.Message, max(in.Count, 1))
	for i := range records {
		record, content, err := a.composeOne(in, app, i+1)
		if err != nil {
			return nil, err
		}
		if err := sendable(record, app, content); err != nil {
			return nil, problem.Refuse(http.StatusUnprocessableEntity, "the content can't be sent: %v", err)
		}
		records[i] = record
	}
	return records, nil
}

func (a *API) composeOne(in sentMessage, app account.App, number int) (record *world.Message, content string, err error) {
	random, err := a.World.Random(13)
	if err != nil {
		return nil, "", err
	}
	now := a.World.Now()
	id := cmp.Or(in.NotifyID, now.In(wire.Beijing()).Format("20060102")+hex.EncodeToString(random))
	record = &world.Message{NotifyID: id, AppID: app.ID, Name: in.name(), CreatedAt: now, Once: in.Service != "",
		Rule: cmp.Or(in.Rule, app.NotifyRule), Charset: app.Charset, Channel: cmp.Or(in.Channel, app.ChannelOf(in.name(), in.MsgMethod == ""))}
	record.Encrypt = app.EncryptPushes && record.Channel == account.ChannelHTTP && in.Service == ""
	if in.Encrypt != nil {
		record.Encrypt = *in.Encrypt
	}
	m := world.Push{Name: record.Name, App: app.ID}
	content, params, err := a.content(in, app)
	if err != nil {
		return nil, "", err
	}
	if in.Count > 1 {
		content = strings.ReplaceAll(content, "{n}", strconv.Itoa(number))
	}
	if in.Service != "" {
		record.Charset, record.Rule = wire.CharsetGBK, account.WithSignType // as the console asks, even where the app differs
		m.Service = true
	} else if in.NotifyType != "" {
		m.Legacy = params
	} else {
		m.Optional = params
	}
	record.Charset = cmp.Or(wire.Charset(in.Params["charset"]), record.Charset)
	record.Params = m.Envelope(record, app.SignType(), content)
	maps.Copy(record.Params, in.Params)
	return record, content, nil
}

// content is biz_content as it is sent, and the parameters the message has beside
// it: a JSON string is the text itself, anything else stays as it was written,
// and what is left out is a sample.
func (a *API) content(in sentMessage, app account.App) (content string, params map[string]string, err error) {
	chance, err := a.World.Random(64)
	if err != nil {
		return "", nil, err
	}
	sample := catalogue.Sample(in.name(), catalogue.Cast{App: app.ID}, a.World.Now(), chance)
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
	fields := sample.Fields.With(in.Fields)
	if fields == nil {
		return "", sample.Params, nil
	}
	raw, err := fields.MarshalJSON()
	return string(raw), sample.Params, err
}

// sendable refuses here what would fail at every delivery, when the sender is no longer
// there to correct it.
func sendable(m *world.Message, app account.App, content string) error {
	if m.Encrypt && (app.AESKey == nil || m.Channel != account.ChannelHTTP) {
		return errors.New("only an app with an AESKey encrypts, and only over http")
	}
	switch m.Channel {
	case account.ChannelHTTP:
		_, err := m.Charset.Encode(content)
		return err
	case account.ChannelWebSocket:
		if m.Params["msg_method"] == "" {
			return errors.New("the long connection has the standard layout alone; use msg_method")
		}
		if _, err := wire.StrictObject(content); err != nil {
			return errors.New("the long connection carries a JSON object, with no member twice")
		}
		return nil
	}
	return errors.New("channel is http or websocket")
}
