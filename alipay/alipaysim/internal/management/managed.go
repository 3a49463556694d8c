package management

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"miniflow/alipay/alipaysim/internal/problem"
	"miniflow/alipay/alipaysim/wire"
)

// maxManagement bounds what one call costs in memory; rules and messages are far
// smaller.
const maxManagement = 4 << 20

// managed returns the body of the answer. An error that is a problem.Problem is the
// caller's to correct, any other is a failure of the simulator.
type managed func(r *http.Request) (any, error)

// manage is the one place where management calls become answers, so that limits,
// headers and refusals are the same for all.
func (a *API) manage(status int, call managed) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxManagement)
		body, err := call(r)
		if known, ok := problem.As(err); ok {
			known.Write(w)
			return
		}
		if err != nil {
			problem.Broken(w, a.Logger, err)
			return
		}
		raw, err := wire.EncodeJSON(body)
		if err != nil {
			problem.Broken(w, a.Logger, err)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(status)
		_, _ = w.Write(append(raw, '\n')) // a client that left gets nothing more
	}
}

// readJSON reads one JSON value strictly: a misspelt member of a rule would else be a
// rule without effect. An empty body leaves the value as it is when that is allowed.
func readJSON(r *http.Request, value any, mayBeEmpty bool) error {
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	err := decoder.Decode(value)
	if errors.Is(err, io.EOF) && mayBeEmpty {
		return nil
	}
	if err != nil {
		return problem.Refuse(http.StatusBadRequest, "the body can't be read: %v; correct it and send it again, nothing was changed", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return problem.Refuse(http.StatusBadRequest, "there is more after the JSON value; send exactly one, nothing was changed")
	}
	return nil
}
