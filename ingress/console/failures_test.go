package console

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"miniflow/words"
)

// TestWhatTheAPIRefusesIsShown: with its status, its sentence and the fields, on every page.
func TestWhatTheAPIRefusesIsShown(t *testing.T) {
	h := open(t)
	who := h.logIn("viewer-1")
	for path := range reads {
		h.api.answers["GET "+path] = refuses(http.StatusForbidden, "not said beside fields", "query.limit", "at most 200 "+canary)
	}
	for _, place := range places() {
		if place == to("deliveries", "bulk") {
			continue // asks nothing
		}
		answer := h.get(place, words.English, who)
		page := answer.Body.String()
		if answer.Code != http.StatusForbidden || !strings.Contains(page, "It is refused") || !strings.Contains(page, "at most 200") || !strings.Contains(page, "&lt;script&gt;") {
			t.Errorf("%s is answered %d: %s", place, answer.Code, page)
		}
		h.harmless(place, page)
		h.whole(place, page)
	}
}

// TestAnAPIThatFailsIsSurvived: what can't be read is a failure of ours, and the page says so and no more.
func TestAnAPIThatFailsIsSurvived(t *testing.T) {
	for name, answer := range map[string]any{
		"nothing": raw{status: http.StatusOK}, "no JSON": raw{status: http.StatusOK, content: "<html>canary"}, "a list": raw{status: http.StatusOK, content: "[]"},
		"down": raw{status: http.StatusBadGateway, content: "canary of a proxy"}, "a bare error": raw{status: http.StatusServiceUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			who := h.logIn("viewer-1")
			for path := range reads {
				h.api.answers["GET "+path] = answer
			}
			for _, place := range places() {
				if place == to("deliveries", "bulk") {
					continue // asks nothing
				}
				h.log.Reset()
				for language, said := range map[words.Language]string{words.English: "Miniflow failed; the log of this process says why.", words.Chinese: words.OnConsole("Miniflow failed; the log of this process says why.").In(words.Chinese)} {
					answer := h.get(place, language, who)
					if page := answer.Body.String(); answer.Code != http.StatusInternalServerError || !strings.Contains(page, said) || strings.Contains(page, "canary") {
						t.Errorf("%s in %s is answered %d: %s", place, language, answer.Code, page)
					}
				}
				if log := h.log.String(); !strings.Contains(log, "/v1/") || strings.Contains(log, "canary") {
					t.Errorf("of %s the log says %s", place, log)
				}
			}
		})
	}
}

// TestAPanicIsAnsweredAndItsRouteLogged, without what was in its hand.
func TestAPanicIsAnsweredAndItsRouteLogged(t *testing.T) {
	h := open(t)
	who := h.logIn("viewer-1")
	h.api.answers["GET "+orderAPI(app, no)] = func(heard) any { panic("canary of a merchant") }
	answer := h.get(to("orders", app, no), words.English, who)
	if answer.Code != http.StatusInternalServerError || strings.Contains(answer.Body.String(), "canary") || answer.Header().Get("Content-Security-Policy") != policy {
		t.Errorf("it is answered %d: %s", answer.Code, answer.Body)
	}
	if log := h.log.String(); !strings.Contains(log, `route=/console/orders/{app}/{no}`) || strings.Contains(log, "canary") || strings.Contains(log, no) {
		t.Errorf("the log says %s", log)
	}
}

// TestWhatIsNotThereIsSaid, of a page and of an order.
func TestWhatIsNotThereIsSaid(t *testing.T) {
	h := open(t)
	who := h.logIn("viewer-1")
	for _, place := range []string{to("nothing"), to("orders", app), to("orders", app, no, "x"), to("files"), to("deliveries", app)} {
		for language, said := range map[words.Language]string{words.English: "There is no such page.", words.Chinese: words.OnConsole("There is no such page.").In(words.Chinese)} {
			if answer := h.get(place, language, who); answer.Code != http.StatusNotFound || !strings.Contains(answer.Body.String(), said) {
				t.Errorf("%s in %s is answered %d", place, language, answer.Code)
			}
		}
	}
	if answer := h.get(to("orders", app, no), words.English, who); answer.Code != http.StatusNotFound || !strings.Contains(answer.Body.String(), "there is none") {
		t.Errorf("an order that is not there is answered %d: %s", answer.Code, answer.Body)
	}
	if answer := h.do(h.form(to("deliveries", app, "n-1", "token"), nil), h.logIn("release-1")); answer.Code != http.StatusNotFound || len(h.api.posts()) > 0 {
		t.Errorf("another act is answered %d", answer.Code)
	}
}

// TestAPictureKeepsWhatGuardsIt, and nothing else that the REST API says.
func TestAPictureKeepsWhatGuardsIt(t *testing.T) {
	h := open(t)
	h.api.answers["GET /v1/files/"+app+"/"+pictureSum] = raw{status: http.StatusOK, content: picture, header: http.Header{
		"Content-Type": {"image/png"}, "Content-Security-Policy": {"sandbox"}, "Content-Disposition": {"inline"}, "Cache-Control": {"private, max-age=60"}, "Set-Cookie": {"x=1"},
	}}
	answer := h.get(to("files", app, pictureSum), words.English, h.logIn("viewer-1"))
	header := answer.Header()
	if answer.Body.String() != picture || header.Get("Content-Type") != "image/png" || header.Get("Content-Security-Policy") != "sandbox" || header.Get("X-Content-Type-Options") != "nosniff" || header.Get("Set-Cookie") != "" {
		t.Errorf("it is answered %d with %v", answer.Code, header)
	}
	if answer := h.get(to("files", app, "none"), words.English, h.logIn("viewer-1")); answer.Code != http.StatusNotFound || answer.Header().Get("Content-Security-Policy") != policy {
		t.Errorf("one that is not there is answered %d", answer.Code)
	}
}

// TestWhatIsTypedIsNotLogged, nor shown again: people type passwords into the wrong field.
func TestWhatIsTypedIsNotLogged(t *testing.T) {
	h := open(t)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/console/log-in", strings.NewReader("name=canary-name&password=canary-password"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if answer := h.do(r); answer.Code != http.StatusUnauthorized || strings.Contains(answer.Body.String(), "canary") || strings.Contains(h.log.String(), "canary") {
		t.Errorf("it is answered %d, and the log says %s", answer.Code, &h.log)
	}
}
