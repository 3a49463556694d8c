package management

import (
	"encoding/json"
	"net/http"
	"slices"

	"miniflow/alipay/alipaysim/account"
	"miniflow/alipay/alipaysim/internal/problem"
	"miniflow/alipay/alipaysim/internal/world"
	"miniflow/alipay/alipaysim/lifecycle"
	"miniflow/alipay/alipaysim/wire"
)

// sentMessage is the body of POST /sim/v1/messages. What is left out is as the platform
// usually has it.
type sentMessage struct {
	AppID      string                     `json:"app_id"`
	MsgMethod  string                     `json:"msg_method"`  // the standard layout,
	NotifyType string                     `json:"notify_type"` // the 1.0 layout, or
	Service    string                     `json:"service"`     // that of the console's check
	BizContent json.RawMessage            `json:"biz_content"` // an object, or text sent as it is; left out: a sample of the message
	Fields     map[string]json.RawMessage `json:"fields"`      // replace or, as null, remove fields of the sample
	Params     map[string]string          `json:"params"`      // further parameters; they replace ours
	NotifyID   string                     `json:"notify_id"`   // empty: a new one
	Rule       account.NotifyRule         `json:"rule"`        // empty: the app's
	Channel    string                     `json:"channel"`     // http or websocket; empty: as the app subscribed
	Encrypt    *bool                      `json:"encrypt"`     // left out: as the app has it
	Count      int                        `json:"count"`       // so many messages at once, signed before the first leaves; {n} becomes the number
}

// reserved are the parameters that only the simulator can write: given by hand they
// would contradict its records.
var reserved = []string{"sign", "app_id", "notify_id", "biz_content"}

func (in sentMessage) name() string { return in.MsgMethod + in.NotifyType + in.Service }

func (in sentMessage) check() error {
	layouts := slices.DeleteFunc([]string{in.MsgMethod, in.NotifyType, in.Service}, func(name string) bool { return name == "" })
	switch {
	case len(layouts) != 1:
		return problem.Refuse(http.StatusUnprocessableEntity, "give exactly one of msg_method (standard layout), notify_type (1.0 layout) and service (the console's check)")
	case in.Service != "" && in.Service != lifecycle.ServiceCheck:
		return problem.Refuse(http.StatusUnprocessableEntity, "service is %q; use %s", in.Service, lifecycle.ServiceCheck)
	case in.Rule != "" && !slices.Contains(account.NotifyRules(), in.Rule):
		return problem.Refuse(http.StatusUnprocessableEntity, "rule is %q; use one of %q", in.Rule, account.NotifyRules())
	case len(in.BizContent) > 0 && len(in.Fields) > 0:
		return problem.Refuse(http.StatusUnprocessableEntity, "give biz_content, which is sent as it is, or fields, which change the sample; not both")
	case in.Count < 0 || in.Count > account.MaxBurst || in.Count > 1 && in.NotifyID != "":
		return problem.Refuse(http.StatusUnprocessableEntity, "count is %d; use 1 to %d, and no notify_id with more than one", in.Count, account.MaxBurst)
	}
	for _, name := range reserved {
		if _, given := in.Params[name]; given {
			return problem.Refuse(http.StatusUnprocessableEntity, "params can't hold %s; it has a field of its own or is written by the simulator", name)
		}
	}
	return nil
}

// sendMessage is POST /sim/v1/messages: any message, signed and pushed now, also
// while pushes are off. What the caller leaves out is filled in as that message
// usually looks.
func (a *API) sendMessage(r *http.Request) (any, error) {
	var in sentMessage
	if err := readJSON(r, &in, false); err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	app, known := a.World.Apps.Get(in.AppID)
	if !known {
		return nil, problem.Refuse(http.StatusUnprocessableEntity, "app_id %q is not configured; use one of GET /sim/v1/state's apps", in.AppID)
	}
	records, err := a.compose(in, app)
	if err != nil {
		return nil, err
	}
	if len(records) > 1 {
		if err := a.Sender.SignAhead(app, records); err != nil {
			return nil, err
		}
	}
	// One transaction: a burst is due as a whole, at one moment.
	return a.decideNow(func(t *world.Tx) (any, error) {
		ids := make([]string, len(records))
		for i, record := range records {
			stored := *record // the transaction may run twice
			stored.Key, ids[i] = t.SpareKey(record.NotifyID), record.NotifyID
			t.Send(&stored)
		}
		body := wire.Object{{"notify_id", ids[0]}, {"message", in.name()}}
		if in.Count > 1 {
			body = append(body, wire.Member{"notify_ids", ids})
		}
		return body, nil
	})
}
