package console

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/go-chi/chi/v5"

	"miniflow/rollout"
)

// rolloutsPage is a page of the list of mass upgrades.
type rolloutsPage struct {
	Rollouts []rollout.View
	Next     string
}

// rolloutPage is one mass upgrade with some of its members.
type rolloutPage struct {
	Rollout rollout.View
	Counts  []placed
	// Where are the members that are shown: of one place, or all.
	Where   string
	Members []rollout.MemberView
	Next    string
	// Commands are those that it takes and the person may give.
	Commands []string
	// Held is set where a retry can begin members without an ext, and Moves while it goes on by itself.
	Held, Moves bool
	// Left is how long it takes still, in seconds.
	Left int64
}

// placed is how many members stand somewhere.
type placed struct {
	Where string
	Count int
}

func rolloutAPI(app, id string) string {
	return "/v1/rollouts/" + url.PathEscape(app) + "/" + url.PathEscape(id)
}

func (c *Console) rollouts(w http.ResponseWriter, r *http.Request) {
	asked := url.Values{}
	for _, name := range []string{"app_id", "cursor"} {
		if value := r.URL.Query().Get(name); value != "" {
			asked.Set(name, value)
		}
	}
	var found struct {
		Rollouts []rollout.View `json:"rollouts"`
		Next     string         `json:"next_cursor"`
	}
	if err := c.read(r, "/v1/rollouts", asked, &found); err != nil {
		c.fail(w, r, err)
		return
	}
	c.show(w, r, http.StatusOK, view{Name: "rollouts", Live: 15, Page: &rolloutsPage{found.Rollouts, next(r, found.Next)}})
}

func (c *Console) rollout(w http.ResponseWriter, r *http.Request) {
	c.showRollout(w, r, http.StatusOK, nil)
}

// showRollout shows one, and what the REST API has against a command.
func (c *Console) showRollout(w http.ResponseWriter, r *http.Request, status int, problem *refusal) {
	app, id := chi.URLParam(r, "app"), chi.URLParam(r, "id")
	page := rolloutPage{Where: r.URL.Query().Get("where")}
	asked := url.Values{"limit": {"50"}}
	if page.Where != "" {
		asked.Set("where", page.Where)
	}
	if after := r.URL.Query().Get("after"); after != "" {
		asked.Set("after", after)
	}
	var members rollout.MembersPage
	err := together(
		func() error { return c.read(r, rolloutAPI(app, id), nil, &page.Rollout) },
		func() error { return c.read(r, rolloutAPI(app, id)+"/members", asked, &members) },
	)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	page.fill(members, personOf(r), to("rollouts", app, id))
	v := view{Name: "rollout", Page: &page, Problem: problem}
	if page.Moves {
		v.Live = 2
	}
	c.show(w, r, status, v)
}

func (p *rolloutPage) fill(members rollout.MembersPage, who person, address string) {
	p.Members = members.Members
	if members.Next > 0 {
		p.Next = filter(address, "where", p.Where, "after", strconv.Itoa(members.Next))
	}
	for _, where := range rollout.Wheres() {
		if count := p.Rollout.Counts[where.Name()]; count > 0 {
			p.Counts = append(p.Counts, placed{where.Name(), count})
		}
	}
	for _, command := range p.Rollout.Commands {
		if who.Allows(command + "-rollout") {
			p.Commands = append(p.Commands, command)
		}
	}
	p.Moves = slices.Contains([]rollout.State{rollout.Listing, rollout.Going, rollout.RollingBack}, p.Rollout.State)
	p.Left = int64(p.Rollout.LeftSeconds)
	p.Held = p.Rollout.Counts[rollout.Held.Name()] > 0
}

// steerRollout gives a rollout a command.
func (c *Console) steerRollout(w http.ResponseWriter, r *http.Request) {
	app, id, command := chi.URLParam(r, "app"), chi.URLParam(r, "id"), chi.URLParam(r, "command")
	if !slices.Contains(rollout.Updates(), command) {
		c.missing(w, r)
		return
	}
	body := map[string]any{reason: r.PostFormValue(reason)}
	if command == rollout.RetryUpdate {
		body["no_ext"] = r.PostFormValue("no_ext") != ""
	}
	err := c.tell(r, rolloutAPI(app, id)+"/"+command, body)
	switch refused := refused(err); {
	case refused != nil && refused.Status != http.StatusForbidden:
		c.showRollout(w, r, refused.Status, refused)
	case err != nil:
		c.fail(w, r, err)
	default:
		http.Redirect(w, r, to("rollouts", app, id), http.StatusSeeOther)
	}
}
