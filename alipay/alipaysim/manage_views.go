package alipaysim

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// viewState is GET /sim/v1/state: everything but secrets and addresses.
func (s *Simulator) viewState(*http.Request) (body any, err error) {
	err = s.look(func(t *tx) {
		orders, minis := []pairs{}, []pairs{}
		for _, order := range t.ordersByAge() {
			orders = append(orders, orderView(order))
		}
		for _, mini := range all[miniRecord](t, bucketMinis, "") {
			minis = append(minis, t.miniView(mini))
		}
		body = pairs{{"now", t.now.UTC()}, {"speed", s.cfg.Speed}, {"apps", s.appViews()}, {"orders", orders},
			{"mini_programs", minis}, {"due", t.dueView()}}
	})
	return body, err
}

func (s *Simulator) appViews() []pairs {
	s.mu.Lock()
	defer s.mu.Unlock()
	views := []pairs{}
	for _, id := range slices.Sorted(maps.Keys(s.apps)) {
		app := s.apps[id]
		view := pairs{{"app_id", id}, {"notify_rule", app.NotifyRule}, {"charset", app.Charset}, {"pushes_go_out", app.GatewayURL != ""},
			{"websocket", orEmpty(app.WebSocket)}, {"links", len(s.channel.of(id))}, {"pushes_encrypted", app.EncryptPushes}}
		if app.Certificates != nil {
			view = append(view, pair{"alipay_cert_sn", app.Certificates.SN()})
		}
		views = append(views, view)
	}
	return views
}

func orderView(order *orderRecord) pairs {
	return pairs{{"order_no", order.OrderNo}, {"app_id", order.AppID}, {"out_order_no", order.OutOrderNo}, {"kind", order.Kind},
		{"status", order.Status}, {"app_name", order.AppName}, {"mini_app_id", order.MiniAppID}, {"pid", order.PID},
		{"created_at", order.CreatedAt}, {"changed_at", order.ChangedAt}}
}

func (t *tx) miniView(mini *miniRecord) pairs {
	versions := []pairs{}
	for _, version := range t.versions(mini.MiniAppID, "") {
		versions = append(versions, versionView(version))
	}
	view := pairs{{"mini_app_id", mini.MiniAppID}, {"app_id", mini.AppID}, {"order_no", mini.OrderNo}, {"out_order_no", mini.OutOrderNo},
		{"trial", mini.Trial}, {"authorization", t.tokenView(mini.Token)}, {"versions", versions}}
	if !mini.LimitedUntil.IsZero() {
		view = append(view, pair{"limited_until", mini.LimitedUntil})
	}
	return view
}

// tokenView shows which token it is without showing it.
func (t *tx) tokenView(token string) any {
	record := &tokenRecord{Token: token}
	if token == "" || !t.load(record) {
		return nil
	}
	return pairs{{"state", record.State}, {"token_digest", digest(token)[:16]}, {"auth_time", record.AuthTime}}
}

func versionView(version *versionRecord) pairs {
	view := pairs{{"app_version", version.AppVersion}, {"bundle_id", version.BundleID}, {"phase", version.Phase},
		{"status", version.Phase.status()}, {"attempts", version.Attempts}, {"uploaded_at", version.UploadedAt}}
	if version.Audit != nil {
		view = append(view, pair{"audit", version.Audit})
	}
	return view
}

// dueView lists what merchants and reviewers will do, the soonest first.
func (t *tx) dueView() []pairs {
	list := []pairs{}
	cursor := t.b.Bucket([]byte(bucketDue)).Cursor()
	for key, raw := cursor.First(); key != nil; key, raw = cursor.Next() {
		var what task
		if err := json.Unmarshal(raw, &what); err != nil {
			t.fail(err)
			return nil
		}
		list = append(list, pairs{{"at", dueTime(key).UTC()}, {"what", what.Deed}, {"order_no", what.OrderNo},
			{"mini_app_id", what.MiniAppID}, {"app_version", what.AppVersion}})
	}
	return list
}

// viewDeliveries is GET /sim/v1/deliveries: every attempt made (?after=seq), every
// message with its fate, and what is still owed.
func (s *Simulator) viewDeliveries(r *http.Request) (body any, err error) {
	after, err := afterOf(r)
	if err != nil {
		return nil, err
	}
	err = s.look(func(t *tx) {
		made := slices.DeleteFunc(all[Delivery](t, bucketDeliveries, ""), func(d *Delivery) bool { return d.Seq <= after })
		messages := []pairs{}
		for _, m := range all[messageRecord](t, bucketMessages, "") {
			messages = append(messages, pairs{{"notify_id", m.NotifyID}, {"app_id", m.AppID}, {"message", m.Name}, {"channel", cmp.Or(m.Channel, channelHTTP)}, {"fate", m.Fate},
				{"out_order_no", m.OutOrderNo}, {"mini_app_id", m.MiniAppID}, {"created_at", m.CreatedAt}})
		}
		body = pairs{{"deliveries", orEmpty(made)}, {"messages", messages}, {"owed", t.owedView()}}
	})
	return body, err
}

func (t *tx) owedView() []pairs {
	list := []pairs{}
	for _, bucket := range []string{bucketOwed, bucketOwedSocket} {
		cursor := t.b.Bucket([]byte(bucket)).Cursor()
		for key, raw := cursor.First(); key != nil; key, raw = cursor.Next() {
			var owed owedDelivery
			if err := json.Unmarshal(raw, &owed); err != nil {
				t.fail(err)
				return nil
			}
			message := &messageRecord{Key: owed.Key}
			t.load(message)
			list = append(list, pairs{{"notify_id", message.NotifyID}, {"attempt", owed.Attempt}, {"copy", owed.Copy}, {"due", dueTime(key).UTC()}})
		}
	}
	return list
}

// viewCalls is GET /sim/v1/calls: every call that reached the gateway (?after=seq).
func (s *Simulator) viewCalls(r *http.Request) (body any, err error) {
	after, err := afterOf(r)
	if err != nil {
		return nil, err
	}
	err = s.look(func(t *tx) {
		calls := slices.DeleteFunc(t.calls(), func(c *Call) bool { return c.Seq <= after })
		body = pairs{{"calls", orEmpty(calls)}, {"now", t.now.UTC().Format(time.RFC3339Nano)}}
	})
	return body, err
}

// afterOf reads ?after, the seq from which on a list is wanted.
func afterOf(r *http.Request) (uint64, error) {
	text := r.URL.Query().Get("after")
	if text == "" {
		return 0, nil
	}
	after, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, refused(http.StatusBadRequest, "after is %q; use the seq of the last entry you have", text)
	}
	return after, nil
}

// orEmpty makes a list that is written as [] when there is nothing in it.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
