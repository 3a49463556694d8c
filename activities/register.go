package activities

import (
	"context"

	"go.temporal.io/sdk/activity"

	"miniflow/alipay/gateway"
)

// Registry is where activities are registered: a worker or a test environment, which have this
// method in common.
type Registry interface {
	RegisterActivityWithOptions(a any, options activity.RegisterOptions)
}

// register takes the name from the call, and the compiler holds the function against the call's
// types. What an act asks of Alipay goes before what a question does.
func register[Input, Answer any](registry Registry, call Call[Input, Answer], function func(context.Context, Input) (Answer, error)) {
	function = traced(call.Method, function)
	registry.RegisterActivityWithOptions(func(ctx context.Context, input Input) (Answer, error) {
		return function(inTurn(ctx, call.Kind), input)
	}, activity.RegisterOptions{Name: call.Name})
}

// registerSilent registers the function of a call that returns nothing. What it registers returns
// nothing either, so that histories hold no result where they never held one.
func registerSilent[Input any](registry Registry, call Call[Input, Nothing], function func(context.Context, Input) error) {
	registry.RegisterActivityWithOptions(func(ctx context.Context, input Input) error {
		return function(inTurn(ctx, call.Kind), input)
	}, activity.RegisterOptions{Name: call.Name})
}

// inTurn lets the gateway know whose call goes first.
func inTurn(ctx context.Context, kind Kind) context.Context {
	switch kind {
	case KindAct:
		return gateway.WithTurn(ctx, gateway.TurnAct)
	case KindUndo:
		return gateway.WithTurn(ctx, gateway.TurnUndo)
	case KindQuestion, KindInside, KindOutside, KindLasting, KindSweep, KindTell, KindRobot:
	}
	return ctx
}

// Register registers the calls to Alipay, on a worker of order.AlipayTaskQueue. A release needs all
// of an older one's names while its orders run.
func (a *Alipay) Register(registry Registry) {
	register(registry, CreateMiniProgram, admitted(a, a.CreateMiniProgram))
	register(registry, AwaitFiling, a.AwaitFiling)
	register(registry, CertifyTrial, admitted(a, a.CertifyTrial))
	register(registry, AwaitMerchant, patiently(a, a.AwaitMerchant))
	register(registry, AwaitCertification, patiently(a, a.AwaitCertification))
	register(registry, ReserveVersion, admitted(a, a.ReserveVersion))
	register(registry, UploadVersion, admitted(a, a.UploadVersion))
	register(registry, BuildVersion, admitted(a, a.BuildVersion))
	register(registry, AwaitBuild, patiently(a, a.AwaitBuild))
	register(registry, AwaitScan, patiently(a, a.AwaitScan))
	register(registry, FollowVersion, patiently(a, a.FollowVersion))
	register(registry, CreateExperience, admitted(a, a.CreateExperience))
	register(registry, AwaitExperience, patiently(a, a.AwaitExperience))
	register(registry, SubmitAudit, admitted(a, a.SubmitAudit))
	register(registry, AwaitAuditResult, patiently(a, a.AwaitAuditResult))
	register(registry, AwaitChange, patiently(a, a.AwaitAuditResult))
	register(registry, AwaitRelease, patiently(a, a.AwaitAuditResult))
	register(registry, CancelAudit, admitted(a, a.CancelAudit))
	register(registry, TakeBack, admitted(a, a.TakeBack))
	register(registry, PutOnline, admitted(a, a.PutOnline))
	register(registry, Invite, admitted(a, a.Invite))
	register(registry, CheckToken, a.CheckToken)
	register(registry, AwaitRevocation, a.AwaitRevocation)
	register(registry, LookAfterEnd, patiently(a, a.LookAfterEnd))
}

// Register registers what speaks to Temporal, on a worker of order.TaskQueue, where no rate of
// Alipay's holds it up.
func (i *Inside) Register(registry Registry) {
	register(registry, TakeCharge, i.TakeCharge)
	registerSilent(registry, Signal, i.Signal)
	registerSilent(registry, ClaimMiniProgram, i.ClaimMiniProgram)
	registerSilent(registry, WakeDeliveries, i.WakeDeliveries)
	registerSilent(registry, StartDelivery, i.StartDelivery)
	register(registry, LocateOrder, i.LocateOrder)
	register(registry, HandOver, i.HandOver)
	register(registry, AwaitCopy, i.AwaitCopy)
	register(registry, AskMode, i.AskMode)
}

// Register registers what speaks to the ISV's backend, on a worker of order.TaskQueue. Where an app
// is forwarded to, the worker's configuration says.
func (f *Forwarder) Register(registry Registry) { register(registry, Forward, f.Forward) }

// Register registers what seals anew, on a worker of order.TaskQueue.
func (r *Resealing) Register(registry Registry) { register(registry, Reseal, r.Reseal) }

// Register registers what copies reviewers' pictures, on a worker of order.TaskQueue.
func (p *Pictures) Register(registry Registry) { register(registry, CopyPictures, p.CopyPictures) }

// Register registers what holds long connections, on a worker of order.LongConnectionTaskQueue,
// where only processes with the role channel wait.
func (l *LongConnections) Register(registry Registry) {
	registerSilent(registry, HoldLongConnection, l.Hold)
}
