package door

import (
	"context"
	"errors"
	"time"

	"miniflow/alipay/channel"
	"miniflow/alipay/notify"
)

// LongConnection is the second way in: Alipay's open channel for one app. What it verifies is
// handled like a message of [Door], and SUCCESS is answered only after Temporal has accepted.
type LongConnection struct {
	appID  string
	client *channel.Client
}

// NewLongConnection returns the client of one app. It sets Handle and Observe of the
// configuration, so that messages can't bypass the intake. Nothing is sent before Run.
func NewLongConnection(config channel.Config, intake *Intake, metrics *ChannelMetrics) (*LongConnection, error) {
	config.Handle = func(ctx context.Context, n *notify.Notification) error {
		_, err := intake.Take(ctx, n, ChannelWebSocket)
		return err
	}
	appID := config.AppID
	config.Observe = func(ctx context.Context, e channel.Event) {
		metrics.observe(appID, e)
		var refusal *notify.Refusal
		if e.Outcome == channel.OutcomeRefused && errors.As(e.Err, &refusal) {
			intake.Refused(ctx, refusal, ChannelWebSocket, e.Took)
		}
	}
	client, err := channel.New(config)
	if err != nil {
		return nil, err
	}
	metrics.watch(appID, client)
	return &LongConnection{appID: appID, client: client}, nil
}

// Run stays connected until the context ends, then answers the messages being handled,
// because Alipay would repeat them otherwise.
func (l *LongConnection) Run(ctx context.Context) error { return l.client.Run(ctx) }

// Trust replaces Alipay's keys from the next message on, without a new connection, which would
// cost messages in hand their answers.
func (l *LongConnection) Trust(verifier *notify.Verifier) { l.client.Trust(verifier) }

// ConnectionStatus is the status of an app's long connection in this process, for /readyz and
// for the heartbeat in the Temporal UI, because only one process holds the connection.
type ConnectionStatus struct {
	AppID string `json:"app_id"`
	// State is standby (another process holds the connection), connecting, connected or
	// waiting. Standby is healthy, so it is distinct from waiting.
	State string    `json:"state"`
	Since time.Time `json:"since"`
	// LastStep and LastCause describe how the last connection or attempt ended, because a
	// waiting connection shows nothing else.
	LastStep  string `json:"last_step,omitempty"`
	LastCause string `json:"last_cause,omitempty"`
}

// stateStandby means that another process holds the connection, so nothing is wrong here.
const stateStandby = "standby"

// Status returns the status of the connection in this process as a value for JSON, because
// health knows no long connection.
func (l *LongConnection) Status() any {
	s := l.client.State()
	status := ConnectionStatus{
		AppID: l.appID, State: string(s.Phase), Since: s.Since.UTC(),
		LastStep: string(s.LastStep), LastCause: string(s.LastCause),
	}
	if s.Phase == channel.PhaseStopped {
		status.State = stateStandby
	}
	return status
}
