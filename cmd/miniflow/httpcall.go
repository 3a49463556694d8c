package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// remote is an HTTP API that speaks JSON and problem+json: Miniflow's own, or a
// simulator's management API.
type remote struct {
	base   string // without a slash at the end
	what   string // how errors call it
	flag   string // the flag that says where it is
	key    string // bearer key, or empty
	actor  string // X-Actor, or empty
	client *http.Client
}

// maxAnswer is the largest answer that is read, in bytes.
const maxAnswer = 16 << 20

// newRemote checks the URL.
func newRemote(base, what, flag string, patience time.Duration) (*remote, error) {
	parsed, err := url.Parse(base)
	if err != nil || parsed.Host == "" || parsed.Scheme != "http" && parsed.Scheme != "https" {
		return nil, usagef("%s %q is no http or https URL", flag, base)
	}
	return &remote{base: strings.TrimRight(base, "/"), what: what, flag: flag, client: &http.Client{
		Timeout:       patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // a key must not travel on
	}}, nil
}

// problemError is an answer that says no.
type problemError struct {
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Errors []struct {
		Field   string `json:"field"`
		Message string `json:"message"`
	} `json:"errors"`
	what string
	// foreign is set where the answer is no problem+json: something else answered.
	foreign bool
}

// Error is the problem's own words, and every bad field on a line.
func (p *problemError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s answered %d: %s", p.what, p.Status, clean(p.Detail))
	for _, field := range p.Errors {
		fmt.Fprintf(&b, "\n  %s: %s", clean(field.Field), clean(field.Message))
	}
	return b.String()
}

// call sends JSON (nil: no body) and gives the answer's JSON.
func (r *remote) call(ctx context.Context, method, path string, body any) (json.RawMessage, error) {
	var sent io.Reader = http.NoBody
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return nil, fmt.Errorf("write the request: %w", err)
		}
		sent = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, r.base+path, sent)
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", r.what, err)
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if r.key != "" {
		request.Header.Set("Authorization", "Bearer "+r.key)
	}
	if r.actor != "" {
		request.Header.Set("X-Actor", r.actor)
	}
	answer, err := r.client.Do(request)
	if err != nil {
		return nil, usagef("reach %s: %w; is it running, and is %s right?", r.what, err, r.flag)
	}
	defer func() { _ = answer.Body.Close() }() // read to its end below
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return nil, usagef("read the answer of %s: %w", r.what, err)
	}
	if answer.StatusCode >= http.StatusMultipleChoices {
		return nil, r.problem(answer, text)
	}
	return text, nil
}

// problem reads what an answer that says no says.
func (r *remote) problem(answer *http.Response, text []byte) error {
	p := &problemError{what: r.what}
	if json.Unmarshal(text, p) != nil || p.Detail == "" {
		p.foreign = true
		p.Detail = fmt.Sprintf("no problem+json; is there a %s at %s?", r.what, r.flag)
	}
	p.Status = answer.StatusCode
	return p
}

// ask calls and reads the answer into a value.
func (r *remote) ask(ctx context.Context, method, path string, body, into any) error {
	text, err := r.call(ctx, method, path, body)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return usagef("read the answer of %s: %w; is it of this version?", r.what, err)
	}
	return nil
}

// unanswered tells an answer that is none: something that is not Miniflow, or a
// Miniflow that could not look. Asked again later, it may say yes or no.
func (p *problemError) unanswered() bool {
	return p.foreign || p.Status < http.StatusBadRequest || p.Status >= http.StatusInternalServerError || p.Status == http.StatusTooManyRequests
}

// saysNo tells an answer with this status.
func saysNo(err error, status int) bool {
	var p *problemError
	return errors.As(err, &p) && p.Status == status
}
