package cluster

import (
	"fmt"
	"net"
	"path/filepath"

	"miniflow/cmd/internal/loopback"
)

// AppID is the app that the simulated Alipay and Miniflow share, the standalone's own: what is
// written for the one works with the other.
const AppID = "2021000000000000"

// Options say what is started. Everything but Dir has a default.
type Options struct {
	// Dir keeps everything: databases, keys, configurations, logs. It is made when missing, and
	// a second start goes on where the first one stopped. When root starts a cluster PostgreSQL
	// runs as the user postgres, who has to be able to pass through every directory above. Required.
	Dir string
	// Programs is a directory with the programs, ready to run: see [Build]. Without it they are
	// built from the checkout that the process is in, once; what is built is kept.
	Programs string
	// Config is a configuration of Miniflow, such as a production's. Without it one is made for
	// a simulated Alipay, which is started then and only then.
	Config string

	// API, Door, Temporal and Simulator are where these listen, host:port on loopback; empty is
	// any free port.
	API, Door, Temporal, Simulator string
	// Workers is how many processes have Miniflow's role worker; 1 when zero.
	Workers int
	// Shards is how history is divided, for good: it can't be changed in a directory. 32 when zero,
	// so that both history hosts have some.
	Shards int

	// Speed divides the delays of the simulated Alipay and Miniflow's schedules; 1 when zero.
	Speed float64
	// WebSocket names the messages, as globs, that the simulated Alipay sends over the long
	// connection; the rest comes over HTTP. Without any there is no long connection.
	WebSocket []string
	// CallsPerSecond is Alipay's budget for the app; 200 when zero, as the standalone has it.
	CallsPerSecond float64
	// Misbehaves lets the simulated Alipay send duplicates, late and out of order.
	Misbehaves bool
	// Environment is given to every process of Miniflow beside its own, as name=value.
	Environment []string
	// Dynamic is Temporal's dynamic configuration. Without it every limit is as Temporal ships it.
	Dynamic map[string]any
	// Progress is called with each step of the start; nil calls nothing.
	Progress func(step string)
}

const (
	defaultShards = 32
	defaultCalls  = 200
)

func (o Options) withDefaults() (Options, error) {
	if o.Dir == "" {
		return o, fmt.Errorf("the cluster has no directory for its data")
	}
	var err error
	// The processes run in directories of their own, and programs are named by their paths.
	for _, path := range []*string{&o.Dir, &o.Programs, &o.Config} {
		if *path == "" {
			continue
		}
		if *path, err = filepath.Abs(*path); err != nil {
			return o, err
		}
	}
	for name, at := range map[string]string{"API": o.API, "door": o.Door, "Temporal": o.Temporal, "simulator": o.Simulator} {
		if err := onLoopback(name, at); err != nil {
			return o, err
		}
	}
	o.Workers, o.Shards = max(o.Workers, 1), orElse(o.Shards, defaultShards)
	o.Speed, o.CallsPerSecond = orElse(o.Speed, 1), orElse(o.CallsPerSecond, defaultCalls)
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	return o, nil
}

func orElse[N int | float64](value, otherwise N) N {
	if value <= 0 {
		return otherwise
	}
	return value
}

// thisMachine is where everything listens.
const thisMachine = "127.0.0.1"

// onLoopback refuses an address that other machines could reach: Temporal asks nobody for a key.
func onLoopback(name, at string) error {
	if at == "" {
		return nil
	}
	host, _, err := net.SplitHostPort(at)
	if err != nil {
		return fmt.Errorf("the address of the %s: %w; write it like 127.0.0.1:8080", name, err)
	}
	if address, _ := loopback.Address(host); address.String() != thisMachine {
		return fmt.Errorf("the %s can't listen on %s: nothing here asks for a key, so it stays on %s", name, at, thisMachine)
	}
	return nil
}
