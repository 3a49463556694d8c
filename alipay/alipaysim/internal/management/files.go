package management

import (
	"net/http"
	"strconv"

	"github.com/go-chi/chi/v5"

	"miniflow/alipay/alipaysim/catalogue"
	"miniflow/alipay/alipaysim/internal/problem"
)

// serveFile is GET /sim/v1/files/{name}. Links in answers and messages lead here once
// their host is replaced by the simulator's own.
func (a *API) serveFile(w http.ResponseWriter, r *http.Request) {
	picture, known, err := catalogue.Picture(chi.URLParam(r, "name"))
	if !known {
		problem.Write(w, http.StatusNotFound, "there is no such sample file; use logo.png, licence.png, outdoor.png, screenshot.png or reject.png")
		return
	}
	if err != nil {
		problem.Broken(w, a.Logger, err)
		return
	}
	w.Header().Set("Content-Type", "image/png")
	w.Header().Set("Content-Length", strconv.Itoa(len(picture)))
	_, _ = w.Write(picture) //nolint:gosec // drawn here; a client that left gets nothing more
}
