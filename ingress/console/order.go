package console

import (
	"cmp"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/go-chi/chi/v5"

	"miniflow/attention"
	"miniflow/ingress/console/people"
	"miniflow/internal/qr"
	"miniflow/order"
	"miniflow/words"
)

// orderPage is one order, whole.
type orderPage struct {
	Order    order.View
	Commands []button
	// Others are what the order takes and the person may not do, with who may.
	Others []forbidden
	// Technical is whether the person works with Temporal's own pages, too.
	Technical bool
	// Merchant is the page on which the merchant does their part; empty where there is none to do.
	Merchant template.URL
	// Task is what the merchant has to do there, for a message to them.
	Task words.Text
	// Invite is Alipay's invitation to authorise, where there is one.
	Invite template.URL
	// Experience is where the version can be tried out, Code the same to scan, and Picture Alipay's own of
	// that code.
	Experience, Picture template.URL
	Code                template.HTML
	// Reasons are why the last audit refused, each once.
	Reasons  []reasonShown
	Life     []visit
	Messages []order.TimelineItem
	Notes    notes
	// Tracing is whether this is the page of calls and events, which costs reading a history.
	Tracing bool
	Events  []order.ToldEvent
	Telling *telling
	Calls   []call
	// Complete is whether these are all calls.
	Complete bool
}

// telling is how far the ISV's backend has been told.
type telling struct {
	State  string     `json:"state"`
	Tries  int        `json:"tries"`
	Next   *time.Time `json:"next"`
	Reason words.Text `json:"reason"`
}

// button is a command that the order takes and the person may give.
type button struct{ Name, Href, Class string }

// forbidden is a command that other roles may give.
type forbidden struct {
	Name  string
	Roles []people.Role
}

// call is one call to Alipay.
type call struct {
	At      time.Time  `json:"at"`
	Method  string     `json:"method"`
	State   string     `json:"state"`
	Answer  words.Text `json:"answer"`
	Code    string     `json:"code"`
	Tries   int        `json:"tries"`
	TraceID string     `json:"trace_id"`
	NextTry *time.Time `json:"next_try"`
}

// orderLive is how often an order's page is read again while something may happen.
const orderLive = 5

func orderAPI(app, no string) string {
	return "/v1/orders/" + url.PathEscape(app) + "/" + url.PathEscape(no)
}

func (c *Console) order(w http.ResponseWriter, r *http.Request) {
	app, no := chi.URLParam(r, "app"), chi.URLParam(r, "no")
	page := orderPage{Tracing: r.URL.Query().Get("view") == "calls"}
	err := together(
		func() error { return c.read(r, orderAPI(app, no), nil, &page.Order) },
		func() error { return c.beside(r, app, no, &page) },
	)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	page.fill(c.config.Now(), personOf(r))
	if page.Tracing {
		c.show(w, r, http.StatusOK, view{Name: "order-calls", Page: &page})
		return
	}
	if id := attentionID(page.Order); id != attention.Named(attention.OfOrder, no) {
		page.Notes = c.notesOf(r, app, id).with(page.Notes)
	}
	v := view{Name: "order", Page: &page}
	v.Done, v.Undone = c.outcomeSaid(r)
	if !page.Order.Stage.Ended() {
		v.Live = orderLive
	}
	c.show(w, r, http.StatusOK, v)
}

// fill adds what follows from the order itself.
func (p *orderPage) fill(now time.Time, who person) {
	for _, command := range p.Order.Commands {
		switch {
		case command == order.CommandProvideInput && len(asked(p.Order)) == 0: // there is nothing to fill in
		case who.Allows(string(command)):
			p.Commands = append(p.Commands, button{string(command), to("orders", p.Order.AppID, p.Order.OutOrderNo, "do", command), class(command)})
		case class(command) == "": // what goes forward is worth asking for
			p.Others = append(p.Others, forbidden{string(command), rolesFor(string(command))})
		}
	}
	if len(asked(p.Order)) > 0 {
		p.Commands = stepBack(p.Commands, order.CommandResubmit, order.CommandRetry)
	}
	p.Technical = who.Allows(string(order.CommandRetry))
	if p.Order.Execution == order.ExecutionTerminated && who.Allows(string(order.CommandBeginAgain)) {
		p.Commands = append(p.Commands, button{string(order.CommandBeginAgain), to("orders", p.Order.AppID, p.Order.OutOrderNo, "do", string(order.CommandBeginAgain)), ""})
	}
	task, _ := p.Order.MerchantTask()
	p.Task = task.Asks()
	p.Merchant, p.Invite = pageAddress(cmp.Or(p.Order.Links.Merchant, p.Order.Links.MerchantAuthorize)), pageAddress(p.Order.Links.MerchantInvite)
	p.Experience, p.Picture = pageAddress(p.Order.Links.Experience), pageAddress(p.Order.Links.ExperienceQR)
	if p.Experience != "" {
		p.Code = qr.SVG(string(p.Experience))
	}
	p.Reasons = lastReasons(p.Order)
	p.Life = lifeOf(p.Order, now)
	p.Messages = slices.DeleteFunc(slices.Clone(p.Order.Timeline), func(item order.TimelineItem) bool { return item.NotifyID == "" })
}

// pageAddress returns an address as a link: of where the merchant does their part, which is our page for
// them, else Alipay's, or of Alipay's invitation. An address comes from Alipay, or from the configuration: one of another scheme than these is not shown.
func pageAddress(text string) template.URL {
	address, err := url.Parse(text)
	if err != nil || !slices.Contains([]string{"https", "http", "alipays"}, address.Scheme) {
		return ""
	}
	return template.URL(address.String()) //nolint:gosec // its scheme is one of three, and the template escapes the rest
}

// stepBack makes buttons stand out less beside the one that is asked for.
func stepBack(buttons []button, commands ...order.Command) []button {
	for i := range buttons {
		if slices.Contains(commands, order.Command(buttons[i].Name)) {
			buttons[i].Class = "plain"
		}
	}
	return buttons
}

// class makes what goes forward stand out, and what ends an order look like it.
func class(command order.Command) string {
	switch command {
	case order.CommandCancel, order.CommandGiveUp:
		return "danger"
	case order.CommandRefresh, order.CommandWithdraw:
		return "plain"
	case order.CommandProvideInput, order.CommandApprove, order.CommandResubmit, order.CommandDecideBasePass, order.CommandCertify, order.CommandRetry, order.CommandBeginAgain:
	}
	return ""
}

// beside reads what a page shows with the order: what was noted about it; or the calls that it has made,
// and what the ISV's backend was told of it. An order whose workflow can't answer has no events there,
// and its calls all the same.
func (c *Console) beside(r *http.Request, app, no string, page *orderPage) error {
	if !page.Tracing {
		page.Notes = c.notesOf(r, app, "order:"+no)
		return nil
	}
	var made struct {
		Calls    []call `json:"calls"`
		Complete bool   `json:"complete"`
	}
	var told struct {
		Events []order.ToldEvent `json:"events"`
		Told   *telling          `json:"told"`
	}
	err := together(
		func() error { return c.read(r, orderAPI(app, no)+"/calls", nil, &made) },
		func() error {
			if c.read(r, orderAPI(app, no)+"/events", url.Values{"told": {"true"}}, &told) == nil {
				page.Events, page.Telling = told.Events, told.Told
			}
			return nil
		},
	)
	page.Calls, page.Complete = made.Calls, made.Complete
	return err
}
