package receiver_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"miniflow/cmd/standalone/internal/receiver"
)

var secret = "whsec_" + base64.StdEncoding.EncodeToString([]byte("0123456789abcdef0123456789abcdef"))

// stand is a receiver and what it has told of.
type stand struct {
	t *testing.T
	http.Handler
	receiver *receiver.Receiver
	told     []string
}

func open(t *testing.T) *stand {
	t.Helper()
	s := &stand{t: t}
	var err error
	s.receiver, err = receiver.New(secret, time.Now, func(a receiver.Arrival) { s.told = append(s.told, a.NotifyID) })
	if err != nil {
		t.Fatal(err)
	}
	s.Handler = s.receiver.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	return s
}

func (s *stand) do(method, path string, header http.Header, body io.Reader) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(s.t.Context(), method, path, body)
	for name, values := range header {
		r.Header[http.CanonicalHeaderKey(name)] = values
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// signed are the headers of an event.
func signed(t *testing.T, with, id, body string) http.Header {
	t.Helper()
	signer, err := webhooks.NewWebhook(with)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	signature, err := signer.Sign(id, now, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return http.Header{webhooks.HeaderWebhookID: {id}, webhooks.HeaderWebhookTimestamp: {strconv.FormatInt(now.Unix(), 10)},
		webhooks.HeaderWebhookSignature: {signature}}
}

func event(id string) string {
	return `{"type":"notification.received","data":{"name":"alipay.open.auth.userauth.cancelled","notify_id":"` + id + `","content":{"note":"<script>"}}}`
}

func TestWhatVerifiesIsTakenOnce(t *testing.T) {
	s := open(t)
	if nothing := s.receiver.Received(); nothing == nil { // it would be null in JSON
		t.Error("before anything has come there is no list")
	}
	for range 3 {
		if w := s.do("POST", receiver.EventsPath, signed(t, secret, "n1", event("n1")), strings.NewReader(event("n1"))); w.Code != http.StatusNoContent {
			t.Fatalf("answered %d %s", w.Code, w.Body)
		}
	}
	got := s.receiver.Received()
	if len(got) != 1 || got[0].Times != 3 || got[0].Name != "alipay.open.auth.userauth.cancelled" || got[0].WebhookID != "n1" || string(got[0].Event) != event("n1") {
		t.Errorf("received %+v", got)
	}
	if len(s.told) != 1 || s.told[0] != "n1" {
		t.Errorf("told of %v", s.told)
	}
}

func TestWhatDoesNotVerifyIsNotTaken(t *testing.T) {
	other := "whsec_" + base64.StdEncoding.EncodeToString([]byte("another secret of the same length"))
	for name, test := range map[string]struct {
		header http.Header
		body   string
		status int
	}{
		"unsigned":       {nil, event("n1"), http.StatusUnauthorized},
		"another secret": {signed(t, other, "n1", event("n1")), event("n1"), http.StatusUnauthorized},
		"altered":        {signed(t, secret, "n1", event("n1")), event("n2"), http.StatusUnauthorized},
		"no event":       {signed(t, secret, "n1", `[]`), `[]`, http.StatusBadRequest},
		"huge":           {signed(t, secret, "n1", "x"), strings.Repeat("x", 1<<20), http.StatusRequestEntityTooLarge},
	} {
		s := open(t)
		if w := s.do("POST", receiver.EventsPath, test.header, strings.NewReader(test.body)); w.Code != test.status {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
		if len(s.receiver.Received()) != 0 || len(s.told) != 0 {
			t.Errorf("%s: it was taken", name)
		}
	}
	if _, err := receiver.New("whsec_!", time.Now, nil); err == nil || strings.Contains(err.Error(), "!") {
		t.Errorf("a secret that is none gives %v", err)
	}
}

func TestWhatIsShown(t *testing.T) {
	s := open(t)
	for i := range 1005 {
		id := fmt.Sprintf("n%d", i)
		s.do("POST", receiver.EventsPath, signed(t, secret, id, event(id)), strings.NewReader(event(id)))
	}
	var shown struct{ Received []receiver.Arrival }
	if err := json.Unmarshal(s.do("GET", receiver.ReceivedPath, nil, nil).Body.Bytes(), &shown); err != nil {
		t.Fatal(err)
	}
	if len(shown.Received) != 1000 || shown.Received[0].NotifyID != "n1004" || shown.Received[999].NotifyID != "n5" {
		t.Errorf("%d are shown", len(shown.Received))
	}
	w := s.do("GET", receiver.ReceivedPath, http.Header{"Accept": {"text/html,*/*"}}, nil)
	if text := w.Body.String(); strings.Contains(text, "<script>") || !strings.Contains(text, "&lt;script&gt;") || !strings.Contains(text, "n1004") {
		t.Error("the page is not what came, escaped")
	}
	if !strings.HasPrefix(w.Header().Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("the page may do anything: %v", w.Header())
	}
	if w := s.do("GET", "/sim/v1/state", nil, nil); w.Code != http.StatusTeapot {
		t.Errorf("other paths answer %d", w.Code)
	}
}
