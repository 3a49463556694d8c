package console

import (
	"net/http"
	"net/url"

	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"

	"miniflow/order"
)

// bulkForm asks which messages are meant.
func (c *Console) bulkForm(w http.ResponseWriter, r *http.Request) {
	page := c.bulkOf(r.URL.Query())
	if page.Filter["state"] == "" {
		page.Filter["state"] = string(order.DispositionDead)
	}
	c.show(w, r, http.StatusOK, view{Name: "bulk-form", Page: &page})
}

func (c *Console) bulkOf(given url.Values) bulkPage {
	page := bulkPage{Command: order.ReplayUpdate, Apps: c.config.Apps, Filter: map[string]string{}, Rate: given.Get("rate"), Reason: given.Get(reason), Key: given.Get("key")}
	if given.Get("command") == order.DiscardUpdate {
		page.Command = order.DiscardUpdate
	}
	for _, name := range bulkFields {
		page.Filter[name] = given.Get(name)
	}
	if page.Filter["app_id"] == "" && len(c.config.Apps) > 0 {
		page.Filter["app_id"] = c.config.Apps[0]
	}
	if page.Rate == "" {
		page.Rate = "10"
	}
	return page
}

// bulkBegin first says what would be done, and does it once that was seen: the form of the second
// time holds a key, so that a second click begins no second bulk.
func (c *Console) bulkBegin(w http.ResponseWriter, r *http.Request) {
	page := c.bulkOf(r.PostForm)
	dry := page.Key == ""
	var answer order.BulkView
	err := c.ask(r, question{method: http.MethodPost, path: "/v1/deliveries/" + page.Command, body: page.body(dry), key: page.Key}, &answer)
	v := view{Name: "bulk-form", Page: &page}
	switch refused := refused(err); {
	case refused != nil:
		v.Problem, page.Key = refused, ""
		c.show(w, r, refused.Status, v)
	case err != nil:
		c.fail(w, r, err)
	case dry:
		page.Planned, page.Key = &answer, uuid.NewString()
		c.show(w, r, http.StatusOK, v)
	default:
		http.Redirect(w, r, to("deliveries", "bulk", answer.Filter.AppID, answer.BulkID), http.StatusSeeOther)
	}
}

// bulk shows how far it is.
func (c *Console) bulk(w http.ResponseWriter, r *http.Request) {
	page := bulkPage{}
	path := "/v1/deliveries/bulk/" + url.PathEscape(chi.URLParam(r, "app")) + "/" + url.PathEscape(chi.URLParam(r, "id"))
	if err := c.read(r, path, nil, &page.Bulk); err != nil {
		c.fail(w, r, err)
		return
	}
	page.Progress = page.Bulk.Taken + page.Bulk.Refused
	v := view{Name: "bulk", Page: &page}
	if page.Bulk.State == order.BulkRunning {
		v.Live = 1
	}
	c.show(w, r, http.StatusOK, v)
}
