// Package miniprograms is `miniflow mini-programs`, which lists mini programs and commands those that are
// online, over the REST API.
package miniprograms

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/remote"
	"miniflow/order"
)

// Command is `miniflow mini-programs`.
type Command struct {
	List     list     `cmd:"" help:"List mini programs: what is online, which order is in charge."`
	Get      get      `cmd:"" help:"Show a mini program, with what became of what its users see."`
	Rollback takeDown `cmd:"" help:"Put the version before back online, without an audit. Alipay refuses it twice in a row, and during a gray release."`
	Certify  certify  `cmd:"" help:"Hand in the papers by which Alipay makes a trial formal, after its order has ended."`
	Offline  takeDown `cmd:"" help:"Take what is online from its users."`
}

type list struct {
	remote.Flags
	AppID string `help:"Of this third-party app." env:"MINIFLOW_APP_ID"`
	Limit int    `help:"How many at most." default:"50"`
}

// mostRows is how many the API lists on a page: each costs it a question.
const mostRows = 50

// Run lists a page after the other.
func (c *list) Run(ctx context.Context, env *command.Env) error {
	api, err := c.Connect(env)
	if err != nil {
		return err
	}
	found, cursor, err := remote.Collect[order.MiniProgramView](ctx, api, "mini_programs", c.Limit, func(limit, cursor string) string {
		if rows, _ := strconv.Atoi(limit); rows > mostRows {
			limit = strconv.Itoa(mostRows)
		}
		return "/v1/mini-programs" + remote.Query("app_id", c.AppID, "limit", limit, "cursor", cursor)
	})
	if err != nil {
		return err
	}
	listed := struct {
		MiniPrograms []order.MiniProgramView `json:"mini_programs"`
		NextCursor   string                  `json:"next_cursor"`
	}{found, cursor}
	return env.Show(listed, func(p *command.Page) {
		for _, one := range listed.MiniPrograms {
			p.Line("%s/%s  %s", command.Clean(one.AppID), command.Clean(one.MiniAppID), standing(p, one))
		}
		switch {
		case len(listed.MiniPrograms) == 0:
			p.Line("no mini programs")
		case listed.NextCursor != "":
			p.Line("%s", p.Faint(p.Sayf("there are more: --limit")))
		}
	})
}

// standing is what users see, in the colour of what it asks for.
func standing(p *command.Page, v order.MiniProgramView) string {
	switch {
	case v.Online != nil && v.LimitedUntil != nil:
		return p.Warn("online " + command.Clean(v.Online.AppVersion) + "; " + p.Sayf("limited until %s", v.LimitedUntil.Local().Format(time.DateOnly)))
	case v.Online != nil:
		return p.Good("online " + command.Clean(v.Online.AppVersion))
	case v.Down != nil && v.Down.Cause != order.DownByCommand:
		return p.Bad("offline " + command.Clean(v.Down.AppVersion) + " (" + string(v.Down.Cause) + ")")
	case v.Down != nil:
		return p.Warn("offline " + command.Clean(v.Down.AppVersion))
	}
	return string(v.Authorization)
}

// name completes the name of a mini program.
type name struct {
	remote.Flags
	MiniProgram string `arg:"" help:"APP_ID/MINI_APP_ID, or MINI_APP_ID alone with --app-id."`
	AppID       string `help:"The third-party app, for a mini program given by its id alone." env:"MINIFLOW_APP_ID"`
}

func (n *name) path() (string, error) {
	path, named := remote.PathOf("/v1/mini-programs", n.MiniProgram, n.AppID)
	if !named {
		return "", command.Usagef("%q names no mini program; write APP_ID/MINI_APP_ID, or give --app-id", n.MiniProgram)
	}
	return path, nil
}

// call asks the API about the mini program, and shows it as the API answered: a member that this version
// does not know is not lost.
func (n *name) call(ctx context.Context, env *command.Env, method, suffix string, body any) error {
	path, err := n.path()
	if err != nil {
		return err
	}
	api, err := n.Connect(env)
	if err != nil {
		return err
	}
	answer, err := api.Call(ctx, method, path+suffix, body)
	if err != nil {
		return err
	}
	var view order.MiniProgramView
	if err := json.Unmarshal(answer, &view); err != nil {
		return command.Usagef("read the answer of Miniflow: %w; is it of this version?", err)
	}
	return env.Show(answer, func(p *command.Page) { show(p, view) })
}

func show(p *command.Page, v order.MiniProgramView) {
	p.Line("%s/%s  %s", command.Clean(v.AppID), command.Clean(v.MiniAppID), standing(p, v))
	p.Item("authorization", v.Authorization)
	p.Item("in charge", v.OutOrderNo)
	p.Item("certification", v.Certification)
	for _, one := range v.Events {
		p.Line("  %s  %s %s %s %s", one.At.Local().Format(time.DateTime), one.Type, command.Clean(cmp.Or(one.AppVersion, string(one.Certification))), one.Cause, command.Clean(one.Actor+" "+one.Reason))
	}
}

type get struct{ name }

// Run shows the mini program.
func (c *get) Run(ctx context.Context, env *command.Env) error {
	return c.call(ctx, env, http.MethodGet, "", nil)
}

type certify struct {
	name
	File string `arg:"" optional:"" help:"The papers as JSON, as POST …/certify takes them; - or nothing is standard input." default:"-" complete:"files"`
}

// Run reads the file before anything is sent.
func (c *certify) Run(ctx context.Context, env *command.Env) error {
	text, err := env.ReadInput(c.File)
	if err != nil {
		return err
	}
	var body json.RawMessage
	if err := json.Unmarshal(bytes.TrimPrefix(text, []byte("\ufeff")), &body); err != nil {
		return command.Usagef("%s is no JSON: %w", c.File, err)
	}
	return c.call(ctx, env, http.MethodPost, "/certify", body)
}

type takeDown struct {
	name
	AppVersion string `help:"The version that you mean to be online; refused where another one is." placeholder:"X.Y.Z"`
	Reason     string `help:"Why, for people." placeholder:"TEXT"`
}

// Run gives the command; its name on the command line is the one on the wire.
func (c *takeDown) Run(ctx context.Context, env *command.Env, name command.Name) error {
	body := map[string]string{"reason": c.Reason}
	if c.AppVersion != "" {
		body["app_version"] = c.AppVersion
	}
	return c.call(ctx, env, http.MethodPost, "/"+string(name), body)
}
