package alipaysim

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"unicode/utf16"

	"pgregory.net/rapid"
)

// However a text is escaped, it says the same afterwards, and nothing that could
// be written out is escaped with a letter any more.
func TestPlainEscapesKeepTheMeaning(t *testing.T) {
	control := regexp.MustCompile(`\\u00[01][a-fA-F]`)
	letter := regexp.MustCompile(`\\u[0-9a-fA-F]{0,3}[a-fA-F]`)
	backslash := regexp.MustCompile(`\\\\`)
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.String().Draw(t, "text")
		escaped := `"`
		for _, unit := range utf16.Encode([]rune(want)) {
			format := rapid.SampledFrom([]string{`\u%04x`, `\u%04X`}).Draw(t, "format")
			escaped += fmt.Sprintf(format, unit)
		}
		plain := plainEscapes(escaped + `"`)
		var got string
		if err := json.Unmarshal([]byte(plain), &got); err != nil || got != want {
			t.Fatalf("%q became %s, which says %q: %v", want, plain, got, err)
		}
		rest := control.ReplaceAllString(backslash.ReplaceAllString(plain, ""), "")
		rest = regexp.MustCompile(`\\u005[cC]`).ReplaceAllString(rest, "")
		if letter.MatchString(rest) {
			t.Fatalf("%q became %s", want, plain)
		}
	})
}

// Whatever a client sends, it is read or refused: nothing that is refused gives
// anything else back, and what is read has what an acknowledgement needs.
func TestInboundIsReadOrRefused(t *testing.T) {
	good := "stream-id:s1\r\n\r\n" + `{"protocol":{"x-type":"message","x-cmd":"CONSUME_ACK","x-msgId":"n1","x-status":null}}`
	if in, err := readInbound(good); err != nil || in.cmd != "CONSUME_ACK" || in.protocol["x-msgId"] != "n1" {
		t.Fatalf("%v, %v", in, err)
	}
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.IntRange(0, len(good)-1).Draw(t, "at")
		end := rapid.IntRange(at, len(good)).Draw(t, "end")
		in, err := readInbound(good[:at] + rapid.String().Draw(t, "instead") + good[end:])
		if err == nil && (in.headers["stream-id"] == "" || in.protocol["x-type"] != "message") {
			t.Fatalf("read %v", in)
		}
	})
}

// A retry is not signed again, and what is kept for retries has a bound.
func TestSignaturesAreKeptForRetries(t *testing.T) {
	app := newLife(t).sim.apps["app"]
	for range 2 {
		if _, err := app.sign("a text"); err != nil || len(app.ahead.made) != 1 {
			t.Fatalf("%d signatures, %v", len(app.ahead.made), err)
		}
	}
	kept := sha256.Sum256([]byte("a text"))
	app.ahead.made[kept] = "the one that was kept"
	if got, err := app.sign("a text"); err != nil || got != "the one that was kept" {
		t.Errorf("signed anew: %s, %v", got, err)
	}
	for i := range maxBurst {
		app.ahead.made[sha256.Sum256([]byte{byte(i), byte(i >> 8)})] = ""
	}
	if _, err := app.sign("another text"); err != nil || len(app.ahead.made) != 1 {
		t.Errorf("%d signatures, %v", len(app.ahead.made), err)
	}
}

// The signatures of a burst are there before its first message is due, over the
// very text that will be sent.
func TestABurstIsSignedBeforeItIsDue(t *testing.T) {
	l := newLife(t)
	app := l.sim.apps["app"]
	body := `{"app_id":"app","msg_method":"m","channel":"websocket","biz_content":{"n":"{n}"},"count":3}`
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/sim/v1/messages", strings.NewReader(body))
	recorder := httptest.NewRecorder()
	l.sim.Handler().ServeHTTP(recorder, request)
	if recorder.Code != http.StatusAccepted || len(app.ahead.made) != 3 {
		t.Fatalf("%d %s, %d signatures", recorder.Code, recorder.Body, len(app.ahead.made))
	}
	for _, n := range []string{"1", "2", "3"} {
		data, err := consumeData(app, "app", "m", `{"n":"`+n+`"}`)
		if err != nil {
			t.Fatal(err)
		}
		want, err := sign(l.key, data)
		if got := app.ahead.made[sha256.Sum256([]byte(data))]; err != nil || got != want {
			t.Errorf("%s: signed ahead %q, want %q, %v", n, got, want, err)
		}
	}
	// The next burst takes the place of this one in memory.
	if err := app.signAhead([]string{"text"}); err != nil || len(app.ahead.made) != 1 {
		t.Errorf("%d signatures, %v", len(app.ahead.made), err)
	}
}
