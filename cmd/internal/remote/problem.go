package remote

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"miniflow/cmd/internal/command"
)

// FieldError is one bad field of what was sent.
type FieldError struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// problemError is an answer that says no (RFC 9457). Members that people don't need are left out.
type problemError struct {
	Status int          `json:"status"`
	Detail string       `json:"detail"`
	Errors []FieldError `json:"errors"`
	what   string
	after  string // Retry-After
	// foreign is set where the answer is not problem+json: something else answered, so it is
	// no answer to the question.
	foreign bool
}

// Error returns the problem's own words, because the API's details say what to do, and every
// bad field on a line of its own.
func (p *problemError) Error() string {
	var b strings.Builder
	// Details may quote an order's fields, which are others' text.
	fmt.Fprintf(&b, "%s answered %d: %s", p.what, p.Status, command.Clean(p.Detail))
	for _, field := range p.Errors {
		fmt.Fprintf(&b, "\n  %s: %s", command.Clean(field.Field), command.Clean(field.Message))
	}
	return b.String()
}

// problem reads an answer that says no. One that is not problem+json came from a proxy, or from
// another program at that address, and is not the API's no.
func (r *API) problem(answer *http.Response, text []byte) error {
	p := &problemError{what: r.what}
	if json.Unmarshal(text, p) != nil || p.Detail == "" {
		p.foreign = true
		p.Detail = fmt.Sprintf("no problem+json; is there a %s at %s?", r.what, r.flag)
	}
	p.Status = answer.StatusCode
	p.after = answer.Header.Get("Retry-After")
	// Exit code 2 and not 1: a script that takes "can't look" for "no" would give an order up.
	if p.unanswered() {
		return command.AsUsage(p)
	}
	return p
}

// unanswered reports whether the question is still open: something that is not
// Miniflow answered, or a Miniflow that could not look. Asked again later, it may say
// yes or no.
func (p *problemError) unanswered() bool {
	return p.foreign || p.Status < http.StatusBadRequest || p.Status >= http.StatusInternalServerError || p.Status == http.StatusTooManyRequests
}

// restAfter returns after how long a call may be made again that came too soon; 0 for every other error,
// and where nobody says when.
func restAfter(err error) time.Duration {
	var p *problemError
	if !errors.As(err, &p) || p.foreign || p.Status != http.StatusTooManyRequests {
		return 0
	}
	seconds, err := strconv.Atoi(p.after)
	if rest := time.Duration(seconds) * time.Second; err == nil && rest <= longestRest {
		return max(rest, 0)
	}
	return 0
}

// Refused reports whether an error is the API's own no, which trying again does not change.
func Refused(err error) bool {
	var p *problemError
	return errors.As(err, &p) && !p.unanswered()
}

// SaysNo reports whether an error is an answer with this status, for a no that a command can
// do something about, such as 404.
func SaysNo(err error, status int) bool {
	var p *problemError
	return errors.As(err, &p) && p.Status == status
}

// Detail returns the words of an answer that says no and the fields that it names, for callers
// that show them in their own place. Of another error it returns the text.
func Detail(err error) (string, []FieldError) {
	var p *problemError
	if errors.As(err, &p) {
		return p.Detail, p.Errors
	}
	return err.Error(), nil
}
