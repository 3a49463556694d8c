package management

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"miniflow/alipay/alipaysim/account"
	"miniflow/alipay/alipaysim/internal/problem"
	"miniflow/alipay/alipaysim/internal/socket"
	"miniflow/alipay/alipaysim/internal/world"
	"miniflow/alipay/alipaysim/script"
	"miniflow/alipay/alipaysim/wire"
)

// viewChannel is GET /sim/v1/channel: the links that are open, how many deliveries are
// owed over links, and what clients have sent over them. It shows a client's author
// both directions at once.
func (a *API) viewChannel(*http.Request) (body any, err error) {
	links := a.Long.Links("")
	err = a.World.Look(func(t *world.Tx) {
		body = wire.Object{{"links", links}, {"owed", t.OwedOverLinks()}, {"produced", orEmpty(t.AllProduced())}}
	})
	return body, err
}

// disconnectApp is POST /sim/v1/apps/{id}/disconnect: the app's links end now,
// with a close frame (how "close", the default; code 1001) or without a word (how
// "reset").
func (a *API) disconnectApp(r *http.Request) (any, error) {
	in := struct {
		How  string `json:"how"`
		Code uint16 `json:"code"`
	}{How: "close", Code: socket.CloseGoingAway}
	if err := readJSON(r, &in, true); err != nil {
		return nil, err
	}
	if err := script.OneOf("how", in.How, "close", "reset"); err != nil {
		return nil, problem.Refuse(http.StatusUnprocessableEntity, "%v; nothing was changed", err)
	}
	if in.Code < socket.CloseNormal || in.Code > 4999 || in.Code == socket.CloseNoStatus || in.Code == 1006 {
		return nil, problem.Refuse(http.StatusUnprocessableEntity, "code is %d; use a close code such as 1001", in.Code)
	}
	app, err := a.appNamed(r)
	if err != nil {
		return nil, err
	}
	var links int
	if in.How == "reset" {
		links = a.Long.Reset(app.ID)
	} else {
		links = a.Long.Disconnect(app.ID, in.Code)
	}
	return wire.Object{{"app_id", app.ID}, {"links", links}}, nil
}

// rotateApp is POST /sim/v1/apps/{id}/rotate: Alipay's certificate for the app is
// replaced by a new one with a new key, which a client has to notice by its number and
// to download.
func (a *API) rotateApp(r *http.Request) (any, error) {
	if err := readJSON(r, &struct{}{}, true); err != nil {
		return nil, err
	}
	app, err := a.appNamed(r)
	if err != nil {
		return nil, err
	}
	if app.Certificates == nil {
		return nil, problem.Refuse(http.StatusConflict, "app %s is in public-key mode; configure it with Certificates", app.ID)
	}
	sn, err := a.World.Apps.Rotate(app.ID)
	if err != nil {
		return nil, err
	}
	return wire.Object{{"app_id", app.ID}, {"alipay_cert_sn", sn}}, nil
}

func (a *API) appNamed(r *http.Request) (account.App, error) {
	app, known := a.World.Apps.Get(chi.URLParam(r, "id"))
	if !known {
		return account.App{}, problem.Refuse(http.StatusNotFound, "app_id %q is not configured; use one of GET /sim/v1/state's apps", chi.URLParam(r, "id"))
	}
	return app, nil
}
