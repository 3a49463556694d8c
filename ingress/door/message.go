package door

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"time"

	"miniflow/alipay"
	"miniflow/alipay/notify"
	"miniflow/order"
	"miniflow/temporalio"
)

// The life of a notification at the door, from top to bottom:
//
//	ServeHTTP       cheap refusals, then the body
//	take            a body that was accepted before? verified, or refused
//	senders.verify  a sender from whom nothing genuine has come waits for its turn
//	Intake.Take     where the long connection joins; bounded in time, recorded in the log
//	pass            a place among those under way, then translated (notification.go)
//	Router.Accept   the copy, if the app's forward target wants one
//	destinationOf   an order, a mini program, or a workflow of its own
//	toOrder …       the signal, or the start, that makes it durable
//
// "success" is answered only after the last of them, because Alipay never sends again what
// was acknowledged.

// ServeHTTP receives one notification. Cheap refusals come first: method, content type, size,
// then form, app and signature. Only the body counts, because somebody who can influence a
// URL must not be able to add a parameter.
func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer d.recoverPanic(w, r)
	if r.Method != http.MethodPost {
		d.refuse(r.Context(), &notify.Refusal{Reason: ReasonMethod}, d.config.Now()).write(w)
		return
	}
	if err := notify.CheckContentType(r.Header.Get("Content-Type")); err != nil {
		d.refuse(r.Context(), err, d.config.Now()).write(w)
		return
	}
	body, free, reason := d.readBody(r)
	defer free()
	began := d.config.Now()
	if reason != "" {
		d.refuse(r.Context(), &notify.Refusal{Reason: reason}, began).write(w)
		return
	}
	d.take(r.Context(), r.RemoteAddr, body, began).write(w)
}

// take answers a complete body. Its hash is looked up before its form is parsed, because a
// known hash means that this very body passed every check under these very keys.
func (d *Door) take(ctx context.Context, remote string, body []byte, began time.Time) answer {
	trusted := d.trust.Load()
	hash := bodyHash(sha256.Sum256(body))
	if known, ok := trusted.memory.recall(hash, began); ok {
		d.repeated(ctx, known, began)
		return success()
	}
	n, err := d.senders.verify(ctx, remote, func() (*notify.Notification, error) { return trusted.verifier.Notification(body) })
	if err != nil {
		return d.refuse(ctx, err, began)
	}
	if n.IsGatewayCheck() {
		if a, ok := d.answerGatewayCheck(ctx, n); ok {
			return a
		}
	}
	if _, err := d.config.Intake.Take(ctx, n, ChannelHTTP); err != nil {
		return fail(http.StatusServiceUnavailable)
	}
	key := order.NotificationKey{AppID: n.AppID, NotifyID: n.NotifyID, Digest: n.Digest()}
	trusted.memory.remember(hash, recollection{key: key, name: n.Name}, d.config.Now())
	return success()
}

// Take passes a verified notification to Temporal and returns what is known of it
// immediately. It returns within the configured time, whatever Temporal does, because Alipay
// waits only so long. The error wraps [ErrNotAccepted] or [ErrBusy].
func (in *Intake) Take(ctx context.Context, n *notify.Notification, channel Channel) (order.Disposition, error) {
	began := in.config.Now()
	in.config.Metrics.verifications.Add(float64(n.Verifications))
	ctx, done := context.WithTimeout(ctx, in.config.Within)
	defer done()
	translated, disposition, err := in.pass(ctx, n, channel)
	in.record(ctx, n, channel, disposition, err, began)
	in.arrived(n, channel, translated, disposition, err, began)
	if in.config.Compare != nil {
		in.config.Compare(n) // last, so that nothing waits for it
	}
	return disposition, err
}

// pass waits for a place before it translates, so that a burst costs no sealing either, and
// then passes the message to Temporal.
func (in *Intake) pass(ctx context.Context, n *notify.Notification, channel Channel) (translated order.Notification, _ order.Disposition, _ error) {
	select {
	case in.places <- struct{}{}:
		defer func() { <-in.places }()
	case <-ctx.Done():
		return translated, "", fmt.Errorf("%w: %w", ErrBusy, ctx.Err())
	}
	translated, err := in.config.Translator.Translate(n, channel)
	if err != nil {
		return translated, "", fmt.Errorf("%w: %w", ErrNotAccepted, err)
	}
	disposition, err := in.config.Acceptor.Accept(ctx, translated)
	if err != nil {
		if ctx.Err() != nil {
			err = errors.Join(err, ctx.Err()) // gRPC's deadline error is not the standard one, which the log's cause relies on
		}
		in.failedAt.Store(in.config.Now().UnixNano())
		return translated, "", fmt.Errorf("%w: %w", ErrNotAccepted, err)
	}
	in.failedAt.Store(0)
	return translated, disposition, nil
}

// Accept passes a notification to Temporal and returns what is known of it immediately:
// waiting (accepted; its workflow decides), duplicate (accepted before), conflict, dead or
// stale (kept for a person). An error always means that Temporal did not accept, so the
// message must not be acknowledged.
func (r *Router) Accept(ctx context.Context, n order.Notification) (order.Disposition, error) {
	ctx = temporalio.WithRequestID(ctx, n.NotificationKey)
	to := destinationOf(n)
	if n.Copied = r.copies(n.AppID, to); n.Copied {
		// The copy comes first, so that a message that was accepted has its copy: Alipay
		// repeats the message when either fails, and each is started once.
		if err := r.startCopy(ctx, n); err != nil {
			return "", err
		}
	}
	switch to.route {
	case routeOrder:
		return r.toOrder(ctx, n)
	case routeMiniProgram:
		return r.toMiniProgram(ctx, n)
	default:
		return r.toDelivery(ctx, n, to.disposition, to.reason)
	}
}

// destinationOf returns where a notification belongs: a message that names an order goes to
// the order, one that names only a mini program goes to that entity, and everything else is
// kept as a Delivery.
func destinationOf(n order.Notification) destination {
	switch {
	case n.Flaw != "":
		return destination{disposition: order.DispositionDead, reason: n.Flaw}
	case !n.SentAt.IsZero() && n.ReceivedAt.Sub(n.SentAt) > MaxAge:
		return destination{disposition: order.DispositionStale,
			reason: "it was sent longer ago than ids are remembered, so it may have acted already"}
	}
	switch n.Name {
	case alipay.MessageMerchantConfirmed, alipay.MessageFastRegisterChanged:
		if n.OutOrderNo == "" {
			return destination{reason: "its out_order_no is none that an order here can have"}
		}
		return destination{route: routeOrder}
	case alipay.MessageVersionAuditPassed, alipay.MessageVersionAuditRejected, alipay.MessageVersionBaseAuditPassed,
		alipay.MessageAppAuthCancelled, alipay.MessageAppAuthCancel:
		return toEntity(n)
	case alipay.MessageOpenAppAuth:
		if n.Evidence.Token == nil {
			return destination{reason: "it grants no authorisation"}
		}
		return toEntity(n)
	}
	return destination{reason: "messages of this name play no part in an order"}
}

func toEntity(n order.Notification) destination {
	if n.MiniAppID == "" {
		return destination{reason: "it names no mini program"}
	}
	return destination{route: routeMiniProgram}
}

// toOrder signals the order. Temporal can't distinguish an order that has ended from one that
// never existed; a Delivery finds out which.
func (r *Router) toOrder(ctx context.Context, n order.Notification) (order.Disposition, error) {
	workflowID := order.WorkflowID(n.AppID, n.OutOrderNo)
	err := r.client.SignalWorkflow(ctx, workflowID, "", order.NotificationSignal, forOrder(n))
	switch {
	case err == nil:
		return order.DispositionWaiting, nil
	case temporalio.NotFound(err):
		return r.toDelivery(ctx, n, "", "no order of its number runs")
	default:
		return "", fmt.Errorf("signal %s: %w", workflowID, err)
	}
}

// The signal starts the mini program's workflow where there is none, because a message may be
// the first that is heard of it.
func (r *Router) toMiniProgram(ctx context.Context, n order.Notification) (order.Disposition, error) {
	workflowID := order.MiniProgramWorkflowID(n.AppID, n.MiniAppID)
	input := order.MiniProgramInput{AppID: n.AppID, MiniAppID: n.MiniAppID, Schedules: r.schedules, Language: r.languages[n.AppID]}
	_, err := r.client.SignalWithStartWorkflow(ctx, workflowID, order.NotificationSignal, forMiniProgram(n, r.forwards[n.AppID].Raw),
		temporalio.MiniProgramOptions(input), order.MiniProgramWorkflowType, input)
	if err != nil {
		return "", fmt.Errorf("signal %s: %w", workflowID, err)
	}
	return order.DispositionWaiting, nil
}

func (r *Router) toDelivery(ctx context.Context, n order.Notification, disposition order.Disposition, reason string) (order.Disposition, error) {
	return temporalio.KeepDelivery(ctx, r.client, order.DeliveryInput{
		Notification: n, Schedules: r.schedules, Reason: reason, Disposition: disposition, Language: r.languages[n.AppID],
	})
}
