package alipaysim

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"miniflow/alipay/alipaysim/wire"
)

// The signatures of a burst are there before its first message is due, over the
// very text that will be sent.
func TestABurstIsSignedBeforeItIsDue(t *testing.T) {
	l := newLife(t)
	app, _ := l.sim.apps.Get("app")
	body := `{"app_id":"app","msg_method":"m","channel":"websocket","biz_content":{"n":"{n}"},"count":3}`
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/sim/v1/messages", strings.NewReader(body))
	recorder := httptest.NewRecorder()
	l.sim.Handler().ServeHTTP(recorder, request)
	if recorder.Code != http.StatusAccepted {
		t.Fatalf("%d %s", recorder.Code, recorder.Body)
	}
	var texts []string
	for _, n := range []string{"1", "2", "3"} {
		text := `{"header":{"appId":"app","msgApi":"m"},"content":{"n":"` + n + `"}}`
		want, err := wire.Sign(l.key, text)
		if got, made := app.Signed(text); err != nil || !made || got != want {
			t.Errorf("%s: signed ahead %t %q, want %q, %v", n, made, got, want, err)
		}
		texts = append(texts, text)
	}
	// The next burst takes the place of this one in memory.
	if err := app.SignAhead([]string{"text"}); err != nil {
		t.Fatal(err)
	}
	if _, made := app.Signed("text"); !made {
		t.Error("the next burst was not signed")
	}
	for _, text := range texts {
		if _, kept := app.Signed(text); kept {
			t.Errorf("%s is still kept", text)
		}
	}
}
