package console

import (
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"

	"miniflow/ingress/console/people"
	"miniflow/order"
	"miniflow/words"
)

// beijing is the time that merchants and Alipay live by; every page is in it.
var beijing = time.FixedZone("UTC+8", 8*60*60)

// wording is what templates say things with, in one language.
type wording struct {
	language words.Language
	now      func() time.Time
	files    assets
}

func (c *Console) wording(r *http.Request) wording {
	return wording{languageOf(r), c.config.Now, c.assets}
}

func (w wording) functions() template.FuncMap {
	return template.FuncMap{
		"say": w.say, "named": w.named, "ago": w.ago, "when": w.when, "moment": w.moment, "lasted": w.lasted,
		"asset": w.files.address, "to": to, "other": w.other, "field": w.field, "sum": shortSum, "percent": percent,
		"within": w.within, "stages": order.Stages, "holds": order.HoldKinds, "dict": dict, "filter": filter, "tone": tone, "reasons": reasonsShown, "plainly": w.plainly, "again": again,
		"left": w.left, "either": w.either,
	}
}

// say says a sentence of the catalogue, by its English.
func (w wording) say(english string, args ...any) string {
	return words.OnConsole(english, args...).In(w.language)
}

// named says what a code of the vocabulary is called: of a stage, a hold, a verdict.
func (w wording) named(kind string, code any) string {
	text := fmt.Sprint(code)
	if text == "" {
		return ""
	}
	if said := words.New(kind + "." + text).In(w.language); said != kind+"."+text {
		return said
	}
	return text
}

// either names some codes, one of which will do.
func (w wording) either(kind string, codes []people.Role) (all string) {
	for _, code := range codes {
		if name := w.named(kind, code); all == "" {
			all = name
		} else {
			all = w.say("%s or %s", all, name)
		}
	}
	return all
}

// other is the language that a page is not in, by its own name.
func (w wording) other() map[string]string {
	if w.language == words.Chinese {
		return map[string]string{"code": string(words.English), "name": "English"}
	}
	return map[string]string{"code": string(words.Chinese), "name": "简体中文"}
}

// when writes a moment, with the year only where it is another one, and how long ago it was.
func (w wording) when(at any) template.HTML {
	moment, ok := momentOf(at)
	if !ok {
		return "–"
	}
	local, layout := moment.In(beijing), "01-02 15:04"
	if local.Year() != w.now().In(beijing).Year() {
		layout = "2006-01-02 15:04"
	}
	return template.HTML(fmt.Sprintf(`<time datetime="%s" title="%s">%s</time>`, //nolint:gosec // made of a moment and two layouts
		moment.UTC().Format(time.RFC3339), local.Format(time.DateTime), local.Format(layout)))
}

// moment writes all of a moment, to the second.
func (w wording) moment(at any) string {
	moment, ok := momentOf(at)
	if !ok {
		return "–"
	}
	return moment.In(beijing).Format(time.DateTime)
}

// ago writes how long ago a moment was, or how long it is until then, in one unit.
func (w wording) ago(at any) string {
	moment, ok := momentOf(at)
	if !ok {
		return ""
	}
	return w.lasted(w.now().Sub(moment).Abs())
}

// left writes for how many days something lasts, or how long it has been over.
func (w wording) left(days int) string {
	if days < 0 {
		return w.say("over for %s", w.lasted(time.Duration(-days)*24*time.Hour))
	}
	return w.say("%d days left", days)
}

// lasted writes a duration in its largest unit.
func (w wording) lasted(duration time.Duration) string {
	for _, unit := range []struct {
		length         time.Duration
		english, plain string
	}{{24 * time.Hour, "%d days", "1 day"}, {time.Hour, "%d hours", "1 hour"}, {time.Minute, "%d minutes", "1 minute"}} {
		switch n := int(duration / unit.length); {
		case n == 1:
			return w.say(unit.plain)
		case n > 1:
			return w.say(unit.english, n)
		}
	}
	return w.say("less than a minute")
}

// within writes how many seconds something took at most, a minute at least.
func (w wording) within(n int64) string {
	return w.lasted(max(time.Minute, time.Duration(n)*time.Second))
}

func momentOf(at any) (time.Time, bool) {
	switch at := at.(type) {
	case time.Time:
		return at, !at.IsZero()
	case *time.Time:
		if at != nil {
			return *at, !at.IsZero()
		}
	}
	return time.Time{}, false
}

// field says what a field of an order is called, and its path where nobody has named it.
func (w wording) field(path string) string {
	if name, known := order.FieldName(path); known {
		return words.Sentence(name).In(w.language)
	}
	return path
}

// to makes an address of the console's of parts, each of which may hold anything.
func to(parts ...any) string {
	address := Path
	for _, part := range parts {
		address += "/" + url.PathEscape(fmt.Sprint(part))
	}
	return address
}

// filter adds a query to an address: names and values in turn; empty values are left out.
func filter(address string, pairs ...any) string {
	query := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if value := fmt.Sprint(pairs[i+1]); value != "" {
			query.Set(fmt.Sprint(pairs[i]), value)
		}
	}
	return filterAll(address, query)
}

func filterAll(address string, query url.Values) string {
	if len(query) == 0 {
		return address
	}
	return address + "?" + query.Encode()
}

// again is a page's address for reading itself again.
func again(address string) string {
	if strings.Contains(address, "?") {
		return address + "&" + liveMark + "=1"
	}
	return address + "?" + liveMark + "=1"
}

func shortSum(sum string) string { return sum[:min(12, len(sum))] }

func percent(part, whole int64) string {
	if whole == 0 {
		return "–"
	}
	return fmt.Sprintf("%.0f %%", 100*float64(part)/float64(whole))
}

func dict(pairs ...any) map[string]any {
	all := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		all[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return all
}

// tone is the class of the colour that something has: how much of a person's care it wants.
func tone(code any) string {
	switch text := fmt.Sprint(code); {
	case text == string(order.StageOnline), text == "rolled_back", text == "passed", text == "applied", text == "done", text == "told", text == "healthy", text == "authorized":
		return "good"
	case strings.HasPrefix(text, "needs_"), text == "audit_rejected", text == "base_passed", text == "authorization_revoked", text == "punished",
		text == "rejected", text == "halted", text == "kept", text == "stuck", text == "held", text == "refused", text == "failed", text == "dead", text == "conflict", text == "refusing", text == "disabled", text == "failing", text == "terminated", text == "revoked":
		return "bad"
	case text == "paused", text == "waiting", text == "late", text == "recovering", text == "pipeline_busy", text == "awaiting_filing":
		return "warm"
	case text == "merchant_rejected", text == "confirm_timed_out", text == "creation_failed", text == "cancelled":
		return "over"
	}
	return "plain"
}
