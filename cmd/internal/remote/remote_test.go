package remote

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestPauseEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if Pause(ctx, answerWithin) == nil {
		t.Error("slept on")
	}
}

// TestAnAnswerThatIsTooLargeIsSaid: half of it would be no JSON, and blame the other program's version.
func TestAnAnswerThatIsTooLargeIsSaid(t *testing.T) {
	largest := append(append([]byte(`"`), bytes.Repeat([]byte("x"), maxAnswer-2)...), '"')
	for _, more := range []string{"", " "} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(append(largest, more...))
		}))
		api, err := New(Place{URL: server.URL, What: "the API", Flag: "--api"})
		if err != nil {
			t.Fatal(err)
		}
		var text string
		err = api.Ask(t.Context(), http.MethodGet, "/", nil, &text)
		if tooLarge := more != ""; (err != nil) != tooLarge || tooLarge && !strings.Contains(err.Error(), "larger than 16 MiB") {
			t.Errorf("%d bytes: %v", len(largest)+len(more), err)
		}
		server.Close()
	}
}

// TestACallThatComesTooSoonIsMadeAgain: a command that asks about each of many orders is quicker than what
// one key may ask. A 429 that doesn't say when comes from something else.
func TestACallThatComesTooSoonIsMadeAgain(t *testing.T) {
	for _, test := range []struct {
		refusals int
		after    string
		calls    int
		well     bool
	}{{0, "1", 1, true}, {3, "1", 4, true}, {3, "", 1, false}, {3, "7200", 1, false}, {1000, "1", 1 + maxRests, false}} {
		calls, bodies := 0, ""
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if calls++; err != nil || string(body) != `{"a":1}` {
				bodies += string(body)
			}
			if calls > test.refusals {
				_, _ = w.Write([]byte("{}"))
				return
			}
			w.Header().Set("Retry-After", test.after)
			w.WriteHeader(http.StatusTooManyRequests)
			_, _ = w.Write([]byte(`{"detail":"later"}`))
		}))
		api, err := New(Place{URL: server.URL, What: "the API", Flag: "--api"})
		if err != nil {
			t.Fatal(err)
		}
		var rested time.Duration
		api.rest = func(_ context.Context, d time.Duration) error { rested += d; return nil }
		_, err = api.Call(t.Context(), http.MethodPost, "/", map[string]int{"a": 1})
		if (err == nil) != test.well || calls != test.calls || rested != time.Duration(calls-1)*time.Second || bodies != "" {
			t.Errorf("%+v: %v, %d calls, rested %s, other bodies %q", test, err, calls, rested, bodies)
		}
		server.Close()
	}
}
