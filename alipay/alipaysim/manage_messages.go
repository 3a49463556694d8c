package alipaysim

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// sentMessage is the body of POST /sim/v1/messages.
type sentMessage struct {
	AppID      string            `json:"app_id"`
	MsgMethod  string            `json:"msg_method"`  // the standard layout, or
	NotifyType string            `json:"notify_type"` // the 1.0 layout
	BizContent json.RawMessage   `json:"biz_content"` // an object, or text sent as it is
	Params     map[string]string `json:"params"`      // further parameters; they replace ours
	NotifyID   string            `json:"notify_id"`   // empty: a new one
	Rule       NotifyRule        `json:"rule"`        // empty: the app's
}

// reserved are the parameters that only the simulator can write.
var reserved = []string{"sign", "app_id", "notify_id", "biz_content"}

func (in sentMessage) check() error {
	switch {
	case (in.MsgMethod == "") == (in.NotifyType == ""):
		return refused(http.StatusUnprocessableEntity, "give exactly one of msg_method (standard layout) and notify_type (1.0 layout)")
	case in.Rule != "" && !slices.Contains(NotifyRules(), in.Rule):
		return refused(http.StatusUnprocessableEntity, "rule is %q; use one of %q", in.Rule, NotifyRules())
	}
	for _, name := range reserved {
		if _, given := in.Params[name]; given {
			return refused(http.StatusUnprocessableEntity, "params can't hold %s; it has a field of its own or is written by the simulator", name)
		}
	}
	return nil
}

// sendMessage is POST /sim/v1/messages: any message, signed and pushed now, also
// while pushes are off.
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
	return s.decideNow(func(t *tx) (any, error) {
		id := cmp.Or(in.NotifyID, t.newNotifyID())
		record := &messageRecord{Key: t.spareKey(id), NotifyID: id, AppID: app.ID, Name: in.MsgMethod + in.NotifyType,
			Rule: NotifyRule(cmp.Or(string(in.Rule), string(app.NotifyRule))), Charset: app.Charset, CreatedAt: t.now}
		content := in.content()
		if charset := in.Params["charset"]; charset != "" {
			record.Charset = Charset(charset)
		}
		if _, err := record.Charset.encode(content); err != nil {
			return nil, refused(http.StatusUnprocessableEntity, "the content can't be sent: %v", err)
		}
		m := message{name: record.Name, app: app.ID}
		if in.NotifyType != "" {
			m.legacy = map[string]string{}
		}
		record.Params = t.envelope(m, record, content)
		maps.Copy(record.Params, in.Params)
		t.owe(record, &PushRule{})
		t.save(record)
		return pairs{{"notify_id", id}, {"message", record.Name}}, nil
	})
}

// content is biz_content as it is sent: a JSON string is the text itself,
// anything else stays as it was written.
func (in sentMessage) content() string {
	var text string
	if len(in.BizContent) == 0 || json.Unmarshal(in.BizContent, &text) == nil {
		return text
	}
	return strings.TrimSpace(string(in.BizContent))
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
