package delivery

import (
	"cmp"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/words"
	"miniflow/workflows/durable"
)

// seeksOrder reports whether an order may want the message: it names one, or it is a
// verdict on a mini program that an order may have taken charge of by now. An
// authorisation is its mini program's to keep. What could not be read whole goes to its order
// only when a person replays it: the order asks Alipay.
func (d *delivery) seeksOrder() bool {
	n := d.input.Notification
	decided := d.input.Disposition != "" && d.Replays == 0
	if d.input.Copy || decided || n.Flaw != "" && d.Replays == 0 || n.Evidence.Token != nil {
		return false
	}
	return n.OutOrderNo != "" || n.MiniAppID != "" && (n.Evidence.Verdict != "" || n.Flaw != "")
}

// findOrder waits for the message's order for as long as the schedule says, and hands the
// message over, or, when there is none, to the ISV's backend. Messages overtake orders: the
// ISV creates at Alipay first and starts the order a moment later, and Alipay is quick.
func (d *delivery) findOrder(ctx workflow.Context) (finished bool, err error) {
	n := d.input.Notification
	call := activities.LocateCall{
		Order: activities.OrderAddress{AppID: n.AppID, OutOrderNo: n.OutOrderNo}, MiniAppID: n.MiniAppID,
		AppVersion: n.AppVersion, BundleID: n.BundleID, Key: n.NotificationKey, Created: createdKind(n), OrderNo: n.OrderNo, Language: d.input.Language,
		Pacing: activities.Pacing{Schedule: d.input.Schedules.Locate, GiveUpAfter: d.lookFor(ctx)},
	}
	location, ended, err := attempt(ctx, d, activities.LocateOrder, call, d.lookingFor())
	if !ended || err != nil {
		return ended, err
	}
	switch location.State {
	case activities.LocationRunning:
		return d.handOver(ctx, location)
	case activities.LocationEnded:
		if location.Disposition.Final() && location.Disposition != order.DispositionLate {
			d.become(ctx, order.DispositionDuplicate, "its order had ended and had heard it: "+string(location.Disposition))
			return true, nil
		}
		return d.afterEnd(ctx, location)
	// It goes on below: a message that no order wants is still the ISV's to know of.
	case activities.LocationUnknown:
	}
	return d.beginForward(ctx, d.unclaimed())
}

// lookFor returns how long to look yet. A verdict has waited with its mini program already,
// and a person who replays wants to know at once: they get a short look, which is one
// question. Zero would be a look without an end.
func (d *delivery) lookFor(ctx workflow.Context) order.Duration {
	if d.input.Notification.OutOrderNo == "" {
		return 1
	}
	return order.Duration(max(d.LookUntil.Sub(workflow.Now(ctx)), time.Nanosecond))
}

func (d *delivery) lookingFor() words.Text {
	if n := d.input.Notification; n.OutOrderNo == "" {
		return words.New("do.look_for_charge", n.MiniAppID)
	}
	return words.New("do.await_order", d.input.Notification.OutOrderNo)
}

func (d *delivery) unclaimed() string {
	if d.input.Notification.OutOrderNo == "" {
		return d.input.Reason
	}
	return "no order with its out_order_no was started in time"
}

// handOver gives the message to its order and takes over what the order made of it. That
// can take as long as the order needs to ask Alipay. An order that ends meanwhile leaves
// the message late.
func (d *delivery) handOver(ctx workflow.Context, location activities.Location) (finished bool, err error) {
	n := d.input.Notification.WithoutRaw()
	n.Copied = false
	call := activities.HandOverCall{
		Order: activities.OrderAddress{AppID: n.AppID, OutOrderNo: location.OutOrderNo}, Notification: n,
	}
	d.handing = true // from here on the order may have it, so no person may give it another end
	handing := durable.Start(ctx, n.AppID, activities.HandOver, call, d.say(words.New("do.hand_over")))
	disposition, err := durable.AnswerTo(ctx, activities.HandOver, handing)
	d.handing = false
	switch {
	case err != nil:
		return false, err
	case disposition == order.DispositionLate:
		return d.afterEnd(ctx, location)
	}
	d.become(ctx, disposition, "its order has taken it")
	return true, nil
}

// afterEnd decides about a message whose order had ended: it is late. But a merchant can
// agree after the wait was over, and then a mini program exists that no order knows;
// a person has to know of it.
func (d *delivery) afterEnd(ctx workflow.Context, location activities.Location) (finished bool, err error) {
	n := d.input.Notification
	orderNo := cmp.Or(n.OrderNo, location.OrderNo)
	kind, agreed := agreement(n)
	if location.MiniAppID != "" && n.Evidence.RegisterStatus != "" && workflow.GetVersion(ctx, changeCertification, workflow.DefaultVersion, 1) >= 1 {
		d.pokeTrial(ctx, location.MiniAppID)
	}
	if !agreed || orderNo == "" || location.MiniAppID != "" {
		d.become(ctx, order.DispositionLate, "its order had ended")
		return true, nil
	}
	// Asked before anything is said: a message alone would call a person for a mini program that may
	// not exist.
	question := activities.MerchantQuestion{AppID: n.AppID, Kind: kind, OrderNo: orderNo,
		Pacing: activities.Pacing{Schedule: d.input.Schedules.Agree, GiveUpAfter: d.input.Schedules.AgreeFor}}
	truth, ended, err := attempt(ctx, d, activities.LookAfterEnd, question, words.New("do.ask_after_end"))
	switch {
	case !ended:
		return false, nil
	case temporal.IsCanceledError(err):
		return true, err
	case err != nil:
		d.become(ctx, order.DispositionDead, "it says that the merchant agreed after the order had ended, and Alipay refused to say whether the mini program exists: "+
			activities.FailureOf(err).Error()+"; replay it to ask again")
	case truth.Status == order.MerchantAgreed && truth.MiniAppID != "":
		d.Code, d.MiniAppID = order.CodeAgreedAfterEnd, truth.MiniAppID
		d.become(ctx, order.DispositionDead, d.Code+": the merchant agreed after the order had ended, and mini program "+truth.MiniAppID+
			" exists; go on with a new order of kind release for it, or close it with the merchant, then discard this message")
	default:
		d.become(ctx, order.DispositionLate, "its order had ended, and Alipay knows of no mini program that came of it")
	}
	return true, nil
}

// createdKind returns the kind of the order whose creation a message is about; empty where it is about
// something else.
func createdKind(n order.Notification) order.Kind {
	switch {
	case n.Evidence.RegisterStatus != "":
		return order.KindTrial
	case n.Evidence.MerchantStatus != "":
		return order.KindFormal
	}
	return ""
}

// agreement reports whether a message says that the merchant agreed, and to which kind of
// order: the two kinds have messages of their own and queries of their own.
func agreement(n order.Notification) (order.Kind, bool) {
	if n.Evidence.RegisterStatus != "" {
		status, _ := order.ReadRegistration(n.Evidence.RegisterStatus)
		return order.KindTrial, status == order.MerchantAgreed
	}
	return order.KindFormal, order.ReadConfirmation(n.Evidence.MerchantStatus) == order.MerchantAgreed
}
