// Package audit is `miniflow audit`, which reads the log of who did what from its files, without a
// running Miniflow, and says whether anything in it was changed.
package audit

import (
	"time"

	"miniflow/cmd/internal/command"
	"miniflow/internal/audit"
)

// Command is `miniflow audit`.
type Command struct {
	Verify verify `cmd:"" help:"Say whether any line was changed, removed, moved or added."`
	List   list   `cmd:"" help:"Show who did what, the newest first."`
}

type list struct {
	Dir    string `arg:"" optional:"" help:"The folder of audit.dir." type:"path" env:"MINIFLOW_AUDIT_DIR"`
	Who    string `help:"Of this person or key, or whom a backend has named." placeholder:"NAME"`
	Object string `help:"About this out_order_no, notify_id, mini_app_id or merchant_ref." placeholder:"ID"`
	Since  string `help:"Then or later: RFC 3339, or how long ago, such as 6h or 2d." placeholder:"MOMENT"`
	Limit  int    `help:"At most so many." default:"50"`
}

// Run shows entries; none is an answer too.
func (c *list) Run(env *command.Env) error {
	if c.Dir == "" {
		return command.Usagef("name the folder of the audit log, which audit.dir of the configuration says")
	}
	if c.Limit < 1 {
		return command.Usagef("--limit has to be 1 or more")
	}
	query := audit.Query{Who: c.Who, Object: c.Object, Limit: c.Limit}
	since, err := command.Moment("--since", c.Since, env.Now())
	if err != nil {
		return err
	}
	if since != "" {
		if query.Since, err = time.Parse(time.RFC3339, since); err != nil {
			return err
		}
	}
	records, err := audit.Newest(c.Dir, query)
	if err != nil {
		return err
	}
	shown := page{Entries: []entry{}}
	for _, r := range records {
		shown.Entries = append(shown.Entries, entryOf(r))
	}
	return env.Show(shown, func(p *command.Page) { shown.print(p, len(records) == c.Limit) })
}

type page struct {
	Entries []entry `json:"entries"`
}

// entry is as GET /v1/audit shows it.
type entry struct {
	At       time.Time     `json:"at"`
	Who      string        `json:"who"`
	Actor    string        `json:"actor,omitempty"`
	Role     string        `json:"role,omitempty"`
	Address  string        `json:"address,omitempty"`
	Action   string        `json:"action"`
	Outcome  audit.Outcome `json:"outcome"`
	Problem  string        `json:"problem,omitempty"`
	Chain    string        `json:"chain"`
	Sequence uint64        `json:"sequence"`
	Hash     string        `json:"hash"`
	Erased   bool          `json:"erased,omitempty"`
	audit.Detail
}

func entryOf(r audit.Record) entry {
	return entry{
		At: r.At, Who: r.Who, Actor: r.Actor, Role: r.Role, Address: r.Address, Action: r.Action, Outcome: r.Outcome, Problem: r.Problem,
		Chain: r.Chain, Sequence: r.Sequence, Hash: r.Hash, Erased: r.Erased, Detail: r.Detail,
	}
}

func (v page) print(p *command.Page, more bool) {
	for _, e := range v.Entries {
		p.Line("%s %s %s %s %s", e.At.Local().Format(time.DateTime), e.outcome(p), command.Pad(command.Clean(e.by()), 20),
			command.Pad(command.Clean(e.Action), 18), command.Clean(e.about(p)))
	}
	switch {
	case len(v.Entries) == 0:
		p.Line("nothing is recorded")
	case more:
		p.Line("%s", p.Faint(p.Sayf("there are more: --limit")))
	}
}

func (e entry) outcome(p *command.Page) string {
	text := command.Pad(string(e.Outcome), 7)
	if e.Outcome == audit.Done {
		return p.Good(text)
	}
	return p.Bad(text)
}

// by is who, with the role, or with whom a backend has named.
func (e entry) by() string {
	switch {
	case e.Role != "":
		return e.Who + " (" + e.Role + ")"
	case e.Actor != "":
		return e.Actor + " (" + e.Who + ")"
	}
	return e.Who
}

func (e entry) about(p *command.Page) string {
	var text string
	add := func(part string) {
		if part != "" {
			text += part + " "
		}
	}
	for _, part := range []string{e.AppID, e.OutOrderNo, e.NotifyID, e.MiniAppID, e.MerchantRef, e.RolloutID, change(e.Before, e.After), e.Problem} {
		add(part)
	}
	for _, field := range e.Revealed {
		add("[" + field + "]")
	}
	if e.Erased {
		add(p.Sayf("(erased)"))
	}
	return text
}

func change(before, after *audit.State) string {
	if one, other := state(before), state(after); one != other {
		return one + " → " + other
	}
	return state(before)
}

func state(s *audit.State) string {
	switch {
	case s == nil:
		return ""
	case s.Hold != "":
		return s.Stage + "/" + s.Hold
	}
	return s.Stage + s.State
}
