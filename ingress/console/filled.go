package console

import (
	"errors"
	"net/http"

	"miniflow/ingress/api/problem"
	"miniflow/words"
)

const (
	// mostFields bounds a form without pictures.
	mostFields = 64 << 10
	// mostForm bounds a form with its pictures, of which the REST API takes each up to its own limit.
	mostForm = 64 << 20
	// inMemory is how much of a form is kept in memory; the rest waits in files.
	inMemory = 8 << 20
)

// filled reads a form before it is used, and bounds it: of one that has not arrived whole, the fields
// that are missing would count as empty.
func (c *Console) filled(most int64, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, most)
		err := r.ParseForm()
		if err == nil {
			err = r.ParseMultipartForm(inMemory)
		}
		if err != nil && !errors.Is(err, http.ErrNotMultipart) {
			c.fail(w, r, unreadable(err, languageOf(r)))
			return
		}
		next(w, r)
	}
}

// unreadable says what is wrong with a body as the REST API does.
func unreadable(err error, language words.Language) *refusal {
	kind := problem.RequestUnreadable
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		kind = problem.BodyTooLarge
	}
	refused := &refusal{*problem.Of(kind)}
	refused.Title, refused.Detail = words.Plain(refused.Title.In(language)), words.Plain(refused.Detail.In(language))
	return refused
}
