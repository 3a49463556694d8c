package alipaysim

import (
	"net/http"

	"github.com/go-chi/chi/v5"
)

// viewChannel is GET /sim/v1/channel: the links that are open, how many
// deliveries are owed over links, and what clients have sent over them.
func (a *api) viewChannel(*http.Request) (body any, err error) {
	links := a.Long.links("")
	err = a.World.look(func(t *tx) {
		body = pairs{{"links", links}, {"owed", t.owedOverLinks()}, {"produced", orEmpty(t.allProduced())}}
	})
	return body, err
}

// disconnectApp is POST /sim/v1/apps/{id}/disconnect: the app's links end now,
// with a close frame (how "close", the default; code 1001) or without a word (how
// "reset").
func (a *api) disconnectApp(r *http.Request) (any, error) {
	in := struct {
		How  string `json:"how"`
		Code uint16 `json:"code"`
	}{How: "close", Code: closeGoingAway}
	if err := readJSON(r, &in, true); err != nil {
		return nil, err
	}
	if err := oneOf("how", in.How, "close", "reset"); err != nil {
		return nil, refused(http.StatusUnprocessableEntity, "%v; nothing was changed", err)
	}
	if in.Code < closeNormal || in.Code > 4999 || in.Code == closeNoStatus || in.Code == 1006 {
		return nil, refused(http.StatusUnprocessableEntity, "code is %d; use a close code such as 1001", in.Code)
	}
	app, err := a.appNamed(r)
	if err != nil {
		return nil, err
	}
	var links int
	if in.How == "reset" {
		links = a.Long.reset(app.ID)
	} else {
		links = a.Long.disconnect(app.ID, in.Code)
	}
	return pairs{{"app_id", app.ID}, {"links", links}}, nil
}

// rotateApp is POST /sim/v1/apps/{id}/rotate: Alipay's certificate for the app is
// replaced by a new one with a new key.
func (a *api) rotateApp(r *http.Request) (any, error) {
	if err := readJSON(r, &struct{}{}, true); err != nil {
		return nil, err
	}
	app, err := a.appNamed(r)
	if err != nil {
		return nil, err
	}
	if app.Certificates == nil {
		return nil, refused(http.StatusConflict, "app %s is in public-key mode; configure it with Certificates", app.ID)
	}
	sn, err := a.World.Apps.rotate(app.ID)
	if err != nil {
		return nil, err
	}
	return pairs{{"app_id", app.ID}, {"alipay_cert_sn", sn}}, nil
}

// appNamed returns the app of the path.
func (a *api) appNamed(r *http.Request) (App, error) {
	app, known := a.World.Apps.get(chi.URLParam(r, "id"))
	if !known {
		return App{}, refused(http.StatusNotFound, "app_id %q is not configured; use one of GET /sim/v1/state's apps", chi.URLParam(r, "id"))
	}
	return app, nil
}
