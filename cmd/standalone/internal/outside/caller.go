package outside

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"miniflow/order"
)

// answerLimit keeps a test from reading for ever where a program answers without end.
const answerLimit = 16 << 20

// Caller calls Miniflow's REST API, or the simulator's, the way another program
// would. Without a Key it sends no key.
type Caller struct {
	// Base is such as http://127.0.0.1:8080, without a slash at its end, because every path
	// brings one.
	Base string
	Key  string
}

// StatusError keeps the status, so that a test can require the right refusal and not only some
// error.
type StatusError struct {
	Status int
	Body   string
}

// Error shows the body too, because the API says in it what was wrong.
func (e *StatusError) Error() string { return fmt.Sprintf("answered %d: %s", e.Status, e.Body) }

// Call sends body as JSON, when it is not nil, and decodes the answer into result, when that
// is not nil. An answer from 300 on is a *[StatusError], because the API redirects nowhere.
func (c Caller) Call(ctx context.Context, method, path string, body, result any) error {
	var sent io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("write the body of %s: %w", path, err)
		}
		sent = bytes.NewReader(text)
	}
	text, err := c.do(ctx, method, path, sent)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	if result == nil {
		return nil
	}
	return json.Unmarshal(text, result)
}

func (c Caller) do(ctx context.Context, method, path string, body io.Reader) ([]byte, error) {
	// A test's context may be minutes long; one call that hangs is found sooner.
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, c.Base+path, body)
	if err != nil {
		return nil, err
	}
	// Sent without a body too, which a server has no reason to look at then.
	request.Header.Set("Content-Type", "application/json")
	if c.Key != "" {
		request.Header.Set("Authorization", "Bearer "+c.Key)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }() // it has been read
	text, err := io.ReadAll(io.LimitReader(answer.Body, answerLimit))
	if err == nil && answer.StatusCode >= http.StatusMultipleChoices {
		err = &StatusError{Status: answer.StatusCode, Body: string(text)}
	}
	return text, err
}

// Order reads one order by the path that an ISV uses, so that what a test sees is in the API's
// promise.
func (c Caller) Order(ctx context.Context, appID, outOrderNo string) (view order.View, err error) {
	err = c.Call(ctx, http.MethodGet, OrderPath(appID, outOrderNo), nil, &view)
	return view, err
}

// OrderPath escapes both parts: an order number may hold characters that a path can't.
func OrderPath(appID, outOrderNo string) string {
	return "/v1/orders/" + url.PathEscape(appID) + "/" + url.PathEscape(outOrderNo)
}

// File refers to a file at Base by its address and hash, as an order names files: what is
// fetched later has to be what was meant.
func (c Caller) File(ctx context.Context, path string) (order.FileRef, error) {
	content, err := c.do(ctx, http.MethodGet, path, nil)
	if err != nil {
		return order.FileRef{}, fmt.Errorf("read %s: %w", path, err)
	}
	sum := sha256.Sum256(content)
	return order.FileRef{URL: c.Base + path, SHA256: hex.EncodeToString(sum[:])}, nil
}
