// Package purge is `miniflow purge`, which removes a merchant. It speaks to Temporal itself: no API key
// may do so much.
package purge

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/purging"
	"miniflow/cmd/internal/service"
	"miniflow/cmd/miniflow/internal/settings"
	"miniflow/internal/config"
)

// Command is `miniflow purge`.
type Command struct {
	Merchant merchant `cmd:"" default:"withargs" help:"Remove a merchant: its orders, mini programs, messages, files and what is archived. Without --yes it only says what that is."`
	Verify   verify   `cmd:"" help:"Say whether a record of a purge is as it was signed."`
}

type merchant struct {
	MerchantRef string        `help:"The merchant, by your own id of it." required:"" placeholder:"REF"`
	AppID       string        `name:"app" help:"Of this third-party app alone; all of the configuration where it is left out." env:"MINIFLOW_APP_ID"`
	Yes         bool          `help:"Really remove it. Nothing brings it back."`
	By          string        `help:"Who does it, for the record." env:"USER" placeholder:"NAME"`
	Patience    time.Duration `help:"How long running orders may take to cancel what they have begun at Alipay before they are terminated; 0 terminates them at once." default:"30s"`
	Record      string        `help:"Where the signed records go, one for each app that had something: FILE, FILE.2, …" default:"purge-record.json" type:"path" placeholder:"FILE"`
	Config      string        `help:"The configuration file." short:"c" default:"miniflow.yaml" env:"MINIFLOW_CONFIG" placeholder:"FILE"`
}

// shown is what there is of a merchant in one app, and what became of it.
type shown struct {
	AppID        string   `json:"app_id"`
	Orders       []string `json:"orders"`
	Runs         int      `json:"runs"`
	MiniPrograms []string `json:"mini_programs"`
	Shared       []string `json:"shared_mini_programs"`
	Messages     int      `json:"messages"`
	Files        int      `json:"files"`
	Archived     int      `json:"archived"`
	Audited      int      `json:"audited"`
	Before       int      `json:"purged_before"`
	Purged       bool     `json:"purged"`
	Record       string   `json:"record,omitempty"`
}

// Run finds what there is, and removes it when told to.
func (c *merchant) Run(ctx context.Context, env *command.Env) error {
	cfg, err := settings.Load(c.Config, env)
	if err != nil {
		return err
	}
	apps, err := c.apps(cfg)
	if err != nil {
		return err
	}
	p, places, done, err := c.open(ctx, env, cfg)
	if err != nil {
		return err
	}
	defer done()
	var records int
	for _, appID := range apps {
		plan, err := p.Plan(ctx, purging.Merchant{AppID: appID, Ref: c.MerchantRef})
		if err != nil {
			return err
		}
		one := show(plan)
		if c.Yes && (!plan.Empty() || plan.Marks > 0) {
			records++
			if one.Record, err = c.carry(ctx, env, p, places, plan, records); err != nil {
				return err
			}
			one.Purged = true
		}
		if err := env.ShowLine(one, one.page); err != nil {
			return err
		}
	}
	if !c.Yes {
		return env.Note("nothing was removed; --yes removes it")
	}
	return nil
}

func (c *merchant) apps(cfg *config.Config) ([]string, error) {
	var apps []string
	for _, app := range cfg.Apps {
		apps = append(apps, app.ID)
	}
	if c.AppID == "" {
		return apps, nil
	}
	if !slices.Contains(apps, c.AppID) {
		return nil, command.Usagef("--app %s is not in the configuration", c.AppID)
	}
	return []string{c.AppID}, nil
}

// open reaches everything that may know the merchant.
func (c *merchant) open(ctx context.Context, env *command.Env, cfg *config.Config) (*purging.Purge, service.Places, func(), error) {
	places, err := service.OpenPlaces(cfg)
	if err != nil {
		return nil, places, nil, err
	}
	if places.Archive == nil {
		return nil, places, nil, command.Usagef("a purge needs an archive, which keeps the numbers of purged orders from being used again: set archive.folder or archive.s3 for all processes")
	}
	temporal, err := settings.Reach(ctx, env, cfg)
	if err != nil {
		return nil, places, nil, err
	}
	p := &purging.Purge{
		Temporal: temporal.Client, Namespace: temporal.Namespace, Archive: places.Archive, Files: places.Files,
		Patience: c.Patience, Now: env.Now, Tell: progress(env),
	}
	if dir := cfg.Audit.Dir; dir != "" {
		p.Audited = func(plan purging.Plan, really bool) (int, error) { return audited(dir, c.By, plan, really) }
	}
	return p, places, temporal.Close, nil
}

// progress writes a line for each step, and one for each tenth of a long one.
func progress(env *command.Env) func(purging.Progress) {
	var last purging.Progress
	return func(so purging.Progress) {
		const parts = 10
		if so.Step == last.Step && so.Done < so.Of && (so.Done-last.Done)*parts < so.Of || so == last {
			return
		}
		last = so
		_ = env.Note("%s: %d of %d", env.Translate(string(so.Step)), so.Done, so.Of) // the result counts
	}
}

// carry purges, and writes the record. That comes last: what was begun and not finished has none, and
// the same command finishes it.
func (c *merchant) carry(ctx context.Context, env *command.Env, p *purging.Purge, places service.Places, plan purging.Plan, nth int) (string, error) {
	record := purging.Record{
		BeganAt: env.Now().UTC(), By: c.By, Namespace: p.Namespace, AppID: plan.Merchant.AppID, Shared: len(plan.Shared), Before: plan.Marks,
	}
	removed, err := p.Carry(ctx, plan)
	if err != nil {
		return "", err
	}
	record.Removed, record.EndedAt = removed, env.Now().UTC()
	digests, err := places.Archive.Digests(ctx, plan.Merchant.AppID, plan.Merchant.Ref)
	if err != nil {
		return "", err
	}
	record.Merchant = digests[0]
	signed, err := purging.Sign(record, places.Ring)
	if err != nil {
		return "", err
	}
	text, err := json.MarshalIndent(signed, "", "  ")
	if err != nil {
		return "", fmt.Errorf("write the record: %w", err)
	}
	name := c.Record
	if nth > 1 {
		name = fmt.Sprintf("%s.%d", c.Record, nth)
	}
	return name, command.WriteNew(name, append(text, '\n'))
}

func show(plan purging.Plan) shown {
	runs, _, messages := plan.Runs()
	one := shown{
		AppID: plan.Merchant.AppID, Orders: plan.Numbers, Runs: runs, MiniPrograms: plan.MiniApps, Shared: plan.Shared,
		Messages: messages, Files: plan.Files, Archived: plan.Archived, Audited: plan.Audited, Before: plan.Marks,
	}
	for _, list := range []*[]string{&one.Orders, &one.MiniPrograms, &one.Shared} {
		if *list == nil {
			*list = []string{}
		}
	}
	return one
}

func (s shown) page(p *command.Page) {
	p.Line("%s", p.Good(command.Clean(s.AppID)))
	p.Item("orders", len(s.Orders))
	for _, number := range s.Orders {
		p.Line("  %s", command.Clean(number))
	}
	p.Item("runs of their workflows", s.Runs)
	p.Item("mini programs", len(s.MiniPrograms))
	for _, id := range s.MiniPrograms {
		p.Line("  %s", command.Clean(id))
	}
	if len(s.Shared) > 0 {
		p.Item("mini programs that stay, because others have orders about them", len(s.Shared))
	}
	p.Item("messages", s.Messages)
	p.Item("files", s.Files)
	p.Item("archived orders", s.Archived)
	p.Item("entries of the audit log", s.Audited)
	p.Item("purged numbers", s.Before)
	if s.Purged {
		p.Line("purged; the signed record is %s", s.Record)
	}
}
