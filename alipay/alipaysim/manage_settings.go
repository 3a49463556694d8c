package alipaysim

import "net/http"

// viewRules is GET /sim/v1/rules: what was set, without the defaults.
func (a *api) viewRules(*http.Request) (any, error) {
	var rules Rules
	err := a.World.look(func(t *tx) { rules = t.rules() })
	return rules, err
}

// putRules is PUT /sim/v1/rules.
func (a *api) putRules(r *http.Request) (any, error) {
	var rules Rules
	if err := readJSON(r, &rules, false); err != nil {
		return nil, err
	}
	return rules, a.setRules(rules)
}

// setRules replaces the rule set. A rule that makes no sense is refused and
// nothing changes.
func (a *api) setRules(rules Rules) error {
	if err := rules.check(); err != nil {
		return refused(http.StatusUnprocessableEntity, "%v; nothing was changed", err)
	}
	return a.World.change(func(t *tx) {
		t.settings().Rules = rules
		t.saveSettings()
	})
}

// viewFaults is GET /sim/v1/faults, with how often each has struck.
func (a *api) viewFaults(*http.Request) (any, error) {
	var faults Faults
	err := a.World.look(func(t *tx) { faults = t.settings().Faults })
	return faults, err
}

// putFaults is PUT /sim/v1/faults.
func (a *api) putFaults(r *http.Request) (any, error) {
	var faults Faults
	if err := readJSON(r, &faults, false); err != nil {
		return nil, err
	}
	return faults, a.setFaults(faults)
}

// setFaults replaces the faults. One that makes no sense is refused and nothing
// changes.
func (a *api) setFaults(faults Faults) error {
	if err := faults.check(); err != nil {
		return refused(http.StatusUnprocessableEntity, "%v; nothing was changed", err)
	}
	return a.World.change(func(t *tx) {
		t.settings().Faults = faults
		t.saveSettings()
	})
}
