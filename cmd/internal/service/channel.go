package service

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strconv"

	"go.temporal.io/sdk/worker"

	"miniflow/activities"
	"miniflow/alipay/channel"
	"miniflow/alipay/notify"
	"miniflow/ingress/door"
	"miniflow/internal/config"
	"miniflow/order"
	"miniflow/temporalio"
	"miniflow/words"
)

// The connections are made before anybody is elected, so that a wrong setting fails at the
// start; they connect when this process is elected.
func (s *Service) newConnections(verifier *notify.Verifier) error {
	metrics, err := door.NewChannelMetrics(s.options.Registry)
	if err != nil {
		return err
	}
	s.connections = map[string]*door.LongConnection{}
	for i := range s.apps {
		a := &s.apps[i]
		if a.config.Channel != config.ChannelWebSocket {
			continue
		}
		// Each message verifies by the keys of its own app, so one verifier serves every connection.
		settings := a.longConnection()
		settings.Verifier, settings.Now, settings.Log = verifier, now, s.options.Log
		connection, err := door.NewLongConnection(settings, s.intake, metrics)
		if err != nil {
			return fmt.Errorf("app %s: %w", a.config.ID, err)
		}
		s.connections[a.config.ID] = connection
	}
	return nil
}

// LongConnections are the long connections of every configured app, also of those whose messages
// come over HTTP, as serve opens them. The caller adds who verifies and handles messages. The URL
// is empty where the configuration names no address.
func LongConnections(cfg *config.Config) ([]channel.Config, error) {
	apps, _, err := readApps(cfg, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		return nil, err
	}
	connections := make([]channel.Config, 0, len(apps))
	for i := range apps {
		connections = append(connections, apps[i].longConnection())
	}
	return connections, nil
}

// longConnection leaves out who verifies and handles messages: serve and `miniflow listen`
// differ in that alone.
func (a *app) longConnection() channel.Config {
	return channel.Config{
		AppID: a.config.ID, URL: a.config.ChannelURL(), PrivateKey: a.private,
		AlipayKey: a.keys.lookup, AppCertSN: a.certSN, AlipayRootCertSN: a.rootSN,
		Charset: channel.Charset(a.config.ChannelCharset), SDKVersion: a.config.SDKVersion,
	}
}

// startConnections lets this process be elected for each app's long connection. Alipay hands a
// message to one of an app's connections, so two processes would each get a part of them; the
// one that holds it does so as the only activity of a task queue.
func (s *Service) startConnections(ctx context.Context) ([]worker.Worker, error) {
	if !s.plays(RoleChannel) {
		return nil, nil
	}
	// The process's name goes into the heartbeat, so that a person sees in Temporal which of
	// several holds the connection.
	held := &activities.LongConnections{Connections: map[string]activities.LongConnection{}, Process: processName()}
	for id, connection := range s.connections {
		held.Connections[id] = connection
	}
	var workers []worker.Worker
	for _, a := range s.apps {
		// An app that was set back to http must not keep a process waiting for its connection.
		if s.connections[a.config.ID] == nil {
			if err := s.endElection(ctx, a.config.ID); err != nil {
				return workers, err
			}
			continue
		}
		if err := s.beginElection(ctx, a.config.ID, a.config.Language); err != nil {
			return workers, err
		}
		// One at a time: a process that holds the connection can't be elected a second time.
		candidate := worker.New(s.options.Temporal, order.LongConnectionTaskQueue(a.config.ID), worker.Options{
			DisableWorkflowWorker: true, MaxConcurrentActivityExecutionSize: 1, WorkerStopTimeout: stopPatience,
		})
		held.Register(candidate)
		if err := candidate.Start(); err != nil {
			return workers, fmt.Errorf("wait to be elected for the long connection of app %s: %w", a.config.ID, err)
		}
		// The workers that were started are returned beside an error as well, for the caller to stop.
		workers = append(workers, candidate)
	}
	return workers, nil
}

// beginElection makes sure that there is an election for the app. Every process says so at its
// start, and the first one begins it.
func (s *Service) beginElection(ctx context.Context, appID string, language words.Language) error {
	// An election that runs already is returned and not begun a second time: its id is the app's.
	_, err := s.options.Temporal.ExecuteWorkflow(ctx, temporalio.LongConnectionOptions(appID, language), order.LongConnectionWorkflowType, appID)
	if err != nil {
		return fmt.Errorf("begin the election for the long connection of app %s: %w", appID, err)
	}
	return nil
}

// endElection ends the election of an app that has been set back to http. One that never was is
// not an error.
func (s *Service) endElection(ctx context.Context, appID string) error {
	err := s.options.Temporal.CancelWorkflow(ctx, order.LongConnectionWorkflowID(appID), "")
	if err != nil && !temporalio.NotFound(err) {
		return fmt.Errorf("end the election for the long connection of app %s: %w", appID, err)
	}
	return nil
}

// processName shows operators where a connection is held, in logs and in Temporal.
func processName() string {
	// The number of the process is added, because several may run on one machine.
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return host + "/" + strconv.Itoa(os.Getpid())
}
