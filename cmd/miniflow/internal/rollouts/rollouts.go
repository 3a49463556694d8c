// Package rollouts is `miniflow rollouts`: mass upgrades, begun, watched, stopped and taken back over the
// REST API.
package rollouts

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/remote"
	"miniflow/rollout"
)

// Command is `miniflow rollouts`. What is asked of a rollout has the names of the API.
type Command struct {
	Start start `cmd:"" help:"Start a mass upgrade from a JSON file."`
	List  list  `cmd:"" help:"List mass upgrades, the latest first."`
	Show  show  `cmd:"" help:"Show how far a mass upgrade is, with its members on demand."`

	Pause    steer `cmd:"" help:"Begin nothing more for a while; what has begun goes on."`
	Halt     steer `cmd:"" help:"Stop it, for monitoring of your own: nothing more begins until a person resumes it or takes it back."`
	Resume   steer `cmd:"" help:"Go on. What has halted it is forgiven."`
	Retry    retry `cmd:"" help:"Have the members that went wrong try again."`
	Rollback steer `cmd:"" help:"Take back whatever it has put online, ahead of all other calls; cancel what is on its way."`
}

type start struct {
	remote.Flags
	following
	File  string `arg:"" optional:"" help:"The rollout as JSON, as POST /v1/rollouts takes it; - or nothing is standard input." default:"-" complete:"files"`
	Ext   string `help:"Members' configurations, a line of JSON each: {\"mini_app_id\":\"…\",\"ext\":{…}}. Handed in first." placeholder:"FILE" complete:"files"`
	NoExt bool   `help:"Upgrade without an ext those whose ext nobody knows; otherwise they are held."`
}

// Run hands in the file of configurations, if there is one, and begins. Beginning the same one again is
// not an error, so a script may repeat it after a time-out.
func (c *start) Run(ctx context.Context, env *command.Env) error {
	body, err := c.body(env)
	if err != nil {
		return err
	}
	api, err := c.Connect(env)
	if err != nil {
		return err
	}
	if c.Ext != "" {
		if body["ext"], err = handIn(ctx, env, api, c.Ext, body["app_id"]); err != nil {
			return err
		}
	}
	return c.ask(ctx, env, api, http.MethodPost, "/v1/rollouts", body)
}

// body reads the file. What it has to hold is the API's to say; a flag stands above it.
func (c *start) body(env *command.Env) (map[string]json.RawMessage, error) {
	text, err := env.ReadInput(c.File)
	if err != nil {
		return nil, err
	}
	var body map[string]json.RawMessage
	if err := json.Unmarshal(bytes.TrimPrefix(text, []byte("\ufeff")), &body); err != nil {
		return nil, command.Usagef("%s is no JSON: %w", c.File, err)
	}
	if c.NoExt {
		body["no_ext"] = json.RawMessage("true")
	}
	return body, nil
}

// handIn hands a file of configurations in and returns what names it.
func handIn(ctx context.Context, env *command.Env, api *remote.API, name string, app json.RawMessage) (json.RawMessage, error) {
	content, err := env.ReadInput(name)
	if err != nil {
		return nil, err
	}
	var appID string
	if json.Unmarshal(app, &appID) != nil || appID == "" {
		return nil, command.Usagef("name the third-party application in the rollout, as app_id: the file is kept for it")
	}
	var kept struct {
		SHA256 string `json:"sha256"`
	}
	if err := api.Ask(ctx, http.MethodPost, "/v1/files"+remote.Query("app_id", appID, "field", "rollout.ext"), remote.Bytes(content), &kept); err != nil {
		return nil, err
	}
	return json.Marshal(kept)
}

// name is a rollout on the command line. Ids are unique for one app only.
type name struct {
	remote.Flags
	Rollout string `arg:"" help:"APP_ID/ROLLOUT, or its id alone with --app-id."`
	AppID   string `help:"The third-party app, for a rollout given by its id alone." env:"MINIFLOW_APP_ID"`
}

func (n *name) path() (string, error) {
	path, named := remote.PathOf("/v1/rollouts", n.Rollout, n.AppID)
	if !named {
		return "", command.Usagef("%q names no rollout; write APP_ID/ROLLOUT, or give --app-id", n.Rollout)
	}
	return path, nil
}

func (n *name) reach(env *command.Env) (*remote.API, string, error) {
	path, err := n.path()
	if err != nil {
		return nil, "", err
	}
	api, err := n.Connect(env)
	return api, path, err
}

type steer struct {
	name
	following
	Reason string `help:"Why, for people."`
}

// Run sends the command by its name on the command line, which is the one on the wire.
func (c *steer) Run(ctx context.Context, env *command.Env, what command.Name) error {
	api, path, err := c.reach(env)
	if err != nil {
		return err
	}
	return c.ask(ctx, env, api, http.MethodPost, path+"/"+string(what), map[string]string{"reason": c.Reason})
}

type retry struct {
	name
	following
	Reason string `help:"Why, for people."`
	NoExt  bool   `help:"Begin without an ext those that are held because nobody knows theirs."`
}

// Run has those that went wrong try again.
func (c *retry) Run(ctx context.Context, env *command.Env) error {
	api, path, err := c.reach(env)
	if err != nil {
		return err
	}
	return c.ask(ctx, env, api, http.MethodPost, path+"/retry", map[string]any{"reason": c.Reason, "no_ext": c.NoExt})
}

type list struct {
	remote.Flags
	AppID string `help:"Of this third-party app." env:"MINIFLOW_APP_ID"`
	Limit int    `help:"How many of the latest, 50 at most." default:"25"`
}

// Run lists rollouts, a line each.
func (c *list) Run(ctx context.Context, env *command.Env) error {
	api, err := c.Connect(env)
	if err != nil {
		return err
	}
	var listed struct {
		Rollouts []rollout.View `json:"rollouts"`
	}
	answer, err := api.Call(ctx, http.MethodGet, "/v1/rollouts"+remote.Query("app_id", c.AppID, "limit", strconv.Itoa(c.Limit)), nil)
	if err == nil {
		err = json.Unmarshal(answer, &listed)
	}
	if err != nil {
		return err
	}
	return env.Show(answer, func(p *command.Page) {
		for _, view := range listed.Rollouts {
			p.Line("%s  %s  %s", state(p, view), command.Clean(view.AppID+"/"+view.ID), bar(p, view))
		}
		if len(listed.Rollouts) == 0 {
			p.Line("no rollouts")
		}
	})
}
