// Package remote calls HTTP APIs that speak JSON and problem+json: Miniflow's own, and a
// simulator's management API.
package remote

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

	"miniflow/cmd/internal/command"
	"miniflow/words"
)

// API calls one of these APIs and words each failure for a person: what didn't answer, and
// which flag says where it is.
type API struct {
	base   string // without a slash at the end
	what   string // how errors call it
	advice string // what to do when it can't be reached
	flag   string // the flag that says where it is
	key    string // bearer key, or empty
	actor  string // X-Actor, or empty
	// language is what is asked for as Accept-Language; empty asks for none.
	language words.Language
	client   *http.Client
	rest     func(context.Context, time.Duration) error // between two tries
}

// maxAnswer is the largest answer that is read, in bytes: far more than a page of the largest
// list, and little enough for a machine to hold when something else answers.
const maxAnswer = 16 << 20

// Place says where an API is and how errors name it, because a person has to know which of two
// programs did not answer.
type Place struct {
	URL    string
	What   string // how errors call it
	Flag   string // the flag that holds the URL
	Advice string // what to do when it can't be reached
	Key    string // bearer key, or empty
	// Within is how long an answer may take, which only the caller knows: some calls wait for news.
	Within time.Duration
}

// New checks the URL. It follows no redirect, because a key must not travel on to
// another host.
func New(place Place) (*API, error) {
	parsed, err := url.Parse(place.URL)
	// url.Parse takes almost anything, "127.0.0.1:8080" without a scheme too.
	if err != nil || parsed.Host == "" || parsed.Scheme != "http" && parsed.Scheme != "https" {
		return nil, command.Usagef("%s %q is no http or https URL", place.Flag, place.URL)
	}
	return &API{base: strings.TrimRight(place.URL, "/"), what: place.What, flag: place.Flag, advice: place.Advice, key: place.Key, rest: Pause, client: &http.Client{
		Timeout:       place.Within,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Base returns the URL without a slash at the end, for what speaks another protocol with the
// same place, as the long connection does with a simulator.
func (r *API) Base() string { return r.base }

// Call sends JSON (nil: no body) and returns the answer's JSON as it came, so that --output
// json shows members that this version doesn't know.
func (r *API) Call(ctx context.Context, method, path string, body any) (json.RawMessage, error) {
	_, answer, err := r.Exchange(ctx, method, path, body)
	return answer, err
}

// Bytes is a body that is sent as it is, such as a picture.
type Bytes []byte

// How often a call is made again that came too soon, and how long a rest may be at most.
const (
	maxRests    = 30
	longestRest = 10 * time.Second
)

// Exchange is Call for callers to whom the kind of yes matters, such as 201 for what was made
// and 200 for what was there. The status is 0 where there is an error.
//
// An API takes so many calls of a key a second, and refuses a further one before it looks at it. It is made
// again when the refusal says.
func (r *API) Exchange(ctx context.Context, method, path string, body any) (status int, text json.RawMessage, err error) {
	for rests := 0; ; rests++ {
		status, text, err = r.exchange(ctx, method, path, body)
		after := restAfter(err)
		if after == 0 || rests == maxRests {
			return status, text, err
		}
		if err := r.rest(ctx, after); err != nil {
			return 0, nil, err
		}
	}
}

func (r *API) exchange(ctx context.Context, method, path string, body any) (status int, text json.RawMessage, err error) {
	request, err := r.request(ctx, method, path, body)
	if err != nil {
		return 0, nil, err
	}
	answer, err := r.client.Do(request)
	if err != nil {
		var asked *url.Error
		if errors.As(err, &asked) {
			asked.URL, _, _ = strings.Cut(asked.URL, "?") // which page was asked for helps nobody
		}
		return 0, nil, command.Usagef("reach %s: %w; %s", r.what, err, r.advice)
	}
	defer func() { _ = answer.Body.Close() }() // read to its end below
	text, err = io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	if err == nil && len(text) > maxAnswer {
		err = fmt.Errorf("it is larger than %d MiB, so it was not read to its end", maxAnswer>>20)
	}
	if err != nil {
		return 0, nil, command.Usagef("read the answer of %s: %w", r.what, err)
	}
	// A redirect counts as a no: it was not followed, so nothing has answered the question.
	if answer.StatusCode >= http.StatusMultipleChoices {
		return 0, nil, r.problem(answer, text)
	}
	return answer.StatusCode, text, nil
}

// The key goes into a header and never into the address, which proxies log.
func (r *API) request(ctx context.Context, method, path string, body any) (*http.Request, error) {
	var sent io.Reader = http.NoBody
	kind := "application/json"
	if raw, is := body.(Bytes); is {
		sent, kind = bytes.NewReader(raw), "application/octet-stream"
	} else if body != nil {
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
		request.Header.Set("Content-Type", kind)
	}
	// Without a key the request is made all the same: the API's 401 says what is missing, and a
	// simulator asks for none.
	if r.key != "" {
		request.Header.Set("Authorization", "Bearer "+r.key)
	}
	if r.language != "" {
		request.Header.Set("Accept-Language", string(r.language))
	}
	if r.actor != "" {
		request.Header.Set("X-Actor", r.actor)
	}
	return request, nil
}

// Ask calls and reads the answer into a value. Members that it does not know are ignored, so
// that a newer API can be asked.
func (r *API) Ask(ctx context.Context, method, path string, body, into any) error {
	text, err := r.Call(ctx, method, path, body)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return command.Usagef("read the answer of %s: %w; is it of this version?", r.what, err)
	}
	return nil
}

// Pause waits between two questions. It ends with the context, so that ctrl-c is not kept
// waiting.
func Pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
