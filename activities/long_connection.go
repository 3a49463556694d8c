package activities

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
)

// LongConnection is a client of Alipay's open channel for one app. Alipay says nothing about two
// links of one app, so one process holds it.
type LongConnection interface {
	Run(ctx context.Context) error
	Status() any
}

// LongConnections holds the activity that keeps a process on long connections. Which process that
// is, Temporal decides: the one that polls first.
type LongConnections struct {
	Connections map[string]LongConnection
	// Process names this process to operators, who look for its log.
	Process string
}

// TypeHandedOver is the error of a process that gives a connection up; Temporal then gives the task
// to another.
const TypeHandedOver = "HandedOver"

// LongConnectionCall names the app: each has an election of its own.
type LongConnectionCall struct {
	AppID string `json:"app_id"`
}

type heldBy struct {
	Process string `json:"process"`
	Status  any    `json:"status"`
}

// Hold keeps this process on an app's long connection until the workflow is
// cancelled, another process has been given the task, or this process stops. It
// heartbeats with the connection's status.
//
// Repeating it is what it is for. Should two processes hold one app's connections
// for a moment, because one was thought dead, messages come twice and are
// recognised as everywhere else.
func (l *LongConnections) Hold(ctx context.Context, call LongConnectionCall) error {
	connection, configured := l.Connections[call.AppID]
	if !configured {
		return handedOver("this process has no long connection of app " + call.AppID)
	}
	running, stop := context.WithCancel(ctx)
	defer stop()
	go l.beat(running, connection)
	go func() {
		select {
		case <-activity.GetWorkerStopChannel(ctx):
			stop()
		case <-running.Done():
		}
	}()
	if err := connection.Run(running); err != nil {
		return fmt.Errorf("hold the long connection of app %s: %w", call.AppID, err)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return handedOver("process " + l.Process + " stops, another takes over")
}

// handedOver returns an error that is not a failure: it belongs to how elections go. Benign keeps
// it out of error logs.
func handedOver(why string) error {
	return temporal.NewApplicationErrorWithOptions(why, TypeHandedOver,
		temporal.ApplicationErrorOptions{Category: temporal.ApplicationErrorCategoryBenign})
}

// beat shows the connection's status too: Temporal's page of the activity is where operators look
// for it.
func (l *LongConnections) beat(ctx context.Context, connection LongConnection) {
	ticker := time.NewTicker(heartbeatEvery)
	defer ticker.Stop()
	for ctx.Err() == nil {
		activity.RecordHeartbeat(ctx, heldBy{Process: l.Process, Status: connection.Status()})
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
	}
}
