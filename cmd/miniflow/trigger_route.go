package main

import (
	"context"
	"net/http"
	"path"
	"strings"
)

// simulatedApp is an app as a simulator shows it.
type simulatedApp struct {
	AppID       string   `json:"app_id"`
	PushesGoOut bool     `json:"pushes_go_out"`
	WebSocket   []string `json:"websocket"` // globs on the messages that go over the long connection
	Links       int      `json:"links"`     // long connections that are open
}

func simulatedApps(ctx context.Context, sim *remote) ([]simulatedApp, error) {
	var state struct {
		Apps []simulatedApp `json:"apps"`
	}
	err := sim.ask(ctx, http.MethodGet, "/sim/v1/state", nil, &state)
	return state.Apps, err
}

// onlyApp is the simulator's app when it has one only.
func onlyApp(ctx context.Context, sim *remote) (string, error) {
	apps, err := simulatedApps(ctx, sim)
	if err != nil {
		return "", err
	}
	if len(apps) != 1 {
		return "", whichApp(apps)
	}
	return apps[0].AppID, nil
}

func whichApp(apps []simulatedApp) error {
	names := make([]string, 0, len(apps))
	for _, app := range apps {
		names = append(names, app.AppID)
	}
	return usagef("give --app-id, one of the simulator's: %s", strings.Join(names, ", "))
}

// choose takes the simulator's app when it has one only.
func (c *triggerCommand) choose(ctx context.Context, sim *remote) (simulatedApp, error) {
	apps, err := simulatedApps(ctx, sim)
	if err != nil {
		return simulatedApp{}, err
	}
	if c.AppID == "" && len(apps) == 1 {
		c.AppID = apps[0].AppID
	}
	for _, app := range apps {
		if app.AppID == c.AppID {
			return app, nil
		}
	}
	return simulatedApp{}, whichApp(apps)
}

// route says over which channel each message goes, and looks whether anybody is
// at the other end.
func (c *triggerCommand) route(story scenario, pushes []push, app simulatedApp) error {
	over := map[string]int{}
	for i := range pushes {
		if pushes[i].NotifyType == "" { // the 1.0 layout is never sent over the long connection
			pushes[i].Channel = c.Channel
		}
		over[pushes[i].goesOver(app)]++
	}
	switch {
	case c.Channel == "websocket" && over["websocket"] == 0:
		return usagef("%s has the 1.0 layout, which Alipay sends over http alone; leave --channel websocket out", story.name)
	case c.Channel == "websocket" && (c.Rule != "" || c.Charset != ""):
		return usagef("--rule and --charset are of http: on the long connection one text is signed, in the charset that the client has chosen")
	case over["websocket"] > 0 && app.Links == 0:
		return usagef("no long connection of app %s is open; open one, with `miniflow listen --channel websocket` or the app's channel: websocket", app.AppID)
	case over["http"] > 0 && !app.PushesGoOut:
		return usagef("the simulator does not know where to push over http; start it with --gateway-url")
	}
	return nil
}

// goesOver is the channel that the simulator takes.
func (p push) goesOver(app simulatedApp) string {
	if p.NotifyType != "" {
		return "http"
	}
	for _, glob := range app.WebSocket {
		// The simulator has accepted the glob: there is no error to hear of.
		if fits, _ := path.Match(glob, p.MsgMethod); fits && p.Channel == "" {
			return "websocket"
		}
	}
	if p.Channel == "websocket" {
		return "websocket"
	}
	return "http"
}
