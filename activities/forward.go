package activities

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"

	"miniflow/activities/backend"
	"miniflow/order"
)

// ForwardTarget is where the messages of one app are handed on. It is looked up at
// each attempt: no workflow and no history holds an address.
type ForwardTarget struct {
	URL string
	// Raw posts the bytes that Alipay signed, to a handler of Alipay's notifications
	// that answers "success"; else a signed event is posted and any 2xx takes it.
	Raw bool
	// Signers sign events, one for each live secret.
	Signers []backend.Signer
}

// Forwarder holds the activity that hands messages to the ISV's backend: what Miniflow has no order
// for, and copies.
type Forwarder struct {
	Targets map[string]ForwardTarget
	// Observed reports whether another system acts for an app; then its handler stands first, and has
	// had every message. Nil is no.
	Observed func(appID string) bool
	Ring     Opener
	// Backend posts, as [ForwardTargets] does.
	Backend backend.Poster
}

// ForwardTargets posts to forward targets.
func ForwardTargets(client backend.Doer, forbidden func(error) bool, now func() time.Time) backend.Poster {
	return backend.Poster{Name: "the forward target", Field: "forward.url", HTTP: client, Forbidden: forbidden, Now: now}
}

// targetDelay is the pause between two looks whether a target has been configured.
// Each look needs a new process with another configuration to find anything new.
const targetDelay = 6 * time.Hour

// Forward tries once to hand a message to the app's forward target, and says when to
// try again.
//
// Repeating it is harmless: receivers recognise a repeat by webhook-id, which is the
// notify_id, or, in the raw format, by the notify_id itself as with Alipay's own
// repeats. At least once is what is promised, after an answer that was lost too.
func (f *Forwarder) Forward(ctx context.Context, call ForwardCall) (Forwarded, error) {
	done, err := f.try(ctx, call)
	if err == nil {
		activity.GetMetricsHandler(ctx).WithTags(map[string]string{"cause": done.cause()}).Counter(forwardTries).Inc(1)
	}
	return done, err
}

// forwardTries is the metric miniflow_forward_tries_total; its label cause is what
// came of a try: taken, failed (it is tried again), dead, no_target, or observed (it is not handed on).
const forwardTries = "miniflow_forward_tries"

func (f Forwarded) cause() string {
	switch {
	case f.Disposition == order.DispositionForwarded && f.Tried:
		return "taken"
	case f.Disposition == order.DispositionForwarded:
		return "observed"
	case f.Disposition != "":
		return "dead"
	case f.Tried:
		return "failed"
	}
	return "no_target"
}

func (f *Forwarder) try(ctx context.Context, call ForwardCall) (Forwarded, error) {
	if f.Observed != nil && f.Observed(call.Notification.AppID) {
		return Forwarded{Disposition: order.DispositionForwarded,
			Reason: "not handed on by Miniflow: the app is observed, and the handler that stands first has had it"}, nil
	}
	target, configured := f.Targets[call.Notification.AppID]
	if !configured {
		return f.withoutTarget(call)
	}
	request, err := f.request(ctx, target, call.Notification)
	var never *backend.UnsendableError
	switch {
	case errors.As(err, &never):
		return dead(never.Why), nil
	case err != nil:
		return Forwarded{}, err
	}
	answer := f.Backend.Post(request)
	taken, text := target.judge(answer)
	switch {
	case taken:
		return Forwarded{Disposition: order.DispositionForwarded, Reason: text, Tried: true}, nil
	case answer.Gone():
		return Forwarded{Disposition: order.DispositionDead, Reason: text, Tried: true}, nil
	}
	delay := call.Schedule.Delay(call.Tried + 1)
	if answer.RetryAfter > 0 {
		delay = answer.RetryAfter
	}
	left := call.Until.Sub(f.Backend.Now())
	if left <= 0 {
		return Forwarded{Disposition: order.DispositionDead, Tried: true,
			Reason: "the forward target did not take it for too long, see to it and replay the message; at last " + text}, nil
	}
	// The last try comes when the time is over.
	return Forwarded{Reason: text, Tried: true, Again: order.Duration(min(delay, left))}, nil
}

// withoutTarget waits for the configuration to name a target, for as long as a
// target would be tried.
func (f *Forwarder) withoutTarget(call ForwardCall) (Forwarded, error) {
	if f.Backend.Now().Before(call.TargetUntil) {
		return Forwarded{Reason: "no forward target is configured for app " + call.Notification.AppID, Again: order.Duration(targetDelay)}, nil
	}
	return dead("no forward target is configured: set forward.url for this app and replay the message, or discard it"), nil
}

func dead(why string) Forwarded {
	return Forwarded{Disposition: order.DispositionDead, Reason: why}
}

func (f *Forwarder) request(ctx context.Context, target ForwardTarget, n order.Notification) (*http.Request, error) {
	if target.Raw {
		return f.rawRequest(ctx, target, n)
	}
	return f.eventRequest(ctx, target, n)
}

func (f *Forwarder) open(sealed order.Sealed, appID, purpose string) ([]byte, error) {
	if sealed == "" {
		return nil, nil
	}
	plain, err := f.Ring.Open(sealed, appID, purpose)
	if err != nil {
		return nil, unopened(err, "the message's "+purpose)
	}
	return plain, nil
}

// ForwardCall hands a message to the ISV's backend. Its schedule travels with it, so that a change
// of configuration meets new messages only.
type ForwardCall struct {
	Notification order.Notification `json:"notification"`
	// Schedule says when to try again; Tried counts the tries of the target, not the looks for one.
	Schedule    order.Schedule `json:"schedule"`
	Tried       int            `json:"tried,omitempty"`
	Until       time.Time      `json:"until"`
	TargetUntil time.Time      `json:"target_until"`
}

// Forwarded is how a ForwardCall ended: forwarded, dead, or, with no disposition, to be tried
// again; and why. The pause is the workflow's, so that a person's replay cuts it short.
type Forwarded struct {
	Disposition order.Disposition `json:"disposition,omitempty"`
	Reason      string            `json:"reason"`
	Tried       bool              `json:"tried,omitempty"`
	Again       order.Duration    `json:"again,omitzero"`
}

// judge reports whether a target has taken a message, and what its answer says: an event is taken by
// any 2xx, Alipay's own bytes by the "success" that Alipay wants.
func (t ForwardTarget) judge(answer backend.Answer) (taken bool, text string) {
	switch {
	case !t.Raw || answer.Status != http.StatusOK:
		return !t.Raw && answer.OK(), answer.Text
	case strings.EqualFold(string(bytes.TrimSpace(answer.Body)), "success"):
		return true, "the forward target answered success"
	default:
		return false, "the forward target did not answer success"
	}
}
