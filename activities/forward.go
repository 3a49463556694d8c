package activities

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"go.temporal.io/sdk/activity"

	"miniflow/order"
)

// ForwardTarget is where the messages of one app are handed on. It is looked up at
// each attempt: no workflow and no history holds an address.
type ForwardTarget struct {
	URL string
	// Raw posts the bytes that Alipay signed, to a handler of Alipay's notifications
	// that answers "success"; else a signed event is posted and any 2xx takes it.
	Raw bool
	// Signers sign events, one for each live secret: while a secret is changed, a receiver that
	// knows either accepts.
	Signers []Signer
}

// Signer signs events by the Standard Webhooks scheme, which receivers verify with a library;
// *standardwebhooks.Webhook is one.
type Signer interface {
	Sign(messageID string, at time.Time, payload []byte) (string, error)
}

// Doer posts. An http.Client is one; the real one refuses private networks and
// follows no redirect.
type Doer interface {
	Do(request *http.Request) (*http.Response, error)
}

// Forwarder holds the activity that hands messages to the ISV's backend: what Miniflow has no order
// for, and copies.
type Forwarder struct {
	Targets map[string]ForwardTarget
	Ring    Opener
	HTTP    Doer
	// Forbidden reports that an address was refused by the guard in front of private networks,
	// which a person is told in other words than an outage.
	Forbidden func(error) bool
	Now       func() time.Time
}

// Bounds on a target's Retry-After, within which it counts: a target that asks for no pause would
// be flooded, one that asks for days would lose its messages.
const (
	leastRetryAfter = 5 * time.Second
	mostRetryAfter  = 6 * time.Hour
)

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
// came of a try: taken, failed (it is tried again), dead, or no_target.
const forwardTries = "miniflow_forward_tries"

func (f Forwarded) cause() string {
	switch {
	case f.Disposition == order.DispositionForwarded:
		return "taken"
	case f.Disposition != "":
		return "dead"
	case f.Tried:
		return "failed"
	}
	return "no_target"
}

func (f *Forwarder) try(ctx context.Context, call ForwardCall) (Forwarded, error) {
	target, configured := f.Targets[call.Notification.AppID]
	if !configured {
		return f.withoutTarget(call)
	}
	request, err := f.request(ctx, target, call.Notification)
	var never *unsendableError
	switch {
	case errors.As(err, &never):
		return dead(never.why), nil
	case err != nil:
		return Forwarded{}, err
	}
	answer := f.post(request, target)
	switch {
	case answer.taken:
		return Forwarded{Disposition: order.DispositionForwarded, Reason: answer.text, Tried: true}, nil
	case answer.gone:
		return Forwarded{Disposition: order.DispositionDead, Reason: answer.text, Tried: true}, nil
	}
	delay := call.Schedule.Delay(call.Tried + 1)
	if answer.retryAfter > 0 {
		delay = min(max(answer.retryAfter, leastRetryAfter), mostRetryAfter)
	}
	left := call.Until.Sub(f.Now())
	if left <= 0 {
		return Forwarded{Disposition: order.DispositionDead, Tried: true,
			Reason: "the forward target did not take it for too long, see to it and replay the message; at last " + answer.text}, nil
	}
	// The last try comes when the time is over.
	return Forwarded{Reason: answer.text, Tried: true, Again: order.Duration(min(delay, left))}, nil
}

// withoutTarget waits for the configuration to name a target, for as long as a
// target would be tried.
func (f *Forwarder) withoutTarget(call ForwardCall) (Forwarded, error) {
	if f.Now().Before(call.TargetUntil) {
		return Forwarded{Reason: "no forward target is configured for app " + call.Notification.AppID, Again: order.Duration(targetDelay)}, nil
	}
	return dead("no forward target is configured: set forward.url for this app and replay the message, or discard it"), nil
}

func dead(why string) Forwarded {
	return Forwarded{Disposition: order.DispositionDead, Reason: why}
}

// unsendableError says why a message can never be sent to this target; trying again would only keep
// it from the dead letters.
type unsendableError struct{ why string }

func (e *unsendableError) Error() string { return e.why }

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

// newRequest names no product version: a receiver has no business with it.
func newRequest(ctx context.Context, url, contentType string, body []byte) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		// The error would repeat the address, which may hold a password.
		return nil, &unsendableError{"forward.url can't be used: write it as an absolute URL, start Miniflow again and replay the message"}
	}
	request.Header.Set("Content-Type", contentType)
	request.Header.Set("User-Agent", "miniflow")
	return request, nil
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

func refusedStatus(status int) string {
	const answered = "the forward target answered "
	switch {
	case status >= 300 && status < 400:
		return fmt.Sprintf("%s%d: a redirect is not followed, give the address that it leads to", answered, status)
	default:
		return fmt.Sprintf("%s%d %s", answered, status, cmp.Or(http.StatusText(status), "(no status of HTTP)"))
	}
}
