package console

import (
	"net/http"
	"net/url"

	"miniflow/order"
)

// ordersPage is a page of the list of orders.
type ordersPage struct {
	Query, Stage, Hold, AppID string
	Apps                      []string
	Orders                    []order.View
	Next                      string
}

// listed are the filters that the list takes from its address, as they are.
var listed = []string{"q", "stage", "hold", "app_id", "execution", "attention", "merchant_ref", "mini_app_id", "since", "cursor"}

func (c *Console) orders(w http.ResponseWriter, r *http.Request) {
	asked, given := url.Values{}, r.URL.Query()
	for _, name := range listed {
		if value := given.Get(name); value != "" {
			asked.Set(name, value)
		}
	}
	page := ordersPage{Query: given.Get("q"), Stage: given.Get("stage"), Hold: given.Get("hold"), AppID: given.Get("app_id"), Apps: c.config.Apps}
	v := view{Name: "orders", Live: 15, Page: &page}
	var found struct {
		Orders []order.View `json:"orders"`
		Next   string       `json:"next_cursor"`
	}
	if err := c.read(r, "/v1/orders", asked, &found); err != nil {
		if v.Problem = refused(err); v.Problem == nil {
			c.fail(w, r, err)
			return
		}
		c.show(w, r, v.Problem.Status, v)
		return
	}
	page.Orders, page.Next = found.Orders, next(r, found.Next)
	c.show(w, r, http.StatusOK, v)
}

// next is the address of the page after this one.
func next(r *http.Request, cursor string) string {
	if cursor == "" {
		return ""
	}
	query := r.URL.Query()
	query.Set("cursor", cursor)
	return r.URL.Path + "?" + query.Encode()
}
