package management

import (
	"net/http"
	"slices"

	"github.com/go-chi/chi/v5"

	"miniflow/alipay/alipaysim/catalogue"
	"miniflow/alipay/alipaysim/internal/problem"
	"miniflow/alipay/alipaysim/internal/world"
	"miniflow/alipay/alipaysim/script"
	"miniflow/alipay/alipaysim/wire"
)

// viewCatalogue is GET /sim/v1/catalogue: every message and scenario. The query says
// whom the messages are about; all of them are about the same order, mini program
// and merchant, and carry the same token, so that they can be played as one story.
func (a *API) viewCatalogue(r *http.Request) (any, error) {
	chance, err := a.World.Random(64)
	if err != nil {
		return nil, err
	}
	query := r.URL.Query()
	about := catalogue.Cast{
		App: query.Get("app_id"), OutOrderNo: query.Get("out_order_no"), OrderNo: query.Get("order_no"),
		MiniAppID: query.Get("mini_app_id"), AppVersion: query.Get("app_version"), MerchantPID: query.Get("merchant_pid"),
	}
	// A simulator without apps has a catalogue too.
	if apps := a.World.Apps.List(); about.App == "" && len(apps) > 0 {
		about.App = apps[0].ID
	}
	return wire.Object{{"messages", catalogue.Messages(about, a.World.Now(), chance)}, {"scenarios", catalogue.Scenarios()}}, nil
}

// actOut is POST /sim/v1/scenarios/{name}: merchants and reviewers act the scenario
// out for the orders whose out_order_no matches, from now on. Its rule is put before
// the others, because the first rule that matches counts, and in the place of one for
// the same orders.
func (a *API) actOut(r *http.Request) (any, error) {
	var asked struct {
		Orders string `json:"orders"` // a glob on out_order_no
	}
	if err := readJSON(r, &asked, false); err != nil {
		return nil, err
	}
	name := chi.URLParam(r, "name")
	rule, known := catalogue.ScenarioRule(name, asked.Orders)
	switch {
	case !known:
		return nil, problem.Refuse(http.StatusNotFound, "there is no scenario %q; GET /sim/v1/catalogue lists them", name)
	case rule == nil:
		return nil, problem.Refuse(http.StatusUnprocessableEntity, "%s can only be pushed, message by message", name)
	case asked.Orders == "":
		return nil, problem.Refuse(http.StatusUnprocessableEntity, "give orders, a glob on out_order_no such as demo-*")
	}
	if err := (script.Rules{Rules: []script.Rule{*rule}}).Check(); err != nil {
		return nil, problem.Refuse(http.StatusUnprocessableEntity, "%v; nothing was changed", err)
	}
	return rule, a.World.Change(func(t *world.Tx) {
		others := slices.DeleteFunc(slices.Clone(t.Rules().Rules), func(r script.Rule) bool { return r.OutOrderNo == asked.Orders })
		t.Settings().Rules.Rules = slices.Insert(others, 0, *rule)
		t.SaveSettings()
	})
}
