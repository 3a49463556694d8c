package trigger

import (
	"path"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/miniflow/internal/simulated"
)

// route says over which channel each message goes, and looks whether anybody is at the other
// end: a message that nobody can get would only be waited for in vain.
func (c *Command) route(story Scenario, pushes []push, app simulated.App) error {
	over := map[string]int{}
	for i := range pushes {
		if pushes[i].NotifyType == "" { // the 1.0 layout is never sent over the long connection
			pushes[i].Channel = c.Channel
		}
		// Counted by what the simulator would do, since without --channel its app decides.
		over[pushes[i].goesOver(app)]++
	}
	// Said before anything is pushed: half a scenario would be worse than none.
	switch {
	case c.Channel == "websocket" && over["websocket"] == 0:
		return command.Usagef("%s has the 1.0 layout, which Alipay sends over http alone; leave --channel websocket out", story.Name)
	case c.Channel == "websocket" && (c.Rule != "" || c.Charset != ""):
		return command.Usagef("--rule and --charset are of http: on the long connection one text is signed, in the charset that the client has chosen")
	case over["websocket"] > 0 && app.Links == 0:
		return command.Usagef("no long connection of app %s is open; open one, with `miniflow listen --channel websocket` or the app's channel: websocket", app.AppID)
	case over["http"] > 0 && !app.PushesGoOut:
		return command.Usagef("the simulator does not know where to push over http; start it with --gateway-url")
	}
	return nil
}

// goesOver takes the channel that the simulator would: as asked, or as its app has subscribed.
// Alipay offers no long connection for the 1.0 layout.
func (p push) goesOver(app simulated.App) string {
	if p.NotifyType != "" {
		return "http"
	}
	for _, glob := range app.WebSocket {
		// The simulator has accepted the glob, so it is not malformed.
		if fits, _ := path.Match(glob, p.MsgMethod); fits && p.Channel == "" {
			return "websocket"
		}
	}
	if p.Channel == "websocket" {
		return "websocket"
	}
	return "http"
}
