package rollouts

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/remote"
	"miniflow/rollout"
)

// following is for commands after which a person may want to look on.
type following struct {
	Follow bool `help:"Go on showing how far it is until it is done, or stands. It goes on without whoever follows."`
}

// followEvery is how often a rollout that is followed is asked how far it is.
const followEvery = 2 * time.Second

// ask makes a call whose answer is the rollout, and follows it where that is wanted.
func (f following) ask(ctx context.Context, env *command.Env, api *remote.API, method, path string, body any) error {
	answer, err := api.Call(ctx, method, path, body)
	if err != nil {
		return err
	}
	var view rollout.View
	if err := json.Unmarshal(answer, &view); err != nil {
		return command.Usagef("read the answer of Miniflow's API, is --api right? %w", err)
	}
	if f.Follow && moves(view) {
		return f.follow(ctx, env, api, view)
	}
	return env.Show(answer, func(p *command.Page) { printRollout(p, view) })
}

// moves reports whether a rollout goes on by itself.
func moves(view rollout.View) bool {
	switch view.State {
	case rollout.Listing, rollout.Going, rollout.RollingBack:
		return true
	case rollout.Paused, rollout.Halted, rollout.Done, rollout.RolledBack:
	}
	return false
}

// follow writes a line at each change, then the whole. It ends with 1 where the rollout has halted: a
// script has to stop there too.
func (f following) follow(ctx context.Context, env *command.Env, api *remote.API, view rollout.View) error {
	path, shown := "/v1/rollouts/"+view.AppID+"/"+view.ID, 0
	for moves(view) {
		if now := view.Settled + view.Counts[rollout.Running.Name()]; now != shown {
			if err := env.ShowLine(view, func(p *command.Page) { p.Line("%s  %s", state(p, view), bar(p, view)) }); err != nil {
				return err
			}
			shown = now
		}
		if err := remote.Pause(ctx, followEvery); err != nil {
			return err
		}
		var next rollout.View
		if err := api.Ask(ctx, http.MethodGet, path, nil, &next); err != nil {
			return err
		}
		view = next
	}
	if err := env.ShowLine(view, func(p *command.Page) { printRollout(p, view) }); err != nil {
		return err
	}
	if view.State == rollout.Halted {
		return command.ErrNo
	}
	return nil
}

type show struct {
	name
	following
	Members bool   `help:"With its members, each with its order and why it stands where it stands."`
	Where   string `help:"With those of its members that stand there: waiting, running, online, rejected, stuck, failed, held, rolled_back, withdrawn, kept." placeholder:"WHERE"`
	Limit   int    `help:"How many members at most." default:"200"`
}

// Run shows one rollout.
func (c *show) Run(ctx context.Context, env *command.Env) error {
	api, path, err := c.reach(env)
	if err != nil {
		return err
	}
	if !c.Members && c.Where == "" {
		return c.ask(ctx, env, api, http.MethodGet, path, nil)
	}
	found := []rollout.MemberView{}
	for after := 0; len(found) < c.Limit; {
		var page rollout.MembersPage
		query := remote.Query("where", c.Where, "after", strconv.Itoa(after), "limit", strconv.Itoa(min(c.Limit-len(found), 200)))
		if err := api.Ask(ctx, http.MethodGet, path+"/members"+query, nil, &page); err != nil {
			return err
		}
		found = append(found, page.Members...)
		if after = page.Next; after == 0 {
			break
		}
	}
	return env.Show(found, func(p *command.Page) {
		for _, one := range found {
			printMember(p, one)
		}
	})
}
