package console

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"

	"miniflow/order"
)

// deliveriesPage is a page of the list of messages that belong to no order.
type deliveriesPage struct {
	State, AppID string
	States       []order.Disposition
	Apps         []string
	Deliveries   []order.DeliveryView
	Next         string
	Bulk         bool
}

// deliveryPage is one message.
type deliveryPage struct {
	Delivery order.DeliveryView
	Copy     bool
	Masked   bool
	Content  string
	Flaw     string
	SentAt   time.Time
	// Replay, Discard and Reveal are whether the person may do so, and it makes sense.
	Replay, Discard, Reveal bool
	Notes                   notes
}

func deliveryAPI(app, id string) string {
	return "/v1/deliveries/" + url.PathEscape(app) + "/" + url.PathEscape(id)
}

func (c *Console) deliveries(w http.ResponseWriter, r *http.Request) {
	query, asked := r.URL.Query(), url.Values{}
	for _, name := range []string{"state", "app_id", "cursor"} {
		if value := query.Get(name); value != "" {
			asked.Set(name, value)
		}
	}
	var found struct {
		Deliveries []order.DeliveryView `json:"deliveries"`
		Next       string               `json:"next_cursor"`
	}
	if err := c.read(r, "/v1/deliveries", asked, &found); err != nil {
		c.fail(w, r, err)
		return
	}
	c.show(w, r, http.StatusOK, view{Name: "deliveries", Live: 15, Page: &deliveriesPage{
		State: query.Get("state"), AppID: query.Get("app_id"), Apps: c.config.Apps, Deliveries: found.Deliveries, Next: next(r, found.Next),
		States: []order.Disposition{order.DispositionDead, order.DispositionWaiting, order.DispositionConflict, order.DispositionLate, order.DispositionForwarded, order.DispositionApplied},
		Bulk:   personOf(r).Allows("replay-deliveries"),
	}})
}

func (c *Console) delivery(w http.ResponseWriter, r *http.Request) {
	app, id, query := chi.URLParam(r, "app"), chi.URLParam(r, "id"), r.URL.Query()
	asked := url.Values{}
	for _, name := range []string{"copy", "reveal"} {
		if query.Get(name) == "true" {
			asked.Set(name, "true")
		}
	}
	var found struct {
		order.DeliveryView
		SentAt  time.Time       `json:"sent_at"`
		Flaw    string          `json:"flaw"`
		Masked  bool            `json:"masked"`
		Content json.RawMessage `json:"content"`
	}
	var noted notes
	err := together(
		func() error { return c.read(r, deliveryAPI(app, id), asked, &found) },
		func() error { noted = c.notesOf(r, app, "delivery:"+id); return nil },
	)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	who := personOf(r)
	open := found.HeldBy == order.HeldByDelivery && (found.State == order.DispositionWaiting || found.State == order.DispositionDead && found.ReplayableUntil.After(c.config.Now()))
	page := deliveryPage{
		Delivery: found.DeliveryView, Copy: asked.Get("copy") != "", Masked: found.Masked, Content: indented(found.Content), Flaw: found.Flaw, SentAt: found.SentAt,
		Replay: open && who.Allows("replay-delivery"), Discard: open && who.Allows("discard-delivery"), Reveal: found.Masked && who.Reveals(),
		Notes: noted,
	}
	v := view{Name: "delivery", Page: &page}
	switch query.Get("done") {
	case order.ReplayUpdate:
		v.Done = c.wording(r).say("It is on its way again.")
	case order.DiscardUpdate:
		v.Done = c.wording(r).say("It was given up.")
	}
	c.show(w, r, http.StatusOK, v)
}

// indented writes a message's content for people; null where there is none.
func indented(content json.RawMessage) string {
	var b bytes.Buffer
	if string(content) == "null" || json.Indent(&b, content, "", "  ") != nil {
		return ""
	}
	return b.String()
}

func (c *Console) deliveryCommand(w http.ResponseWriter, r *http.Request) {
	app, id, act := chi.URLParam(r, "app"), chi.URLParam(r, "id"), chi.URLParam(r, "act")
	if act != order.ReplayUpdate && act != order.DiscardUpdate {
		c.missing(w, r)
		return
	}
	query := url.Values{}
	if r.PostFormValue("copy") == "true" {
		query.Set("copy", "true")
	}
	err := c.ask(r, question{method: http.MethodPost, path: deliveryAPI(app, id) + "/" + act, query: query, body: map[string]string{reason: r.PostFormValue(reason)}}, nil)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	http.Redirect(w, r, filter(to("deliveries", app, id), "done", act, "copy", query.Get("copy")), http.StatusSeeOther)
}

// bulkPage is what is done to many messages: the form, what a dry run has found, how far it is.
type bulkPage struct {
	Command  string
	Apps     []string
	Filter   map[string]string
	Rate     string
	Reason   string
	Planned  *order.BulkView
	Key      string
	Bulk     order.BulkView
	Progress int
}

// bulkFields are the parts of a filter, as the form has them.
var bulkFields = []string{"app_id", "state", "name", "out_order_no", "mini_app_id", "code", "since", "until"}

func (p bulkPage) body(dry bool) map[string]any {
	meant, body := map[string]string{}, map[string]any{"dry_run": dry, reason: p.Reason}
	for _, name := range bulkFields {
		if value := p.Filter[name]; value != "" {
			meant[name] = value
		}
	}
	for _, name := range []string{"since", "until"} {
		if at, err := time.ParseInLocation("2006-01-02T15:04", meant[name], beijing); err == nil {
			meant[name] = at.Format(time.RFC3339)
		}
	}
	body["filter"] = meant
	if rate, err := strconv.ParseFloat(p.Rate, 64); err == nil {
		body["rate"] = rate
	}
	return body
}
