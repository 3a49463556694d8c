package alipaysim

import (
	"net/http"

	"github.com/go-chi/chi/v5"
)

// routes are the gateway, the open channel and the management API. Every management call takes and
// gives JSON, strictly; one that is refused changes nothing and says, as
// problem+json, what to do instead. There is no key: whoever reaches the
// simulator may do everything, so it belongs on a loopback address.
func (s *Simulator) routes() http.Handler {
	r := chi.NewRouter()
	r.Post("/gateway.do", s.serveGateway)
	r.Get("/gateway.do", s.serveGateway) // pageExecute, and a look with a browser
	r.Get("/websocket/register.do", s.serveRegister)
	r.Get("/websocket", s.serveLink)
	r.Route("/sim/v1", func(r chi.Router) {
		r.Get("/files/{name}", s.serveFile)
		r.Get("/state", s.manage(http.StatusOK, s.viewState))
		r.Get("/deliveries", s.manage(http.StatusOK, s.viewDeliveries))
		r.Get("/calls", s.manage(http.StatusOK, s.viewCalls))
		r.Get("/rules", s.manage(http.StatusOK, s.viewRules))
		r.Put("/rules", s.manage(http.StatusOK, s.putRules))
		r.Get("/faults", s.manage(http.StatusOK, s.viewFaults))
		r.Put("/faults", s.manage(http.StatusOK, s.putFaults))
		r.Post("/orders/{order_no}/answer", s.manage(http.StatusOK, s.answerOrder))
		r.Post("/mini-programs", s.manage(http.StatusCreated, s.addMini))
		r.Get("/mini-programs/{id}/token", s.manage(http.StatusOK, s.viewToken))
		r.Post("/mini-programs/{id}/audit", s.manage(http.StatusOK, s.auditMini))
		r.Post("/mini-programs/{id}/authorize", s.manage(http.StatusOK, s.authorizeMini))
		r.Post("/mini-programs/{id}/revoke", s.manage(http.StatusOK, s.revokeMini))
		r.Post("/mini-programs/{id}/certify", s.manage(http.StatusOK, s.certifyMini))
		r.Post("/mini-programs/{id}/take-down", s.manage(http.StatusOK, s.takeDownMini))
		r.Get("/channel", s.manage(http.StatusOK, s.viewChannel))
		r.Post("/apps/{id}/rotate", s.manage(http.StatusOK, s.rotateApp))
		r.Post("/apps/{id}/disconnect", s.manage(http.StatusOK, s.disconnectApp))
		r.Post("/messages", s.manage(http.StatusAccepted, s.sendMessage))
		r.Get("/catalogue", s.manage(http.StatusOK, s.viewCatalogue))
		r.Post("/scenarios/{name}", s.manage(http.StatusOK, s.actOut))
	})
	r.NotFound(func(w http.ResponseWriter, _ *http.Request) {
		writeProblem(w, http.StatusNotFound, "there is nothing here; the gateway is POST /gateway.do, the long connection GET /websocket/register.do and /websocket, the management API is under /sim/v1")
	})
	r.MethodNotAllowed(func(w http.ResponseWriter, _ *http.Request) {
		writeProblem(w, http.StatusMethodNotAllowed, "this method does not apply here; the gateway takes POST and GET, views take GET, settings take PUT")
	})
	return r
}

// viewRules is GET /sim/v1/rules: what was set, without the defaults.
func (s *Simulator) viewRules(*http.Request) (any, error) {
	var rules Rules
	err := s.look(func(t *tx) { rules = t.rules() })
	return rules, err
}

// putRules is PUT /sim/v1/rules.
func (s *Simulator) putRules(r *http.Request) (any, error) {
	var rules Rules
	if err := readJSON(r, &rules, false); err != nil {
		return nil, err
	}
	return rules, s.SetRules(rules)
}

// SetRules replaces the rule set. A rule that makes no sense is refused and
// nothing changes.
func (s *Simulator) SetRules(rules Rules) error {
	if err := rules.check(); err != nil {
		return refused(http.StatusUnprocessableEntity, "%v; nothing was changed", err)
	}
	return s.change(func(t *tx) {
		t.settings().Rules = rules
		t.save(t.settings())
	})
}

// viewFaults is GET /sim/v1/faults, with how often each has struck.
func (s *Simulator) viewFaults(*http.Request) (any, error) {
	var faults Faults
	err := s.look(func(t *tx) { faults = t.settings().Faults })
	return faults, err
}

// putFaults is PUT /sim/v1/faults.
func (s *Simulator) putFaults(r *http.Request) (any, error) {
	var faults Faults
	if err := readJSON(r, &faults, false); err != nil {
		return nil, err
	}
	return faults, s.SetFaults(faults)
}

// SetFaults replaces the faults. One that makes no sense is refused and nothing
// changes.
func (s *Simulator) SetFaults(faults Faults) error {
	if err := faults.check(); err != nil {
		return refused(http.StatusUnprocessableEntity, "%v; nothing was changed", err)
	}
	return s.change(func(t *tx) {
		t.settings().Faults = faults
		t.save(t.settings())
	})
}
