package main

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"miniflow/alipay/alipaysim"
	"miniflow/cmd/internal/commandtest"
	"miniflow/cmd/internal/remote"
	"miniflow/cmd/miniflow/internal/trigger"
)

// tested runs whole command lines.
type tested struct{ *commandtest.Program }

func newProgram(t *testing.T) *tested {
	t.Helper()
	return &tested{commandtest.New(t, program)}
}

// in is the same program for a subtest.
func (p *tested) in(t *testing.T) *tested { return &tested{p.For(t)} }

// simulated is a simulator with one app, as the program alipaysim runs it.
type simulated struct {
	t         *testing.T
	url       string
	home      string // where its keys are
	simulator *alipaysim.Simulator
}

const simulatedApp = "2021000000000000"

// simulate starts a simulator that pushes to a URL. change may change its app.
func simulate(t *testing.T, home, gatewayURL string, change func(*alipaysim.App)) *simulated {
	t.Helper()
	keys := filepath.Join(home, "keys")
	if err := alipaysim.GenerateKeys(keys, simulatedApp); err != nil {
		t.Fatal(err)
	}
	app, err := alipaysim.LoadApp(keys, simulatedApp)
	if err != nil {
		t.Fatal(err)
	}
	app.GatewayURL = gatewayURL
	if change != nil {
		change(&app)
	}
	simulator, err := alipaysim.Open(alipaysim.Config{
		Volatile: true, Path: filepath.Join(home, "alipay.db"), Apps: []alipaysim.App{app}, Speed: 100, Misbehaviour: alipaysim.DefaultMisbehaviour(1),
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(simulator.Handler())
	ended := make(chan error, 1)
	go func() { ended <- simulator.Run(t.Context()) }()
	t.Cleanup(func() {
		server.Close()
		if err := simulator.Close(); err != nil {
			t.Error(err)
		}
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return &simulated{t: t, url: server.URL, home: home, simulator: simulator}
}

// key names one of the app's key files.
func (s *simulated) key(name string) string { return filepath.Join(s.home, "keys", simulatedApp, name) }

// manage makes a call of the simulator's management API and reads the answer into a value.
func (s *simulated) manage(method, path string, body, into any) {
	s.t.Helper()
	api, err := remote.New(remote.Place{URL: s.url, What: "the simulator", Within: commandtest.Patience})
	if err != nil {
		s.t.Fatal(err)
	}
	if into == nil {
		_, err = api.Call(s.t.Context(), method, "/sim/v1/"+path, body)
	} else {
		err = api.Ask(s.t.Context(), method, "/sim/v1/"+path, body, into)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// pushTo changes where the simulator pushes.
func (s *simulated) pushTo(address string) {
	s.t.Helper()
	if err := s.simulator.SetGatewayURL(simulatedApp, address); err != nil {
		s.t.Fatal(err)
	}
}

// scenarios reads the simulator's catalogue.
func (s *simulated) scenarios() []trigger.Scenario {
	s.t.Helper()
	var all struct {
		Scenarios []trigger.Scenario `json:"scenarios"`
	}
	s.manage(http.MethodGet, "catalogue", nil, &all)
	if len(all.Scenarios) == 0 {
		s.t.Fatal("no scenarios")
	}
	return all.Scenarios
}

// strike has the simulator strike with faults.
func (s *simulated) strike(faults alipaysim.Faults) {
	s.t.Helper()
	s.manage(http.MethodPut, "faults", faults, nil)
}
