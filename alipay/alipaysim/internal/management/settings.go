package management

import (
	"net/http"

	"miniflow/alipay/alipaysim/internal/problem"
	"miniflow/alipay/alipaysim/internal/world"
	"miniflow/alipay/alipaysim/script"
)

// viewRules is GET /sim/v1/rules: what was set, without the defaults, so that it can be
// changed and put back.
func (a *API) viewRules(*http.Request) (any, error) {
	var rules script.Rules
	err := a.World.Look(func(t *world.Tx) { rules = t.Rules() })
	return rules, err
}

// putRules is PUT /sim/v1/rules. What was decided under the rules before stays decided.
func (a *API) putRules(r *http.Request) (any, error) {
	var rules script.Rules
	if err := readJSON(r, &rules, false); err != nil {
		return nil, err
	}
	return rules, a.SetRules(rules)
}

// SetRules replaces the rule set whole. A rule that makes no sense is refused and
// nothing changes, so that no half of a set is ever in force.
func (a *API) SetRules(rules script.Rules) error {
	if err := rules.Check(); err != nil {
		return problem.Refuse(http.StatusUnprocessableEntity, "%v; nothing was changed", err)
	}
	return a.World.Change(func(t *world.Tx) {
		t.Settings().Rules = rules
		t.SaveSettings()
	})
}

// viewFaults is GET /sim/v1/faults, with how often each has struck.
func (a *API) viewFaults(*http.Request) (any, error) {
	var faults script.Faults
	err := a.World.Look(func(t *world.Tx) { faults = t.Settings().Faults })
	return faults, err
}

// putFaults is PUT /sim/v1/faults: the new faults replace the old ones with their
// counts.
func (a *API) putFaults(r *http.Request) (any, error) {
	var faults script.Faults
	if err := readJSON(r, &faults, false); err != nil {
		return nil, err
	}
	return faults, a.SetFaults(faults)
}

// SetFaults replaces the faults whole. One that makes no sense is refused and nothing
// changes, so that a test never runs with half of them.
func (a *API) SetFaults(faults script.Faults) error {
	if err := faults.Check(); err != nil {
		return problem.Refuse(http.StatusUnprocessableEntity, "%v; nothing was changed", err)
	}
	return a.World.Change(func(t *world.Tx) {
		t.Settings().Faults = faults
		t.SaveSettings()
	})
}
