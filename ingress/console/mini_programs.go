package console

import (
	"cmp"
	"net/http"
	"net/url"

	"github.com/go-chi/chi/v5"

	"miniflow/order"
)

// miniProgramsPage is a page of the list of mini programs.
type miniProgramsPage struct {
	MiniPrograms []order.MiniProgramView
	Next         string
}

// miniProgramPage is one mini program with its orders.
type miniProgramPage struct {
	MiniProgram order.MiniProgramView
	Orders      []order.View
	// Shop is what its orders call the shop.
	Shop  string
	Close bool
	// Rollback and Offline are whether there is something online that this person may take down.
	Rollback, Offline bool
	Notes             notes
}

func (c *Console) miniPrograms(w http.ResponseWriter, r *http.Request) {
	asked := url.Values{}
	for _, name := range []string{"app_id", "cursor"} {
		if value := r.URL.Query().Get(name); value != "" {
			asked.Set(name, value)
		}
	}
	var found struct {
		MiniPrograms []order.MiniProgramView `json:"mini_programs"`
		Next         string                  `json:"next_cursor"`
	}
	if err := c.read(r, "/v1/mini-programs", asked, &found); err != nil {
		c.fail(w, r, err)
		return
	}
	c.show(w, r, http.StatusOK, view{Name: "mini-programs", Page: &miniProgramsPage{found.MiniPrograms, next(r, found.Next)}})
}

func miniProgramAPI(app, id string) string {
	return "/v1/mini-programs/" + url.PathEscape(app) + "/" + url.PathEscape(id)
}

func (c *Console) miniProgram(w http.ResponseWriter, r *http.Request) {
	app, id := chi.URLParam(r, "app"), chi.URLParam(r, "id")
	var page miniProgramPage
	var found struct {
		Orders []order.View `json:"orders"`
	}
	err := together(
		func() error { return c.read(r, miniProgramAPI(app, id), nil, &page.MiniProgram) },
		func() error {
			return c.read(r, "/v1/orders", url.Values{"app_id": {app}, "mini_app_id": {id}}, &found)
		},
		func() error { page.Notes = c.notesOf(r, app, "mini-program:"+id); return nil },
	)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	for _, one := range found.Orders {
		page.Shop = cmp.Or(page.Shop, one.ShopName)
	}
	page.Orders, page.Close = found.Orders, personOf(r).Allows("close-mini-program") && page.MiniProgram.OutOrderNo == ""
	up, asks := page.MiniProgram.Online != nil, page.MiniProgram.Down != nil && page.MiniProgram.Down.Cause == order.DownByOthers
	page.Rollback = up && personOf(r).Allows("rollback-mini-program")
	page.Offline = (up || asks) && personOf(r).Allows("offline-mini-program")
	c.show(w, r, http.StatusOK, view{Name: "mini-program", Live: 15, Page: &page})
}

func (c *Console) closeMiniProgram(w http.ResponseWriter, r *http.Request) {
	app, id := chi.URLParam(r, "app"), chi.URLParam(r, "id")
	if err := c.tell(r, miniProgramAPI(app, id)+"/close", map[string]string{reason: r.PostFormValue(reason)}); err != nil {
		c.fail(w, r, err)
		return
	}
	http.Redirect(w, r, to("mini-programs"), http.StatusSeeOther)
}

// takeDown puts the version before back online, or takes what is online from its users: that which the
// page has shown, so that nothing else is taken down by a page that is old.
func (c *Console) takeDown(w http.ResponseWriter, r *http.Request) {
	app, id, act := chi.URLParam(r, "app"), chi.URLParam(r, "id"), chi.URLParam(r, "act")
	given := map[string]string{reason: r.PostFormValue(reason)}
	if version := r.PostFormValue("app_version"); version != "" {
		given["app_version"] = version
	}
	if err := c.tell(r, miniProgramAPI(app, id)+"/"+act, given); err != nil {
		c.fail(w, r, err)
		return
	}
	http.Redirect(w, r, to("mini-programs", app, id), http.StatusSeeOther)
}
