package console

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/go-chi/chi/v5"

	"miniflow/order"
	"miniflow/words"
)

// orderPage is one order, whole.
type orderPage struct {
	Order    order.View
	Commands []button
	// Merchant is the page on which the merchant does their part; empty where there is none to do.
	Merchant string
	Life     []visit
	Messages []order.TimelineItem
	Events   []order.ToldEvent
	Telling  string
	Calls    []call
	Notes    notes
}

// button is a command that the order takes and the person may give.
type button struct{ Name, Href, Class string }

// call is one call to Alipay.
type call struct {
	At      time.Time  `json:"at"`
	Call    string     `json:"call"`
	Answer  words.Text `json:"answer"`
	Tries   int        `json:"tries"`
	TraceID string     `json:"trace_id"`
}

// orderLive is how often an order's page is read again while something may happen.
const orderLive = 5

func orderAPI(app, no string) string {
	return "/v1/orders/" + url.PathEscape(app) + "/" + url.PathEscape(no)
}

func (c *Console) order(w http.ResponseWriter, r *http.Request) {
	app, no := chi.URLParam(r, "app"), chi.URLParam(r, "no")
	var page orderPage
	if err := c.read(r, orderAPI(app, no), nil, &page.Order); err != nil {
		c.fail(w, r, err)
		return
	}
	page.fill(c.config.Now(), personOf(r))
	page.Events = c.events(r, app, no)
	page.Calls = c.calls(r, app, no)
	page.Notes = c.notesOf(r, app, "order:"+no)
	v := view{Name: "order", Page: &page, Done: c.doneWith(r)}
	if !page.Order.Stage.Ended() {
		v.Live = orderLive
	}
	c.show(w, r, http.StatusOK, v)
}

// fill adds what follows from the order itself.
func (p *orderPage) fill(now time.Time, who person) {
	for _, command := range p.Order.Commands {
		if who.Allows(string(command)) {
			p.Commands = append(p.Commands, button{string(command), to("orders", p.Order.AppID, p.Order.OutOrderNo, "do", command), class(command)})
		}
	}
	if p.Order.Execution == order.ExecutionTerminated && who.Allows(string(order.CommandBeginAgain)) {
		p.Commands = append(p.Commands, button{string(order.CommandBeginAgain), to("orders", p.Order.AppID, p.Order.OutOrderNo, "do", string(order.CommandBeginAgain)), ""})
	}
	p.Merchant = p.Order.Links.MerchantAuthorize
	p.Life = lifeOf(p.Order, now)
	p.Messages = slices.DeleteFunc(slices.Clone(p.Order.Timeline), func(item order.TimelineItem) bool { return item.NotifyID == "" })
}

// class makes what goes forward stand out, and what ends an order look like it.
func class(command order.Command) string {
	switch command {
	case order.CommandCancel, order.CommandGiveUp:
		return "danger"
	case order.CommandRefresh, order.CommandWithdraw:
		return "plain"
	case order.CommandProvideInput, order.CommandApprove, order.CommandResubmit, order.CommandDecideBasePass, order.CommandRetry:
	}
	return ""
}

// events are what the ISV's backend is told. A page without them is better than none, so that an
// order whose workflow can't answer still has its page.
func (c *Console) events(r *http.Request, app, no string) []order.ToldEvent {
	var told struct {
		Events []order.ToldEvent `json:"events"`
	}
	if err := c.read(r, orderAPI(app, no)+"/events", nil, &told); err != nil {
		return nil
	}
	return told.Events
}
