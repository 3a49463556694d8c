// Package management is the simulator's own API at /sim/v1, which Alipay does not have:
// what a person or a test sees of the world, and what they decide in the place of
// merchants and reviewers.
package management

import (
	"log/slog"
	"net/http"

	"github.com/go-chi/chi/v5"

	"miniflow/alipay/alipaysim/internal/delivery"
	"miniflow/alipay/alipaysim/internal/longconn"
	"miniflow/alipay/alipaysim/internal/world"
)

// API is the management API: what a person or a test sees of the simulator, and decides
// in the place of merchants and reviewers. Every call takes and gives JSON, strictly;
// one that is refused changes nothing and says, as problem+json, what to do instead.
type API struct {
	World  *world.World
	Long   *longconn.Server
	Sender *delivery.Sender
	Logger *slog.Logger
}

// Routes adds the calls to a router, which stands at /sim/v1. None of them asks for a
// key, so it belongs on a loopback address.
func (a *API) Routes(r chi.Router) {
	r.Get("/files/{name}", a.serveFile)
	r.Get("/state", a.manage(http.StatusOK, a.viewState))
	r.Get("/deliveries", a.manage(http.StatusOK, a.viewDeliveries))
	r.Get("/calls", a.manage(http.StatusOK, a.viewCalls))
	r.Get("/rules", a.manage(http.StatusOK, a.viewRules))
	r.Put("/rules", a.manage(http.StatusOK, a.putRules))
	r.Get("/faults", a.manage(http.StatusOK, a.viewFaults))
	r.Put("/faults", a.manage(http.StatusOK, a.putFaults))
	r.Post("/orders/{order_no}/answer", a.manage(http.StatusOK, a.answerOrder))
	r.Post("/mini-programs", a.manage(http.StatusCreated, a.addMini))
	r.Get("/mini-programs/{id}/token", a.manage(http.StatusOK, a.viewToken))
	r.Post("/mini-programs/{id}/audit", a.manage(http.StatusOK, a.auditMini))
	r.Post("/mini-programs/{id}/authorize", a.manage(http.StatusOK, a.authorizeMini))
	r.Post("/mini-programs/{id}/revoke", a.manage(http.StatusOK, a.revokeMini))
	r.Post("/mini-programs/{id}/certify", a.manage(http.StatusOK, a.certifyMini))
	r.Put("/mini-programs/{id}/filing", a.manage(http.StatusOK, a.fileMini))
	r.Post("/mini-programs/{id}/take-down", a.manage(http.StatusOK, a.takeDownMini))
	r.Get("/channel", a.manage(http.StatusOK, a.viewChannel))
	r.Post("/apps/{id}/rotate", a.manage(http.StatusOK, a.rotateApp))
	r.Post("/apps/{id}/disconnect", a.manage(http.StatusOK, a.disconnectApp))
	r.Post("/messages", a.manage(http.StatusAccepted, a.sendMessage))
	r.Get("/catalogue", a.manage(http.StatusOK, a.viewCatalogue))
	r.Post("/scenarios/{name}", a.manage(http.StatusOK, a.actOut))
}
