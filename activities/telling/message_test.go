package telling

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"miniflow/activities/backend"
	"miniflow/order"
	"miniflow/words"
)

type posted struct{ body string }

func (p *posted) RoundTrip(r *http.Request) (*http.Response, error) {
	text, err := io.ReadAll(r.Body)
	p.body = string(text)
	return &http.Response{StatusCode: http.StatusNoContent, Body: http.NoBody, Request: r}, err
}

// TestAnEventSpeaksTheAppsLanguage: sentences and no codes of sentences are posted.
func TestAnEventSpeaksTheAppsLanguage(t *testing.T) {
	signer, err := webhooks.NewWebhook("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		t.Fatal(err)
	}
	event := order.ToldEvent{Note: words.New("note.built", "0.0.1")}
	for language, want := range map[words.Language]string{"": `"note":"built 0.0.1"`, words.English: `"note":"built 0.0.1"`, words.Chinese: `"note":"0.0.1 构建完成"`} {
		var got posted
		poster := Targets(&http.Client{Transport: &got}, func(error) bool { return false }, time.Now)
		target := Target{URL: "https://isv.example/hook", Signers: []backend.Signer{signer}, Language: language}
		if _, err := Send(t.Context(), poster, target, "evt_1", event); err != nil || !strings.Contains(got.body, want) {
			t.Errorf("in %q %v is posted, %v", language, got.body, err)
		}
	}
}
