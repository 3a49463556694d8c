package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/loopback"
	"miniflow/cmd/internal/service"
	"miniflow/cmd/standalone/internal/embedded"
	"miniflow/cmd/standalone/internal/receiver"
	"miniflow/internal/config"
	"miniflow/internal/telemetry"
	"miniflow/temporalio"
)

// addresses is <data-dir>/addresses.json, for programs that start this one with port 0. It is there
// only while the addresses in it answer.
type addresses struct {
	API       string `json:"api"`
	UI        string `json:"ui"`
	Simulator string `json:"simulator"`
	Temporal  string `json:"temporal"`
	PID       int    `json:"pid"`
}

// The process's number is among them, for a program that has to end what it has started.
func addressesOf(api string, simulator net.Listener, temporal *embedded.Server) addresses {
	return addresses{
		API: "http://" + api, UI: "http://" + temporal.UIAddress(),
		Simulator: "http://" + simulator.Addr().String(), Temporal: temporal.FrontendAddress(), PID: os.Getpid(),
	}
}

// start brings everything up, one after the other, and runs it until the context ends or a part of
// it fails. Ports are opened first, because the parts have to know each other's.
func start(ctx context.Context, line flags, h *home, stdout io.Writer) error {
	// Temporal first: everything else needs it, and it takes longest.
	temporal, err := embedded.Start(ctx, embedded.Config{
		Dir: h.path("temporal"), Frontend: line.Temporal, UI: line.UI,
		SearchAttributes: service.SearchAttributes(), Logger: h.log,
	})
	if err != nil {
		return err
	}
	defer func() { _ = temporal.Stop() }() // last, when everything that uses it has ended
	// Those of an earlier start; its ports may be another program's by now.
	_ = os.Remove(h.path("addresses.json"))
	doorListener, simListener, err := openPorts(ctx, line)
	if err != nil {
		return err
	}
	line.Listen = doorListener.Addr().String()
	where := addressesOf(line.Listen, simListener, temporal)
	// The ports are known from here on, so every part can be given the others' addresses.
	cfg, err := settings(line, h, simListener.Addr().String(), temporal.UIAddress())
	if err != nil {
		return err
	}
	simulator, err := newSimulator(line, h, where.API+cfg.NotifyPath)
	if err != nil {
		return err
	}
	defer func() { _ = simulator.Close() }()
	miniflow, closeClient, err := newService(ctx, temporal, cfg, simListener.Addr().String(), h)
	if err != nil {
		return err
	}
	defer closeClient()
	// Made before the receiver, which says on it what it has received.
	screen := newTable(stdout, where)
	// The secret is the one that the configuration signs with: see home.
	backend, err := receiver.New(h.webhookSecret, time.Now, screen.received)
	if err != nil {
		return err
	}
	// What fails ends the others: a standalone without one of its parts would only puzzle.
	parts, ctx := errgroup.WithContext(ctx)
	parts.Go(func() error { return failing(ctx, temporal) })
	parts.Go(func() error { return simulator.Run(ctx) })
	parts.Go(func() error { return serveSimulator(ctx, simListener, backend.Handler(simulator.Handler())) })
	parts.Go(func() error { return miniflow.Run(ctx, doorListener) })
	parts.Go(func() error { return announce(ctx, line, h, where, stdout, screen) })
	return parts.Wait()
}

// Both are opened before anything answers on them: a connection waits meanwhile and is not refused.
func openPorts(ctx context.Context, line flags) (door, simulator net.Listener, err error) {
	if door, err = embedded.Listen(ctx, line.Listen, "--listen"); err != nil {
		return nil, nil, err
	}
	if simulator, err = embedded.Listen(ctx, line.Simulator, "--simulator"); err != nil {
		// A half-open start would keep the address from the next one.
		return nil, nil, errors.Join(err, door.Close())
	}
	return door, simulator, nil
}

// failing waits for the embedded server to fail, so that the rest does not go on against a Temporal
// that is gone.
func failing(ctx context.Context, temporal *embedded.Server) error {
	select {
	case err := <-temporal.Failed():
		return fmt.Errorf("the embedded Temporal: %w", err)
	case <-ctx.Done():
		return nil
	}
}

// newService puts Miniflow together as serve does, so that what is tried here holds in
// production.
func newService(
	ctx context.Context, temporal *embedded.Server, cfg *config.Config, simulator string, h *home,
) (*service.Service, func(), error) {
	// /metrics is served here too, so that a dashboard can be tried before production.
	registry := telemetry.NewRegistry()
	options := temporal.ClientOptions()
	options.Logger = sdklog.NewStructuredLogger(h.log)
	// As serve dials: without RequestIDs a repeated message would cost Temporal a second
	// event.
	options.MetricsHandler = telemetry.NewTemporalMetrics(registry)
	options.ConnectionOptions.DialOptions = append(options.ConnectionOptions.DialOptions,
		grpc.WithChainUnaryInterceptor(temporalio.RequestIDs()))
	dialled, err := client.DialContext(ctx, options)
	if err != nil {
		return nil, nil, fmt.Errorf("reach the embedded Temporal: %w", err)
	}
	miniflow, err := service.New(service.Options{
		Config: cfg, Temporal: dialled, Namespace: options.Namespace, Roles: service.Roles(), Log: h.log, Registry: registry,
		FileHosts: map[string]string{fileHost: simulator},
		Wrap:      func(next http.Handler) http.Handler { return loopback.CheckHost(letIn(h.apiKey, next)) },
	})
	if err != nil {
		dialled.Close()
		return nil, nil, err
	}
	return miniflow, dialled.Close, nil
}

// serveSimulator serves what is not Miniflow's own: Alipay, and the ISV's backend beside it. What is
// in hand at the end is cut, as it would be at a process of its own that is killed.
func serveSimulator(ctx context.Context, listener net.Listener, handler http.Handler) error {
	// The management API has no key, so a page of the open web must not reach it.
	server := &http.Server{Handler: loopback.CheckHost(handler), ReadHeaderTimeout: 5 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve the simulator: %w", err)
	case <-ctx.Done():
		return server.Close()
	}
}

// announce writes the addresses only once work is accepted, so that a program that reads them
// can call at once. Then it follows the demonstration on the terminal.
func announce(ctx context.Context, line flags, h *home, where addresses, stdout io.Writer, screen *table) error {
	// The address is this process's own, so the demonstration goes through the same API as others.
	api, err := newCaller(where.API, h.apiKey)
	if err != nil {
		return err
	}
	// A worker that is not there yet would leave the first order waiting, and a reader wondering.
	if err := api.awaitReady(ctx); err != nil {
		return err
	}
	text, err := json.MarshalIndent(where, "", "  ")
	if err != nil {
		return err
	}
	if err := command.WriteWhole(h.path("addresses.json"), append(text, '\n')); err != nil {
		return err
	}
	if err := greet(stdout, where, h); err != nil {
		return err
	}
	if !line.Demo {
		return nil
	}
	return demonstrate(ctx, api, where, screen)
}
