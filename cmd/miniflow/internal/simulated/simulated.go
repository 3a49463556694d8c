// Package simulated talks to the management API of a simulated Alipay, the program
// alipaysim. It has types of its own for what it reads there, so that the production
// program links no simulator.
package simulated

import (
	"context"
	"net/http"
	"strings"
	"time"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/remote"
)

// A simulator answers at once; the limit is for another program at its address.
const answerWithin = 30 * time.Second

// Flag says where the simulator is. It is shared, so that every command that plays with one
// finds it by the same variable.
type Flag struct {
	Simulator string `help:"The simulator, the program alipaysim." default:"http://127.0.0.1:8090" env:"MINIFLOW_SIMULATOR" placeholder:"URL"`
}

// Connect returns the simulator's API. Nothing is sent yet, so a wrong flag is reported before
// anything has happened.
func (f Flag) Connect() (*remote.API, error) {
	return remote.New(remote.Place{
		URL: f.Simulator, What: "the simulator", Flag: "--simulator", Within: answerWithin,
		Advice: "start one with `alipaysim`, or say with --simulator where it is",
	})
}

// App is a third-party app as the simulator shows it, with what decides whether a push can
// arrive.
type App struct {
	AppID       string   `json:"app_id"`
	PushesGoOut bool     `json:"pushes_go_out"`
	WebSocket   []string `json:"websocket"` // globs on the messages that go over the long connection
	Links       int      `json:"links"`     // long connections that are open
}

// Apps lists the simulator's apps, of which a command line need not name the only one.
func Apps(ctx context.Context, sim *remote.API) ([]App, error) {
	var state struct {
		Apps []App `json:"apps"`
	}
	err := sim.Ask(ctx, http.MethodGet, "/sim/v1/state?only=apps", nil, &state)
	return state.Apps, err
}

// Choose returns the app with this id. An empty id is the simulator's only one; with several
// the error lists them, so that the right one can be copied.
func Choose(ctx context.Context, sim *remote.API, id string) (App, error) {
	apps, err := Apps(ctx, sim)
	if err != nil {
		return App{}, err
	}
	if id == "" && len(apps) == 1 {
		return apps[0], nil
	}
	// An id that it doesn't have is a wrong command line, since nothing was pushed for it.
	names := make([]string, 0, len(apps))
	for _, app := range apps {
		if app.AppID == id {
			return app, nil
		}
		names = append(names, app.AppID)
	}
	return App{}, command.Usagef("give --app-id, one of the simulator's: %s", strings.Join(names, ", "))
}
