package alipaysim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// maxManagement is the largest body of a management call.
const maxManagement = 4 << 20

// problem is a refusal of the management API: a status, and what to do instead.
type problem struct {
	status int
	detail string
}

func (p *problem) Error() string { return p.detail }

// refused makes a problem.
func refused(status int, format string, args ...any) error {
	return &problem{status: status, detail: fmt.Sprintf(format, args...)}
}

// writeProblem answers with problem+json (RFC 9457).
func writeProblem(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	body := pairs{{"type", "about:blank"}, {"title", http.StatusText(status)}, {"status", status}, {"detail", detail}}
	raw, err := body.MarshalJSON()
	if err == nil {
		_, _ = w.Write(raw) // a client that left gets nothing more
	}
}

// managed is a management call: what it returns is the answer's body, and nil is
// an answer without one.
type managed func(r *http.Request) (any, error)

// manage is the one place where management calls become answers.
func (s *Simulator) manage(status int, call managed) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxManagement)
		body, err := call(r)
		var known *problem
		switch {
		case errors.As(err, &known):
			writeProblem(w, known.status, known.detail)
			return
		case err != nil:
			s.broken(w, err)
			return
		}
		raw, err := encodeJSON(body)
		if err != nil {
			s.broken(w, err)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(status)
		_, _ = w.Write(append(raw, '\n')) // a client that left gets nothing more
	}
}

// readJSON reads one JSON value strictly: unknown members and anything after the
// value are errors. An empty body leaves the value as it is when that is allowed.
func readJSON(r *http.Request, value any, mayBeEmpty bool) error {
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	err := decoder.Decode(value)
	if errors.Is(err, io.EOF) && mayBeEmpty {
		return nil
	}
	if err != nil {
		return refused(http.StatusBadRequest, "the body can't be read: %v; correct it and send it again, nothing was changed", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return refused(http.StatusBadRequest, "there is more after the JSON value; send exactly one, nothing was changed")
	}
	return nil
}
