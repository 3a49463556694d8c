package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"golang.org/x/sync/errgroup"
)

// Addresses is what other programs need to know, with the names of the standalone's addresses.json,
// so that they take either.
type Addresses struct {
	API       string `json:"api"`
	Door      string `json:"door"`
	Simulator string `json:"simulator,omitempty"`
	Temporal  string `json:"temporal"`
	Postgres  string `json:"postgres"`
	// Metrics are the base addresses of all of Miniflow's processes; /metrics is below each.
	Metrics []string `json:"metrics"`
	// PID is the process whose children are all the others.
	PID int `json:"pid"`
	// Processes are the children by their names.
	Processes map[string]int `json:"processes"`
}

// Addresses returns where everything listens now.
func (c *Cluster) Addresses() Addresses {
	all := Addresses{
		API: c.API(), Door: c.Door(), Temporal: c.Frontend(), Postgres: c.ports.at(Postgres), PID: os.Getpid(), Processes: map[string]int{},
	}
	if c.options.Config == "" {
		all.Simulator = c.Simulator()
	}
	for _, name := range c.roles() {
		all.Metrics = append(all.Metrics, "http://"+c.ports.at(name))
	}
	for _, name := range c.names {
		all.Processes[name] = c.processes[name].pid()
	}
	return all
}

// API is the base address of the REST API.
func (c *Cluster) API() string { return "http://" + c.ports.at(API) }

// Door is the base address of the door.
func (c *Cluster) Door() string { return "http://" + c.ports.at(Door) }

// Simulator is the base address of the simulated Alipay.
func (c *Cluster) Simulator() string { return "http://" + c.ports.at(Alipay) }

// Frontend is the host:port of Temporal's frontend.
func (c *Cluster) Frontend() string { return c.ports.at(Frontend) }

// Base is the base address of one of Miniflow's processes: health and metrics are below each.
func (c *Cluster) Base(name string) string { return "http://" + c.ports.at(name) }

// Names are the processes in the order in which they are started.
func (c *Cluster) Names() []string { return slices.Clone(c.names) }

// PID is the number of a process; 0 when it does not run.
func (c *Cluster) PID(name string) int { return c.processes[name].pid() }

// Log is the file that takes what a process writes, in all of its lives.
func (c *Cluster) Log(name string) string { return c.processes[name].log }

// Tail is the end of what a process has said, for a failure to show.
func (c *Cluster) Tail(name string) string { return string(c.processes[name].tail()) }

// Dump is everything that Temporal's databases hold, as pg_dump writes it; bytes are in hexadecimal.
func (c *Cluster) Dump(ctx context.Context) ([]byte, error) { return c.database.dump(ctx) }

// Failed delivers at most one error: a process has ended, and nobody has asked it to. It is never
// closed.
func (c *Cluster) Failed() <-chan error { return c.failed }

// Kill is kill -9 of the named processes, and of all when none is named; then the directory is free
// again too.
func (c *Cluster) Kill(names ...string) error {
	var errs []error
	for _, name := range c.named(names) {
		errs = append(errs, c.processes[name].kill())
	}
	return errors.Join(append(errs, c.close(names))...)
}

// Stop asks the named processes to end and waits until they have; all when none is named, each
// before what it stands on.
func (c *Cluster) Stop(names ...string) error {
	var errs []error
	// Temporal's processes end together: one alone would wait for answers of those that have gone.
	isTemporal := func(name string) bool {
		return slices.ContainsFunc(services, func(s struct{ name, service, health string }) bool { return s.name == name })
	}
	for all := c.named(names); len(all) > 0; {
		count := 1
		for isTemporal(all[0]) && count < len(all) && isTemporal(all[count]) {
			count++
		}
		var group errgroup.Group
		for _, name := range all[:count] {
			group.Go(c.processes[name].stop)
		}
		errs, all = append(errs, group.Wait()), all[count:]
	}
	return errors.Join(append(errs, c.close(names))...)
}

// Restart starts processes that were killed or stopped, on the ports that they had, and waits until
// each is ready.
func (c *Cluster) Restart(ctx context.Context, names ...string) error {
	for _, name := range names {
		if c.processes[name] == nil {
			return fmt.Errorf("there is no process %q", name)
		}
	}
	return c.start(ctx, names...)
}

// named returns what is meant, the last one first. One that there is not is a mistake in a test.
func (c *Cluster) named(names []string) []string {
	if len(names) == 0 {
		names = c.Names()
		slices.Reverse(names)
	}
	for _, name := range names {
		if c.processes[name] == nil {
			panic(fmt.Sprintf("there is no process %q", name))
		}
	}
	return names
}

// close frees the directory when everything has ended.
func (c *Cluster) close(names []string) error {
	if len(names) > 0 {
		return nil
	}
	return c.lock.Unlock()
}
