package alipaysim

import (
	"net/http"
)

// viewState is GET /sim/v1/state: everything but secrets and addresses.
func (a *api) viewState(*http.Request) (body any, err error) {
	err = a.World.look(func(t *tx) {
		orders, minis := []pairs{}, []pairs{}
		for _, order := range t.ordersByAge() {
			orders = append(orders, orderView(order))
		}
		for _, mini := range t.minis() {
			minis = append(minis, miniView(t, mini))
		}
		body = pairs{{"now", t.Now.UTC()}, {"speed", a.World.Speed}, {"apps", a.appViews()}, {"orders", orders},
			{"mini_programs", minis}, {"due", dueView(t)}}
	})
	return body, err
}

func (a *api) appViews() []pairs {
	views := []pairs{}
	for _, app := range a.World.Apps.list() {
		view := pairs{{"app_id", app.ID}, {"notify_rule", app.NotifyRule}, {"charset", app.Charset}, {"pushes_go_out", app.GatewayURL != ""},
			{"websocket", orEmpty(app.WebSocket)}, {"links", len(a.Long.links(app.ID))}, {"pushes_encrypted", app.EncryptPushes}}
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

func miniView(t *tx, mini *miniRecord) pairs {
	versions := []pairs{}
	for _, version := range t.versions(mini.MiniAppID, "") {
		versions = append(versions, versionView(version))
	}
	view := pairs{{"mini_app_id", mini.MiniAppID}, {"app_id", mini.AppID}, {"order_no", mini.OrderNo}, {"out_order_no", mini.OutOrderNo},
		{"trial", mini.Trial}, {"authorization", tokenView(t, mini.Token)}, {"versions", versions}}
	if !mini.LimitedUntil.IsZero() {
		view = append(view, pair{"limited_until", mini.LimitedUntil})
	}
	return view
}

// tokenView shows which token it is without showing it.
func tokenView(t *tx, token string) any {
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
func dueView(t *tx) []pairs {
	list := []pairs{}
	for at, what := range t.due() {
		list = append(list, pairs{{"at", at.UTC()}, {"what", what.Deed}, {"order_no", what.OrderNo},
			{"mini_app_id", what.MiniAppID}, {"app_version", what.AppVersion}})
	}
	return list
}
