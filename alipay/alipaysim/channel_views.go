package alipaysim

import (
	"net/http"

	"github.com/go-chi/chi/v5"
)

// viewChannel is GET /sim/v1/channel: the links that are open, how many
// deliveries are owed over links, and what clients have sent over them.
func (s *Simulator) viewChannel(*http.Request) (body any, err error) {
	links := []pairs{}
	for _, l := range s.channel.of("") {
		links = append(links, pairs{{"link", l.id}, {"app_id", l.app}, {"charset", l.charset}, {"zone", l.zone}, {"since", l.since.UTC()},
			{"sent", l.sent.Load()}, {"acked", l.acked.Load()}, {"pings", l.pings.Load()}, {"refused", l.refused.Load()}})
	}
	err = s.look(func(t *tx) {
		body = pairs{{"links", links}, {"owed", t.b.Bucket([]byte(bucketOwedSocket)).Inspect().KeyN}, {"produced", orEmpty(all[Produced](t, bucketProduced, ""))}}
	})
	return body, err
}

// disconnectApp is POST /sim/v1/apps/{id}/disconnect: the app's links end now,
// with a close frame (how "close", the default; code 1001) or without a word (how
// "reset").
func (s *Simulator) disconnectApp(r *http.Request) (any, error) {
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
	app, err := s.appNamed(r)
	if err != nil {
		return nil, err
	}
	links := s.channel.of(app.ID)
	for _, l := range links {
		s.channel.leave(l) // at once: what is sent from now on takes another link
		if in.How == "reset" {
			l.socket.reset()
		} else {
			l.socket.close(in.Code, "")
		}
	}
	return pairs{{"app_id", app.ID}, {"links", len(links)}}, nil
}

// rotateApp is POST /sim/v1/apps/{id}/rotate: Alipay's certificate for the app is
// replaced by a new one with a new key.
func (s *Simulator) rotateApp(r *http.Request) (any, error) {
	if err := readJSON(r, &struct{}{}, true); err != nil {
		return nil, err
	}
	app, err := s.appNamed(r)
	if err != nil {
		return nil, err
	}
	if app.Certificates == nil {
		return nil, refused(http.StatusConflict, "app %s is in public-key mode; configure it with Certificates", app.ID)
	}
	sn, err := s.RotateCertificate(app.ID)
	if err != nil {
		return nil, err
	}
	return pairs{{"app_id", app.ID}, {"alipay_cert_sn", sn}}, nil
}

// appNamed returns the app of the path.
func (s *Simulator) appNamed(r *http.Request) (App, error) {
	app, known := s.app(chi.URLParam(r, "id"))
	if !known {
		return App{}, refused(http.StatusNotFound, "app_id %q is not configured; use one of GET /sim/v1/state's apps", chi.URLParam(r, "id"))
	}
	return app, nil
}
