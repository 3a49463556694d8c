package management

import (
	"net/http"

	"miniflow/alipay/alipaysim/internal/problem"
	"miniflow/alipay/alipaysim/internal/world"
	"miniflow/alipay/alipaysim/wire"
)

// viewState is GET /sim/v1/state: everything but secrets and addresses, so that it can
// be shown and pasted anywhere. With ?only= it is one part, since the orders of a busy
// platform are many.
func (a *API) viewState(r *http.Request) (body any, err error) {
	parts := []struct {
		name string
		view func(*world.Tx) []wire.Object
	}{{"apps", a.appViews}, {"orders", orderViews}, {"mini_programs", miniViews}, {"due", dueView}}
	only := r.URL.Query().Get("only")
	known := only == ""
	err = a.World.Look(func(t *world.Tx) {
		state := wire.Object{{"now", t.Now.UTC()}, {"speed", a.World.Speed}}
		for _, part := range parts {
			if only == "" || only == part.name {
				known = true
				state = append(state, wire.Member{part.name, part.view(t)})
			}
		}
		body = state
	})
	if err == nil && !known {
		return nil, problem.Refuse(http.StatusUnprocessableEntity, "only=%q is none of: apps, orders, mini_programs, due", only)
	}
	return body, err
}

func orderViews(t *world.Tx) []wire.Object {
	views := []wire.Object{}
	for _, order := range t.OrdersByAge() {
		views = append(views, orderView(order))
	}
	return views
}

func miniViews(t *world.Tx) []wire.Object {
	views := []wire.Object{}
	for _, mini := range t.Minis() {
		views = append(views, miniView(t, mini))
	}
	return views
}

func (a *API) appViews(*world.Tx) []wire.Object {
	views := []wire.Object{}
	for _, app := range a.World.Apps.List() {
		view := wire.Object{{"app_id", app.ID}, {"notify_rule", app.NotifyRule}, {"charset", app.Charset}, {"pushes_go_out", app.GatewayURL != ""},
			{"websocket", orEmpty(app.WebSocket)}, {"links", len(a.Long.Links(app.ID))}, {"pushes_encrypted", app.EncryptPushes}}
		if app.Certificates != nil {
			view = append(view, wire.Member{"alipay_cert_sn", app.Certificates.SN()})
		}
		views = append(views, view)
	}
	return views
}

func orderView(order *world.Order) wire.Object {
	return wire.Object{{"order_no", order.OrderNo}, {"app_id", order.AppID}, {"out_order_no", order.OutOrderNo}, {"kind", order.Kind},
		{"status", order.Status}, {"app_name", order.AppName}, {"mini_app_id", order.MiniAppID}, {"pid", order.PID},
		{"created_at", order.CreatedAt}, {"changed_at", order.ChangedAt}}
}

func miniView(t *world.Tx, mini *world.Mini) wire.Object {
	versions := []wire.Object{}
	for _, version := range t.Versions(mini.MiniAppID, "") {
		versions = append(versions, versionView(version))
	}
	view := wire.Object{{"mini_app_id", mini.MiniAppID}, {"app_id", mini.AppID}, {"order_no", mini.OrderNo}, {"out_order_no", mini.OutOrderNo},
		{"trial", mini.Trial}, {"authorization", tokenView(t, mini.Token)}, {"versions", versions}}
	if mini.Filing != nil {
		view = append(view, wire.Member{"filing", *mini.Filing})
	}
	if !mini.LimitedUntil.IsZero() {
		view = append(view, wire.Member{"limited_until", mini.LimitedUntil})
	}
	return view
}

// tokenView shows by a digest which token it is, without showing it.
func tokenView(t *world.Tx, token string) any {
	record := &world.Token{Token: token}
	if token == "" || !t.Load(record) {
		return nil
	}
	return wire.Object{{"state", record.State}, {"token_digest", world.Digest(token)[:16]}, {"auth_time", record.AuthTime}}
}

func versionView(version *world.Version) wire.Object {
	view := wire.Object{{"app_version", version.AppVersion}, {"bundle_id", version.BundleID}, {"phase", version.Phase},
		{"status", version.Phase.Status()}, {"attempts", version.Attempts}, {"uploaded_at", version.UploadedAt}}
	if version.Audit != nil {
		view = append(view, wire.Member{"audit", version.Audit})
	}
	return view
}

// dueView lists what merchants and reviewers will do, the soonest first, for a person
// who wonders what an order waits for.
func dueView(t *world.Tx) []wire.Object {
	list := []wire.Object{}
	for at, what := range t.Due() {
		list = append(list, wire.Object{{"at", at.UTC()}, {"what", what.Deed}, {"order_no", what.OrderNo},
			{"mini_app_id", what.MiniAppID}, {"app_version", what.AppVersion}})
	}
	return list
}
