package remote

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
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
