package console

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"miniflow/order"
	"miniflow/words"
)

const (
	app = "2021000000000001"
	no  = "shop-7-first"
	// canary would run if it stood anywhere as it is, and break out of any attribute.
	canary = `"'><script>canary()</script><b onmouseover=canary()>`
)

func orderCommands() (commands []string) {
	for _, command := range order.Commands() {
		commands = append(commands, string(command))
	}
	return commands
}

// plain is an answer of everyday.
func plain() filler {
	return filler{text: "words", set: map[string]any{
		"stage": "audit_rejected", "kind": "needs_input", "by_stage": map[string]int{"auditing": 3}, "by_hold": map[string]int{"needs_input": 2},
		"ended_today": map[string]int{"online": 4}, "counts": map[string]int{"audit_rejected": 5, "webhook_down": 1}, "execution": "paused",
		"event": "order.command", "state": "dead", "held_by": "delivery", "replayable_until": noon.Add(1 << 40), "commands": orderCommands(),
		"command": "replay", "fields": []string{"submission.files.app_logo", "submission.version_desc"}, "id": "order:" + no, "notify_id": "n-1",
		"out_order_no": no, "app_id": app, "mini_app_id": "m-1", "images": []string{"https://alipay.example/1", "https://alipay.example/2"},
		"copies": []string{strings.Repeat("a", 64)}, "temporal_ui": "https://temporal.example/1", "merchant_authorize": "alipays://platformapi/1", "merchant": "",
	}}
}

// unsaid is what a page says where a template or a sentence was given something else than it takes.
var unsaid = regexp.MustCompile(`%!|%[sdvq]|%\[\d|&lt;nil&gt;|<nil>|map\[|0001-01-01|ZgotmplZ|\(MISSING\)|\{\{|\bconsole\.[A-Z%"(]|no value|&lt;(bool|int|float64) Value|0x[0-9a-f]{6}`)

func (h *house) whole(what, page string) {
	h.t.Helper()
	if found := unsaid.FindString(page); found != "" {
		at := strings.Index(page, found)
		h.t.Errorf("%s says %q: …%s…", what, found, page[max(0, at-80):min(len(page), at+80)])
	}
}

// TestEveryPageIsWhole: in both languages, with all that the REST API can say, with nothing and with
// codes that a newer release has.
func TestEveryPageIsWhole(t *testing.T) {
	for name, f := range map[string]filler{
		"full": plain(), "alien": {text: "a.newer_word", alien: true, set: map[string]any{}}, "as described": {text: "words", set: map[string]any{}},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			h.answers(f)
			h.everyPage("release-1")
		})
	}
	t.Run("empty", func(t *testing.T) {
		h := open(t)
		for path := range reads {
			h.api.answers["GET "+path] = struct{}{}
		}
		h.everyPage("release-1", "viewer-1", "auditor-1")
	})
	for _, stage := range order.Stages() {
		t.Run(string(stage), func(t *testing.T) {
			h := open(t)
			h.answers(plain().with("stage", string(stage), "hold", nil, "interruption", nil, "execution", "running"))
			who := h.logIn("release-1")
			for _, language := range words.Languages() {
				page := h.page(to("orders", app, no), language, who)
				h.whole(string(stage), page)
				if sentence := words.New("stage-sentence." + string(stage)).In(language); !strings.Contains(page, html.EscapeString(sentence)) {
					t.Errorf("in %s it does not say %q", language, sentence)
				}
			}
		})
	}
}

func (h *house) everyPage(names ...string) {
	h.t.Helper()
	for _, name := range names {
		who := h.logIn(name)
		for _, language := range words.Languages() {
			for _, place := range places() {
				answer := h.get(place, language, who)
				if answer.Code != http.StatusOK {
					h.t.Errorf("%s is answered %d: %s", place, answer.Code, &h.log)
					h.log.Reset()
				}
				page := answer.Body.String()
				h.whole(place+" in "+string(language), page)
				if !strings.Contains(page, `<html lang="`+string(language)+`">`) || !strings.Contains(page, "</html>") {
					h.t.Errorf("%s is no page in %s", place, language)
				}
			}
		}
	}
}

// TestNothingThatAnybodyWritesRuns: with a canary in every string that the REST API can answer, with
// and without those that are codes, pages have no element and no attribute but their own.
func TestNothingThatAnybodyWritesRuns(t *testing.T) {
	for name, f := range map[string]filler{
		"text":   {text: canary, set: map[string]any{"replayable_until": noon.Add(1 << 40)}},
		"codes":  {text: canary, alien: true, set: map[string]any{}},
		"script": {text: "javascript:canary()", set: map[string]any{}},
		"data":   {text: "data:text/html,<script>canary()</script>", alien: true, set: map[string]any{}},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			h.answers(f)
			who := h.logIn("release-1")
			for _, place := range places() {
				h.harmless(place, h.get(place, words.Chinese, who).Body.String())
			}
			if f.alien {
				return
			}
			for _, place := range typed(f.text) {
				h.harmless(place, h.get(place, words.English, who).Body.String())
			}
		})
	}
}

// typed are addresses in which somebody has written something.
func typed(text string) (addresses []string) {
	for _, name := range []string{"q", "stage", "hold", "app_id", "kind", "assigned_to", "snoozed", "state", "name", "out_order_no", "since", "rate", "reason", "command", "done", "requested", "view", "cursor", "live", "who", "object"} {
		for _, at := range []string{Path, to("orders"), to("attention"), to("deliveries"), to("deliveries", "bulk"), to("orders", app, no), to("mini-programs"), to("rollouts"), to("rollouts", app, "autumn"), to("audit"), to("nothing")} {
			addresses = append(addresses, at+"?"+url.Values{name: {text}}.Encode())
		}
	}
	return append(addresses, "/console/log-in?"+url.Values{"next": {text}}.Encode(), to(text), to("orders", text, text), to("orders", app, no, "do", text))
}

var (
	ownAttributes = strings.Fields(`lang xmlns charset name content href rel type src defer class id action method role aria-label aria-current aria-describedby placeholder value maxlength
		for title datetime tabindex data-live data-app data-field data-copy data-copied data-shortest data-longest enctype accept alt loading required list autocomplete autocapitalize autofocus selected checked min max step rows formaction open
		scope viewbox preserveaspectratio x y x1 y1 x2 y2 width height d points rx ry transform text-anchor aria-hidden aria-labelledby http-equiv r cx cy colspan multiple hidden
		marker-end markerwidth markerheight markerunits orient refx refy fill stroke`)
)

// harmless reads a page as a browser does.
func (h *house) harmless(what, page string) {
	h.t.Helper()
	for tokens := html.NewTokenizer(strings.NewReader(page)); ; {
		kind := tokens.Next()
		if kind == html.ErrorToken {
			return
		}
		if kind == html.StartTagToken || kind == html.SelfClosingTagToken {
			h.harmlessElement(what, tokens.Token())
		}
	}
}

func (h *house) harmlessElement(what string, token html.Token) {
	h.t.Helper()
	bare := token.Data == "script" && (len(token.Attr) == 0 || token.Attr[0].Key != "src")
	if bare || slices.Contains([]string{"style", "iframe", "object", "embed"}, token.Data) {
		h.t.Errorf("%s has the element %s", what, token)
	}
	for _, attribute := range token.Attr {
		isAddress := slices.Contains([]string{"href", "src", "action", "formaction"}, attribute.Key)
		if !slices.Contains(ownAttributes, strings.ToLower(attribute.Key)) || isAddress && !harmlessAddress(attribute.Val) {
			h.t.Errorf("%s has %s=%q in %s", what, attribute.Key, attribute.Val, token)
		}
	}
}

// harmlessAddress reports whether a browser that follows an address reads another page and no more.
func harmlessAddress(address string) bool {
	parsed, err := url.Parse(address)
	return err == nil && slices.Contains([]string{"", "http", "https", "alipays"}, parsed.Scheme)
}
