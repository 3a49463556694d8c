package alipaysim

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
)

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

// asProblem returns the problem that an error is, if it is one.
func asProblem(err error) (known *problem, ok bool) {
	ok = errors.As(err, &known)
	return known, ok
}

// write answers with the problem.
func (p *problem) write(w http.ResponseWriter) { writeProblem(w, p.status, p.detail) }

// broken answers when the simulator itself fails.
func broken(w http.ResponseWriter, logger *slog.Logger, err error) {
	logger.Error("a call failed inside the simulator", "error", err)
	http.Error(w, "the simulator failed; its log says why", http.StatusInternalServerError)
}
