package listen

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"time"
)

// maxReceiverAnswer is how much of the receiver's answer is passed back, in bytes. The right
// answer is one word; a page of errors is shown by its beginning.
const maxReceiverAnswer = 64 << 10

type onward struct {
	target string // empty: everything is taken
	client *http.Client
	now    func() time.Time
}

// newOnward follows no redirect, as Alipay follows none: a receiver that needs one would fail
// in production.
func newOnward(target string, patience time.Duration, now func() time.Time) *onward {
	return &onward{target: target, now: now, client: &http.Client{
		Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

type onwardAnswer struct {
	status  int
	body    string
	latency time.Duration
	err     error // no answer came
}

// taken reports whether the receiver has the message: any status of success, and the word that
// Alipay waits for. Handlers write it in any case, and with a line break behind it.
func (a onwardAnswer) taken() bool {
	return a.err == nil && a.status/100 == 2 && strings.EqualFold(strings.TrimSpace(a.body), "success")
}

// post hands the bytes on as they came, because the receiver may verify them itself.
func (o *onward) post(ctx context.Context, body []byte, headers map[string]string) (answer onwardAnswer) {
	if o.target == "" {
		// Without a receiver a person only looks on, and Alipay must not send everything again.
		return onwardAnswer{status: http.StatusOK, body: "success"}
	}
	began := o.now()
	defer func() { answer.latency = o.now().Sub(began) }()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, o.target, bytes.NewReader(body))
	if err != nil {
		return onwardAnswer{err: err}
	}
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	response, err := o.client.Do(request)
	if err != nil {
		return onwardAnswer{err: err}
	}
	defer func() { _ = response.Body.Close() }() // nothing more is read from it
	text, err := io.ReadAll(io.LimitReader(response.Body, maxReceiverAnswer))
	// An answer that broke off is an error, also after status 200: its word may be cut.
	return onwardAnswer{status: response.StatusCode, body: string(text), err: err}
}
