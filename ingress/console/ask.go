package console

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"

	"miniflow/ingress/api/problem"
	"miniflow/words"
)

// question is one call of the REST API.
type question struct {
	method, path string
	query        url.Values
	// body is sent as JSON, and raw as it is.
	body any
	raw  []byte
	// key makes a repeated command safe.
	key string
}

// refusal is what the REST API has against a question, for the page that asked.
type refusal struct {
	problem.Problem
}

func (r *refusal) Error() string { return r.Detail.String() }

// notFound and unwell are refusals of the console's own.
func notFound() *refusal { return own(http.StatusNotFound) }
func unwell() *refusal   { return own(http.StatusInternalServerError) }

func own(status int) *refusal {
	refused := &refusal{}
	refused.Status = status
	return refused
}

// read asks for something.
func (c *Console) read(r *http.Request, path string, query url.Values, into any) error {
	return c.ask(r, question{method: http.MethodGet, path: path, query: query}, into)
}

// together asks for what a page needs at once, so that a page takes as long as the slowest. Where more
// than one fails, the first of them is what the page says. A panic goes on where the request is answered:
// in a goroutine of its own it would end the process.
func together(asks ...func() error) error {
	failed, panics := make([]error, len(asks)), make([]any, len(asks))
	var group sync.WaitGroup
	for i, ask := range asks {
		group.Go(func() {
			defer func() { panics[i] = recover() }()
			failed[i] = ask()
		})
	}
	group.Wait()
	for _, value := range panics {
		if value != nil {
			panic(value)
		}
	}
	return errors.Join(failed...)
}

// tell sends a command.
func (c *Console) tell(r *http.Request, path string, body any) error {
	return c.ask(r, question{method: http.MethodPost, path: path, body: body}, nil)
}

// ask asks the REST API in this process, as the person whose request it is and in their language. An
// answer that is none is a *[refusal].
func (c *Console) ask(r *http.Request, q question, into any) error {
	answer, err := c.exchange(r, q)
	if err != nil {
		return err
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(answer.body.Bytes(), into); err != nil {
		return fmt.Errorf("read the answer of %s: %w", q.path, err)
	}
	return nil
}

// exchange returns the bare answer.
func (c *Console) exchange(r *http.Request, q question) (*answer, error) {
	request, err := q.request(r.Context(), languageOf(r))
	if err != nil {
		return nil, err
	}
	who := personOf(r)
	answer := &answer{header: http.Header{}, status: http.StatusOK}
	c.config.API.ServeHTTP(answer, request.WithContext(who.asking(request.Context())))
	if answer.status < http.StatusBadRequest {
		return answer, nil
	}
	refused := &refusal{}
	if err := json.Unmarshal(answer.body.Bytes(), &refused.Problem); err != nil {
		return nil, fmt.Errorf("%s answered %d, and that can't be read: %w", q.path, answer.status, err)
	}
	return nil, refused
}

func (q question) request(ctx context.Context, language words.Language) (*http.Request, error) {
	content := q.raw
	if q.body != nil {
		var err error
		if content, err = json.Marshal(q.body); err != nil {
			return nil, fmt.Errorf("write a question: %w", err)
		}
	}
	request, err := http.NewRequestWithContext(ctx, q.method, q.path, io.NopCloser(bytes.NewReader(content)))
	if err != nil {
		return nil, fmt.Errorf("make a question: %w", err)
	}
	request.ContentLength = int64(len(content))
	request.URL.RawQuery = q.query.Encode()
	request.Header.Set("Accept-Language", string(language))
	if q.body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if q.key != "" {
		request.Header.Set("Idempotency-Key", q.key)
	}
	return request, nil
}

// answer keeps what the REST API writes.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header               { return a.header }
func (a *answer) WriteHeader(status int)            { a.status = status }
func (a *answer) Write(content []byte) (int, error) { return a.body.Write(content) }
