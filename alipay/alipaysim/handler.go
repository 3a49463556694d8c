package alipaysim

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"miniflow/alipay/alipaysim/internal/problem"
)

// routes are the gateway, the long connection and the management API. None of
// them asks for a key: a caller that reaches the simulator may do everything, so it
// belongs on a loopback address.
func (s *Simulator) routes(calls http.Handler) http.Handler {
	r := chi.NewRouter()
	r.Method(http.MethodPost, "/gateway.do", calls)
	r.Method(http.MethodGet, "/gateway.do", calls) // pageExecute, and a look with a browser
	r.Get("/websocket/register.do", s.long.ServeRegister)
	r.Get("/websocket", s.serveLink)
	r.Route("/sim/v1", s.api.Routes)
	r.NotFound(func(w http.ResponseWriter, _ *http.Request) {
		problem.Write(w, http.StatusNotFound, "there is nothing here; the gateway is POST /gateway.do, the long connection GET /websocket/register.do and /websocket, the management API is under /sim/v1")
	})
	r.MethodNotAllowed(func(w http.ResponseWriter, _ *http.Request) {
		problem.Write(w, http.StatusMethodNotAllowed, "this method does not apply here; the gateway takes POST and GET, views take GET, settings take PUT")
	})
	return r
}

// serveLink is GET /websocket. An open link counts as running, so that Close can wait
// for its end.
func (s *Simulator) serveLink(w http.ResponseWriter, r *http.Request) {
	// Close waits for this lock, and so for every link to end; a handshake that
	// comes after it must not wait in turn.
	if !s.running.TryRLock() {
		http.Error(w, "the simulator is being closed", http.StatusServiceUnavailable)
		return
	}
	defer s.running.RUnlock()
	s.long.ServeLink(w, r)
}
