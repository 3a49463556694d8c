package merchant

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"miniflow/words"
)

// answer is what the API writes of one request, in memory.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header, WriteHeader and Write make it an http.ResponseWriter.
func (a *answer) Header() http.Header { return a.header }

// WriteHeader notes the first status, as a server does.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

// Write keeps the body.
func (a *answer) Write(text []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(text)
}

// ask has the API answer a request as the merchant's of an order, in a language.
func (i Inside) ask(ctx context.Context, of Order, language words.Language, method, target, kind string, body []byte) (*answer, error) {
	request, err := http.NewRequestWithContext(i.As(ctx, of), method, target, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("ask the API: %w", err)
	}
	request.RemoteAddr = of.Address
	request.Header.Set("Accept-Language", string(language))
	if kind != "" {
		request.Header.Set("Content-Type", kind)
	}
	got := &answer{header: http.Header{}}
	i.API.ServeHTTP(got, request)
	return got, nil
}

// refusal names a refusal by its kind alone: its sentence may name what nobody here should read.
func (a *answer) refusal() error {
	var problem struct{ Type string }
	_ = json.Unmarshal(a.body.Bytes(), &problem) // a status is enough
	return fmt.Errorf("the API answers %d %s", a.status, problem.Type)
}

// why is what is wrong with a picture, in the API's words, which it has said in the language.
func (a *answer) why(language words.Language) string {
	var problem struct{ Errors []struct{ Message string } }
	_ = json.Unmarshal(a.body.Bytes(), &problem)
	var said []string
	for _, one := range problem.Errors {
		said = append(said, one.Message)
	}
	switch {
	case len(said) > 0:
		return strings.Join(said, "; ")
	case a.status == http.StatusRequestEntityTooLarge:
		return say(language, "merchant_page.problem.large")
	}
	return say(language, "merchant_page.problem.unkept")
}
