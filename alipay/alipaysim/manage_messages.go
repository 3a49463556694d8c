package alipaysim

import (
	"cmp"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// maxBurst bounds how many messages one call makes.
const maxBurst = 10_000

// sentMessage is the body of POST /sim/v1/messages.
type sentMessage struct {
	AppID      string                     `json:"app_id"`
	MsgMethod  string                     `json:"msg_method"`  // the standard layout,
	NotifyType string                     `json:"notify_type"` // the 1.0 layout, or
	Service    string                     `json:"service"`     // that of the console's check
	BizContent json.RawMessage            `json:"biz_content"` // an object, or text sent as it is; left out: a sample of the message
	Fields     map[string]json.RawMessage `json:"fields"`      // replace or, as null, remove fields of the sample
	Params     map[string]string          `json:"params"`      // further parameters; they replace ours
	NotifyID   string                     `json:"notify_id"`   // empty: a new one
	Rule       NotifyRule                 `json:"rule"`        // empty: the app's
	Channel    string                     `json:"channel"`     // http or websocket; empty: as the app subscribed
	Encrypt    *bool                      `json:"encrypt"`     // left out: as the app has it
	Count      int                        `json:"count"`       // so many messages at once, signed before the first leaves; {n} becomes the number
}

// reserved are the parameters that only the simulator can write.
var reserved = []string{"sign", "app_id", "notify_id", "biz_content"}

func (in sentMessage) name() string { return in.MsgMethod + in.NotifyType + in.Service }

func (in sentMessage) check() error {
	layouts := slices.DeleteFunc([]string{in.MsgMethod, in.NotifyType, in.Service}, func(name string) bool { return name == "" })
	switch {
	case len(layouts) != 1:
		return refused(http.StatusUnprocessableEntity, "give exactly one of msg_method (standard layout), notify_type (1.0 layout) and service (the console's check)")
	case in.Service != "" && in.Service != serviceCheck:
		return refused(http.StatusUnprocessableEntity, "service is %q; use %s", in.Service, serviceCheck)
	case in.Rule != "" && !slices.Contains(NotifyRules(), in.Rule):
		return refused(http.StatusUnprocessableEntity, "rule is %q; use one of %q", in.Rule, NotifyRules())
	case len(in.BizContent) > 0 && len(in.Fields) > 0:
		return refused(http.StatusUnprocessableEntity, "give biz_content, which is sent as it is, or fields, which change the sample; not both")
	case in.Count < 0 || in.Count > maxBurst || in.Count > 1 && in.NotifyID != "":
		return refused(http.StatusUnprocessableEntity, "count is %d; use 1 to %d, and no notify_id with more than one", in.Count, maxBurst)
	}
	for _, name := range reserved {
		if _, given := in.Params[name]; given {
			return refused(http.StatusUnprocessableEntity, "params can't hold %s; it has a field of its own or is written by the simulator", name)
		}
	}
	return nil
}

// sendMessage is POST /sim/v1/messages: any message, signed and pushed now, also
// while pushes are off. What the caller leaves out is filled in as that message
// usually looks.
func (s *Simulator) sendMessage(r *http.Request) (any, error) {
	var in sentMessage
	if err := readJSON(r, &in, false); err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	app, known := s.app(in.AppID)
	if !known {
		return nil, refused(http.StatusUnprocessableEntity, "app_id %q is not configured; use one of GET /sim/v1/state's apps", in.AppID)
	}
	records, err := s.compose(in, app)
	if err != nil {
		return nil, err
	}
	if len(records) > 1 {
		if err := s.signAhead(app, records); err != nil {
			return nil, err
		}
	}
	// One transaction: a burst is due as a whole, at one moment.
	return s.decideNow(func(t *tx) (any, error) {
		ids := make([]string, len(records))
		for i, record := range records {
			stored := *record // the transaction may run twice
			stored.Key, ids[i] = t.spareKey(record.NotifyID), record.NotifyID
			t.owe(&stored, &PushRule{})
			t.save(&stored)
		}
		body := pairs{{"notify_id", ids[0]}, {"message", in.name()}}
		if in.Count > 1 {
			body = append(body, pair{"notify_ids", ids})
		}
		return body, nil
	})
}

// compose writes the messages that are asked for.
func (s *Simulator) compose(in sentMessage, app App) ([]*messageRecord, error) {
	records := make([]*messageRecord, max(in.Count, 1))
	for i := range records {
		record, content, err := s.composeOne(in, app, i+1)
		if err != nil {
			return nil, err
		}
		if err := record.sendable(app, content); err != nil {
			return nil, refused(http.StatusUnprocessableEntity, "the content can't be sent: %v", err)
		}
		records[i] = record
	}
	return records, nil
}

func (s *Simulator) composeOne(in sentMessage, app App, number int) (record *messageRecord, content string, err error) {
	random, err := s.random(13)
	if err != nil {
		return nil, "", err
	}
	now := s.cfg.Now()
	id := cmp.Or(in.NotifyID, now.In(beijing()).Format("20060102")+hex.EncodeToString(random))
	record = &messageRecord{NotifyID: id, AppID: app.ID, Name: in.name(), CreatedAt: now, Once: in.Service != "",
		Rule: cmp.Or(in.Rule, app.NotifyRule), Charset: app.Charset, Channel: cmp.Or(in.Channel, app.channelOf(in.name(), in.MsgMethod == ""))}
	record.Encrypt = app.EncryptPushes && record.Channel == channelHTTP && in.Service == ""
	if in.Encrypt != nil {
		record.Encrypt = *in.Encrypt
	}
	m := message{name: record.Name, app: app.ID}
	content, params, err := s.content(in, app)
	if err != nil {
		return nil, "", err
	}
	if in.Count > 1 {
		content = strings.ReplaceAll(content, "{n}", strconv.Itoa(number))
	}
	if in.Service != "" {
		record.Charset, record.Rule = CharsetGBK, WithSignType // as the console asks, whatever the app has
		m.service = true
	} else if in.NotifyType != "" {
		m.legacy = params
	} else {
		m.optional = params
	}
	record.Charset = cmp.Or(Charset(in.Params["charset"]), record.Charset)
	record.Params = m.envelope(record, content)
	maps.Copy(record.Params, in.Params)
	return record, content, nil
}

// content is biz_content as it is sent, and the parameters the message has beside
// it: a JSON string is the text itself, anything else stays as it was written,
// and what is left out is a sample.
func (s *Simulator) content(in sentMessage, app App) (content string, params map[string]string, err error) {
	chance, err := s.random(64)
	if err != nil {
		return "", nil, err
	}
	sample := sampleContent{params: map[string]string{}}
	if known, found := sampleOf(in.name()); found {
		sample = known.look(newFiller(cast{app: app.ID}, s.cfg.Now(), chance))
	}
	if len(in.BizContent) > 0 {
		var text string
		if json.Unmarshal(in.BizContent, &text) == nil {
			return text, sample.params, nil
		}
		return strings.TrimSpace(string(in.BizContent)), sample.params, nil
	}
	if sample.text != "" {
		return sample.text, sample.params, nil
	}
	fields := sample.fields.with(in.Fields)
	if fields == nil {
		return "", sample.params, nil
	}
	raw, err := fields.MarshalJSON()
	return string(raw), sample.params, err
}

// with replaces, removes and adds members.
func (p pairs) with(fields map[string]json.RawMessage) pairs {
	var changed pairs
	left := maps.Clone(fields)
	for _, member := range p {
		value, given := fields[member.name]
		delete(left, member.name)
		switch {
		case !given:
			changed = append(changed, member)
		case string(value) != "null":
			changed = append(changed, pair{member.name, value})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(left)) {
		changed = append(changed, pair{name, left[name]})
	}
	return changed
}

// sendable says why a message can't be written on its channel, or nil.
func (m *messageRecord) sendable(app App, content string) error {
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

// signAhead signs a burst before any of it is due.
func (s *Simulator) signAhead(app App, records []*messageRecord) error {
	var texts []string
	// x-sign depends on the charset of the link that will carry the message. One
	// that is opened later in another charset is signed for as it goes.
	charsets := map[Charset]bool{CharsetUTF8: true}
	for _, l := range s.channel.of(app.ID) {
		charsets[l.charset] = true
	}
	for _, m := range records {
		if m.Channel == channelHTTP {
			_, text, err := m.unsigned(app)
			if err != nil {
				return err
			}
			texts = append(texts, text)
			continue
		}
		data, err := consumeData(app, app.ID, m.Name, m.Params["biz_content"])
		if err != nil {
			return err
		}
		for charset := range charsets {
			if raw, err := charset.encode(data); err == nil { // where it can't be written it is not signed
				texts = append(texts, raw)
			}
		}
	}
	return app.signAhead(texts)
}

// spareKey is where a message is kept. A notify_id that was used before is sent
// again as a message of its own, under another key, so that neither disturbs the
// other's deliveries.
func (t *tx) spareKey(notifyID string) string {
	key := notifyID
	for t.load(&messageRecord{Key: key}) {
		key = notifyID + "#" + t.hexID(8)
	}
	return key
}
