package alipaysim

import (
	"net/http"
	"slices"

	"github.com/go-chi/chi/v5"
)

// viewCatalogue is GET /sim/v1/catalogue: every message and scenario. The query says
// whom the messages are about; all of them are about the same order, mini program
// and merchant, and carry the same token, so that they can be played as one story.
func (a *api) viewCatalogue(r *http.Request) (any, error) {
	chance, err := a.World.random(64)
	if err != nil {
		return nil, err
	}
	query := r.URL.Query()
	about := cast{
		App: query.Get("app_id"), OutOrderNo: query.Get("out_order_no"), OrderNo: query.Get("order_no"),
		MiniAppID: query.Get("mini_app_id"), AppVersion: query.Get("app_version"), MerchantPID: query.Get("merchant_pid"),
	}
	// A simulator without apps has a catalogue too.
	if apps := a.World.Apps.list(); about.App == "" && len(apps) > 0 {
		about.App = apps[0].ID
	}
	return pairs{{"messages", messages(about, a.World.Now(), chance)}, {"scenarios", scenarios()}}, nil
}

// actOut is POST /sim/v1/scenarios/{name}: merchants and reviewers act the scenario
// out for the orders whose out_order_no matches, from now on. Its rule is put before
// the others, because the first rule that matches counts, and in the place of one for
// the same orders.
func (a *api) actOut(r *http.Request) (any, error) {
	var asked struct {
		Orders string `json:"orders"` // a glob on out_order_no
	}
	if err := readJSON(r, &asked, false); err != nil {
		return nil, err
	}
	name := chi.URLParam(r, "name")
	rule, known := scenarioRule(name, asked.Orders)
	switch {
	case !known:
		return nil, refused(http.StatusNotFound, "there is no scenario %q; GET /sim/v1/catalogue lists them", name)
	case rule == nil:
		return nil, refused(http.StatusUnprocessableEntity, "%s can only be pushed, message by message", name)
	case asked.Orders == "":
		return nil, refused(http.StatusUnprocessableEntity, "give orders, a glob on out_order_no such as demo-*")
	}
	if err := (Rules{Rules: []Rule{*rule}}).check(); err != nil {
		return nil, refused(http.StatusUnprocessableEntity, "%v; nothing was changed", err)
	}
	return rule, a.World.change(func(t *tx) {
		others := slices.DeleteFunc(slices.Clone(t.rules().Rules), func(r Rule) bool { return r.OutOrderNo == asked.Orders })
		t.settings().Rules.Rules = slices.Insert(others, 0, *rule)
		t.saveSettings()
	})
}
