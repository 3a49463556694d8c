package console

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"miniflow/attention"
	"miniflow/order"
)

// attentionPage is everything that needs a person.
type attentionPage struct {
	Kind, AssignedTo, Snoozed, AppID string
	Me                               string
	Apps                             []string
	Kinds                            []kindCount
	Total                            int
	Items                            []attentionItem
	Complete                         bool
	Unnoted                          []string
	Next                             string
}

// kindCount is how many things need a person for one reason.
type kindCount struct {
	Kind  attention.Kind
	Count int
	Href  string
}

// attentionItem is one of them as the REST API shows it, and what helps.
type attentionItem struct {
	attention.Item
	Needed       bool       `json:"needed"`
	AssignedTo   string     `json:"assigned_to"`
	AssignedAt   *time.Time `json:"assigned_at"`
	SnoozedUntil *time.Time `json:"snoozed_until"`
	Comments     []comment  `json:"comments"`

	// Href is the page of what it is about, and Buttons what helps.
	Href    string   `json:"-"`
	Buttons []button `json:"-"`
	Notes   notes    `json:"-"`
}

type comment struct {
	By   string    `json:"by"`
	At   time.Time `json:"at"`
	Text string    `json:"text"`
}

// notes are what people have noted about something, and what the person may note.
type notes struct {
	AppID, ID, Back string
	AssignedTo, Me  string
	SnoozedUntil    *time.Time
	Needed          bool
	Comments        []comment
	May             bool
	Known           bool
}

func (c *Console) attention(w http.ResponseWriter, r *http.Request) {
	query, who := r.URL.Query(), personOf(r)
	page := attentionPage{
		Kind: query.Get("kind"), AssignedTo: query.Get("assigned_to"), Snoozed: query.Get("snoozed"), AppID: query.Get("app_id"),
		Me: who.Name, Apps: c.config.Apps,
	}
	asked := url.Values{}
	for _, name := range []string{"kind", "assigned_to", "snoozed", "app_id", "cursor"} {
		if value := query.Get(name); value != "" {
			asked.Set(name, value)
		}
	}
	var found struct {
		Items    []attentionItem        `json:"items"`
		Counts   map[attention.Kind]int `json:"counts"`
		Complete bool                   `json:"complete"`
		Unnoted  []string               `json:"unnoted"`
		Next     string                 `json:"next_cursor"`
	}
	if err := c.read(r, "/v1/attention", asked, &found); err != nil {
		c.fail(w, r, err)
		return
	}
	for i := range found.Items {
		found.Items[i].complete(who, addressOf(r))
	}
	page.Items, page.Complete, page.Unnoted, page.Next = found.Items, found.Complete, found.Unnoted, next(r, found.Next)
	for _, kind := range attention.Kinds() {
		page.Total += found.Counts[kind]
		if found.Counts[kind] > 0 {
			page.Kinds = append(page.Kinds, kindCount{kind, found.Counts[kind], filter(to("attention"), "kind", string(kind), "assigned_to", page.AssignedTo, "snoozed", page.Snoozed)})
		}
	}
	v := view{Name: "attention", Live: 15, Page: &page}
	v.Done, v.Undone = c.outcomeSaid(r)
	c.show(w, r, http.StatusOK, v)
}

// complete adds where an item leads and which of the commands that help the person may give.
func (i *attentionItem) complete(who person, back string) {
	i.Href = hrefOf(i.Item)
	for _, command := range i.Commands {
		isOrders := slices.Contains(order.Commands(), order.Command(command)) || command == string(order.CommandBeginAgain)
		if isOrders && i.OutOrderNo != "" && who.Allows(command) {
			i.Buttons = append(i.Buttons, button{command, to("orders", i.AppID, i.OutOrderNo, "do", command), class(order.Command(command))})
		}
	}
	i.Notes = i.noted(who, back)
}

func (i *attentionItem) noted(who person, back string) notes {
	return notes{
		AppID: i.AppID, ID: i.ID, Back: back, AssignedTo: i.AssignedTo, Me: who.Name, SnoozedUntil: i.SnoozedUntil,
		Needed: i.Needed, Comments: i.Comments, May: who.Allows("comment-attention"), Known: true,
	}
}

// hrefOf is the page of what an item is about; empty where it has none of its own.
func hrefOf(item attention.Item) string {
	switch what, which := attention.Subject(item.ID); what {
	case attention.OfOrder:
		return to("orders", item.AppID, which)
	case attention.OfMiniProgram:
		if item.OutOrderNo != "" { // the shop's order says more, and shows these notes
			return to("orders", item.AppID, item.OutOrderNo)
		}
		return to("mini-programs", item.AppID, which)
	case attention.OfRollout:
		return to("rollouts", item.AppID, which)
	case attention.OfDelivery:
		return to("deliveries", item.AppID, which)
	case attention.OfCopy:
		return filter(to("deliveries", item.AppID, which), "copy", "true")
	}
	return ""
}

// notesOf reads what was noted about something. A page without notes is better than none.
func (c *Console) notesOf(r *http.Request, app, id string) notes {
	var item attentionItem
	if err := c.read(r, attentionAPI(app, id), nil, &item); err != nil {
		return notes{}
	}
	return item.noted(personOf(r), addressOf(r))
}

// with adds what was said elsewhere, in the order of time.
func (n notes) with(others notes) notes {
	n.Comments = append(slices.Clone(n.Comments), others.Comments...)
	slices.SortStableFunc(n.Comments, func(a, b comment) int { return a.At.Compare(b.At) })
	return n
}

// attentionID names what an order is on the list of what needs a person: a lost authorisation is its mini
// program's, for all orders at once.
func attentionID(view order.View) string {
	lost := view.Hold != nil && (view.Hold.Kind == order.HoldAuthorizationRevoked || view.Hold.Kind == order.HoldPunished)
	if lost && view.MiniAppID != "" {
		return attention.Named(attention.OfMiniProgram, view.MiniAppID)
	}
	return attention.Named(attention.OfOrder, view.OutOrderNo)
}

func attentionAPI(app, id string) string {
	return "/v1/attention/" + url.PathEscape(app) + "/" + url.PathEscape(id)
}

// attend notes something: who has taken it, until when nobody wants to see it, a comment.
func (c *Console) attend(w http.ResponseWriter, r *http.Request) {
	act, body := chi.URLParam(r, "act"), map[string]string{}
	switch act {
	case "assign":
		body["to"] = r.PostFormValue("to")
	case "snooze":
		if hours, err := strconv.Atoi(r.PostFormValue("hours")); err == nil && hours > 0 {
			body["until"] = c.config.Now().Add(time.Duration(hours) * time.Hour).UTC().Format(time.RFC3339)
		}
	case "comment":
		body["text"] = r.PostFormValue("text")
	default:
		c.missing(w, r)
		return
	}
	if err := c.tell(r, attentionAPI(chi.URLParam(r, "app"), chi.URLParam(r, "id"))+"/"+act, body); err != nil {
		c.fail(w, r, err)
		return
	}
	http.Redirect(w, r, withNoted(ownPath(r.PostFormValue("back")), act), http.StatusSeeOther)
}

// withNoted marks the address that a note leads back to, once.
func withNoted(address, act string) string {
	path, rest, _ := strings.Cut(address, "?")
	query, err := url.ParseQuery(rest)
	if err != nil {
		return address
	}
	for _, mark := range []string{outcomeDone, outcomeRefused, outcomeRequested} {
		query.Del(mark)
	}
	query.Set(noted, act)
	return path + "?" + query.Encode()
}
