package merchant

import (
	"bytes"
	_ "embed" // the page
	"html/template"
	"net/http"
	"net/url"
	"slices"

	"miniflow/internal/qr"
	"miniflow/order"
	"miniflow/words"
)

//go:embed page.html
var source string

var layout = template.Must(template.New("page").Parse(source))

// page is what the template shows, in one language. All of it is text to the template, but for Link
// and Invite, whose schemes addressOf has checked, and QR, which is drawn here.
type page struct {
	Lang, Title, Shop string
	// Head is what is to be done, or that it is done; How says in more words how.
	Head, How, State, Reason string
	// Link is where the merchant goes on, and QR the same to scan; Button is what stands on it.
	Link   template.URL
	QR     template.HTML
	Button string
	// Invite is Alipay's invitation, a second way to authorise, and InviteText what stands on it.
	Invite     template.URL
	InviteText string
	// Refresh is whether the page asks again by itself.
	Refresh bool
	Files   []file
	Alert   string
	Done    bool
}

// file is a picture that is asked for.
type file struct{ Field, Name, Wrong string }

func say(language words.Language, code string, args ...any) string {
	return words.New(code, args...).In(language)
}

// pageOf makes the page of an order. wrong says what was wrong with pictures that have just been
// handed in, by field.
func pageOf(view order.View, language words.Language, handsIn bool, wrong map[string]string) page {
	task, _ := view.MerchantTask()
	p := page{
		Lang: string(language), Shop: view.ShopName, Title: say(language, "merchant_page.title"),
		State: say(language, "merchant_page.state.now", stateOf(view, task)),
	}
	if task == "" {
		p.Done, p.Head = true, say(language, "merchant_page.done")
		if undone(view) {
			p.Done, p.Head = false, p.Title
		}
		return p
	}
	p.Head, p.How, p.Refresh = head(task).In(language), how(task, handsIn).In(language), task != order.TaskHandIn
	if link, ok := linkOf(view, task); ok {
		p.Link, p.QR, p.Button, p.How = link, qr.SVG(string(link)), say(language, "merchant_page.button"), say(language, "merchant_page.how.link")
	}
	if invite, ok := addressOf(view.Links.MerchantInvite); ok && task == order.TaskAuthorize {
		p.Invite, p.InviteText = invite, say(language, "merchant_page.invite")
	}
	if task == order.TaskHandIn {
		p.Button = say(language, "merchant_page.hand_in")
		if reason := view.Hold.Message.In(language); reason != "" {
			p.Reason = say(language, "merchant_page.reason", reason)
		}
		if handsIn {
			p.Files = filesOf(*view.Hold, language, wrong)
		}
		if len(wrong) > 0 {
			p.Alert = say(language, "merchant_page.refused")
		}
	}
	return p
}

// undone reports whether there is nothing that the merchant could be thanked for.
func undone(view order.View) bool {
	asked := view.Hold != nil && view.Hold.Kind == order.HoldNeedsInput
	return asked || view.CancelRequested || view.Stage == order.StageCreating || view.Stage.Ended() && view.Stage != order.StageOnline
}

// missing is the page of a link that is none, the same whatever is wrong with it.
func missing(language words.Language) page {
	return page{
		Lang: string(language), Title: say(language, "merchant_page.title"),
		Head: say(language, "merchant_page.missing"), How: say(language, "merchant_page.missing_help"),
	}
}

// linkOf returns where the merchant confirms or authorises. An address comes from Alipay, or from the
// configuration: one of another scheme than these is not shown.
func linkOf(view order.View, task order.MerchantTask) (template.URL, bool) {
	if task != order.TaskConfirm && task != order.TaskAuthorize {
		return "", false
	}
	return addressOf(view.Links.MerchantAuthorize)
}

// addressOf returns an address where it leads to a page or into the Alipay app.
func addressOf(text string) (template.URL, bool) {
	address, err := url.Parse(text)
	if err != nil || address.Host == "" || !slices.Contains([]string{"https", "http", "alipays"}, address.Scheme) {
		return "", false
	}
	return template.URL(address.String()), true //nolint:gosec // its scheme is one of three, and the template escapes the rest
}

func filesOf(hold order.Hold, language words.Language, wrong map[string]string) []file {
	var files []file
	for _, field := range hold.MerchantFiles() {
		name, named := order.FieldName(field)
		if !named {
			name = field
		}
		files = append(files, file{Field: field, Name: words.Sentence(name).In(language), Wrong: wrong[field]})
	}
	return files
}

// answer writes a page.
func (h *Handler) answer(w http.ResponseWriter, status int, p page) {
	var text bytes.Buffer
	if err := layout.Execute(&text, p); err != nil {
		h.config.Log.Error("a merchant's page could not be written", "error", err)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", p.Lang)
	w.WriteHeader(status)
	_, _ = w.Write(text.Bytes())
}
