package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
	"golang.org/x/sync/errgroup"

	"miniflow/cmd/standalone/internal/kept"
	"miniflow/cmd/standalone/internal/outside"
)

// Cluster is everything that runs. It is safe for concurrent use.
type Cluster struct {
	options  Options
	programs string
	ports    ports
	lock     *flock.Flock

	database         *database
	databasePassword string

	// In the order in which they are started; each stands on those before it.
	names     []string
	processes map[string]*process
	failed    chan error
}

// Start brings everything up and returns once it takes work. ctx bounds the start alone; Stop ends
// what was started, and so does the end of this process, whatever ends it. A failed start leaves
// nothing running.
func Start(ctx context.Context, options Options) (_ *Cluster, err error) {
	options, err = options.withDefaults()
	if err != nil {
		return nil, err
	}
	c := &Cluster{options: options, ports: ports{}, processes: map[string]*process{}, failed: make(chan error, 1)}
	if err := c.open(); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Kill())
		}
	}()
	c.step("programs")
	if c.programs, err = programs(ctx, options.Programs); err != nil {
		return nil, err
	}
	if err := c.choosePorts(ctx); err != nil {
		return nil, err
	}
	if err := c.startDatabase(ctx); err != nil {
		return nil, err
	}
	if err := c.startTemporal(ctx); err != nil {
		return nil, err
	}
	return c, c.startMiniflow(ctx)
}

// open takes the directory for this process.
func (c *Cluster) open() error {
	// PostgreSQL's user passes through; what is secret is a file for its owner alone.
	if err := os.MkdirAll(c.path("log"), 0o711); err != nil { //nolint:gosec // see above
		return fmt.Errorf("make the data directory: %w", err)
	}
	if err := os.Chmod(c.path(), 0o711); err != nil { //nolint:gosec // see above
		return err
	}
	c.lock = flock.New(c.path("lock"))
	locked, err := c.lock.TryLock()
	if err != nil {
		return err
	}
	if !locked {
		return fmt.Errorf("%s belongs to a cluster that is still running; stop it, or choose another directory", c.path())
	}
	c.databasePassword, err = kept.Secret(c.path("postgres-password"))
	return err
}

func (c *Cluster) choosePorts(ctx context.Context) error {
	asked := map[string]string{API: c.options.API, Door: c.options.Door, Frontend: c.options.Temporal, Alipay: c.options.Simulator}
	names := append([]string{Postgres, Alipay}, c.roles()...)
	for _, s := range services {
		names = append(names, s.name, memberOf(s.name))
	}
	return c.ports.take(ctx, asked, names...)
}

func (c *Cluster) startDatabase(ctx context.Context) (err error) {
	c.step("PostgreSQL")
	if c.database, err = c.newDatabase(ctx); err != nil {
		return err
	}
	if err := c.start(ctx, Postgres); err != nil {
		return err
	}
	c.step("Temporal's schemas")
	if err := c.database.updateSchemas(ctx, c.programs); err != nil {
		return err
	}
	return c.database.forgetMembers(ctx)
}

func (c *Cluster) startTemporal(ctx context.Context) error {
	c.step("Temporal: frontend, two of history, matching, worker")
	if err := c.newTemporal(); err != nil {
		return err
	}
	var names []string
	for _, s := range services {
		names = append(names, s.name)
	}
	// The first one writes what the cluster knows of itself, the frontend's address among it; two
	// that write at once end, since neither finds what it has read.
	first := c.processes[names[0]]
	if err := first.launch(c.fail); err != nil {
		return err
	}
	if err := first.await(ctx, func(ctx context.Context) error { return listens(ctx, c.ports.at(first.name)) }); err != nil {
		return err
	}
	group, starting := errgroup.WithContext(ctx)
	group.Go(func() error { return first.awaitReady(starting) })
	group.Go(func() error { return c.start(starting, names[1:]...) })
	if err := group.Wait(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, readyWithin, fmt.Errorf("not within %s", readyWithin))
	defer cancel()
	return outside.Poll(ctx, often, func() error { return c.answersEverywhere(ctx) })
}

func (c *Cluster) startMiniflow(ctx context.Context) error {
	if c.options.Config == "" {
		c.step("Alipay, simulated")
		c.newAlipay()
		if err := c.start(ctx, Alipay); err != nil {
			return err
		}
		if err := c.configure(); err != nil {
			return err
		}
	}
	c.step("the namespace and its search attributes")
	if err := c.setUp(ctx); err != nil {
		return err
	}
	c.step("Miniflow: door, API, workers")
	c.newMiniflow()
	return c.start(ctx, c.roles()...)
}

// start starts processes together and waits until each is ready.
func (c *Cluster) start(ctx context.Context, names ...string) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, name := range names {
		group.Go(func() error { return c.processes[name].start(ctx, c.fail) })
	}
	return group.Wait()
}

func (c *Cluster) add(p *process) *process {
	p.log = c.path("log", p.name+".log")
	c.names, c.processes[p.name] = append(c.names, p.name), p
	return p
}

func (c *Cluster) step(what string) { c.options.Progress(what) }

func (c *Cluster) path(parts ...string) string {
	return filepath.Join(append([]string{c.options.Dir}, parts...)...)
}

// fail keeps the first reason, because what follows is its consequence.
func (c *Cluster) fail(err error) {
	select {
	case c.failed <- err:
	default:
	}
}
