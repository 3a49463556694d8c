package api

import (
	"context"
	"errors"
	"time"

	"miniflow/ingress/api/problem"
	"miniflow/tell"
)

// toldState is how far a webhook has come with one order.
type toldState string

const (
	toldAll      toldState = "told"
	toldWaiting  toldState = "waiting"
	toldRetrying toldState = "retrying"
	toldDead     toldState = "dead"
	toldNone     toldState = "none"
)

// told says what the app's webhook does about an order's events.
type told struct {
	State   toldState  `json:"state" enum:"told,waiting,retrying,dead,none" doc:"told: the webhook has accepted every event. waiting: the last is yet to be posted. retrying: a post was not accepted, and is tried again. dead: events were given up; resend tells them again. none: the app has no webhook." example:"retrying"`
	Through *time.Time `json:"through,omitempty" doc:"Every event up to then was accepted, or is dead; left out where none was."`
	Tries   int        `json:"tries,omitempty" doc:"How often the post was not accepted." example:"4"`
	Next    *time.Time `json:"next,omitempty" doc:"When it is tried again."`
	Reason  string     `json:"reason,omitempty" doc:"What the webhook answered last, why the events were given up, or why nothing is posted." example:"the webhook answered 502 Bad Gateway"`
}

// toldOf asks the app's webhook how far it has come with an order: one description of its workflow, whose
// call under way says it with each heartbeat, so that it may be half a minute old.
func (a *API) toldOf(ctx context.Context, f found) (*told, error) {
	if a.config.Webhooks[f.view.AppID] == nil {
		return &told{State: toldNone}, nil
	}
	state, err := a.webhookState(ctx, f.view.AppID)
	var missing *problem.Problem
	switch {
	case errors.As(err, &missing) && missing.HasKind(problem.WebhookUntold): // it begins within minutes
		return &told{State: toldWaiting}, nil
	case err != nil:
		return nil, err
	}
	changed := changedAt(f.info)
	if changed.IsZero() {
		changed = f.view.StageSince
	}
	return toldIn(state, f.view.OutOrderNo, changed), nil
}

// toldIn reads of an order that has changed at last at a moment, from what its webhook knows.
func toldIn(state tell.State, outOrderNo string, changed time.Time) *told {
	for _, one := range state.Waiting {
		if one.OutOrderNo == outOrderNo && one.Tries > 0 {
			return &told{State: toldRetrying, Through: since(one.Since), Tries: one.Tries, Next: since(one.Next), Reason: one.Reason}
		}
		if one.OutOrderNo == outOrderNo {
			return waitingIn(state, one.Since)
		}
	}
	for i := len(state.Dead) - 1; i >= 0; i-- { // the last that was given up
		if one := state.Dead[i]; one.OutOrderNo == outOrderNo {
			return &told{State: toldDead, Through: since(one.Since), Reason: one.Reason}
		}
	}
	through := state.Through
	for _, one := range state.Recent {
		if one.OutOrderNo == outOrderNo && one.Until.After(through) {
			through = one.Until
		}
	}
	if changed.After(through) {
		return waitingIn(state, through)
	}
	return &told{State: toldAll, Through: since(changed)}
}

// waitingIn says why nothing is posted where the webhook was disabled.
func waitingIn(state tell.State, through time.Time) *told {
	waiting := &told{State: toldWaiting, Through: since(through)}
	if state.Disabled != nil {
		waiting.Reason = state.Disabled.Reason
	}
	return waiting
}

// since is a moment, and nil where there was none yet.
func since(moment time.Time) *time.Time {
	if moment.IsZero() {
		return nil
	}
	return &moment
}
