// Package problem is how a request is refused that is not the gateway's to answer: with
// problem+json (RFC 9457), and with a plain 500 when the simulator itself fails.
package problem

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"miniflow/alipay/alipaysim/wire"
)

// Problem is a refusal of the management API. It says what to do instead, because a
// person reads it.
type Problem struct {
	status int
	detail string
}

func (p *Problem) Error() string { return p.detail }

// Refuse returns an error, so that a refusal inside a transaction rolls it back.
func Refuse(status int, format string, args ...any) error {
	return &Problem{status: status, detail: fmt.Sprintf(format, args...)}
}

// Write answers with problem+json (RFC 9457), by whose media type a client
// distinguishes a refusal from a body.
func Write(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	body := wire.Object{{"type", "about:blank"}, {"title", http.StatusText(status)}, {"status", status}, {"detail", detail}}
	raw, err := body.MarshalJSON()
	if err == nil {
		_, _ = w.Write(raw) // a client that left gets nothing more
	}
}

// As returns the problem that an error is or wraps: a transaction wraps what has rolled
// it back.
func As(err error) (known *Problem, ok bool) {
	ok = errors.As(err, &known)
	return known, ok
}

// Write answers with the problem alone, without what wraps it: the path of a refusal is
// of no use to the caller.
func (p *Problem) Write(w http.ResponseWriter) { Write(w, p.status, p.detail) }

// Broken answers when the simulator itself fails. The cause goes to the log alone,
// since it may name files.
func Broken(w http.ResponseWriter, logger *slog.Logger, err error) {
	logger.Error("a call failed inside the simulator", "error", err)
	http.Error(w, "the simulator failed; its log says why", http.StatusInternalServerError)
}
