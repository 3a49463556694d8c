package activities

import "go.temporal.io/sdk/activity"

// Registry is where activities are registered: a worker or a test environment.
type Registry interface {
	RegisterActivityWithOptions(a any, options activity.RegisterOptions)
}

// Register registers the calls to Alipay under their names, on a worker of order.AlipayTaskQueue.
func (a *Alipay) Register(registry Registry) {
	for name, function := range map[string]any{
		CreateMiniProgram:  a.CreateMiniProgram,
		AwaitMerchant:      a.AwaitMerchant,
		AwaitCertification: a.AwaitCertification,
		ReserveVersion:     a.ReserveVersion,
		UploadVersion:      a.UploadVersion,
		AwaitBuild:         a.AwaitBuild,
		AwaitScan:          a.AwaitScan,
		SubmitAudit:        a.SubmitAudit,
		AwaitAuditResult:   a.AwaitAuditResult,
		AwaitChange:        a.AwaitAuditResult,
		AwaitRelease:       a.AwaitAuditResult,
		CancelAudit:        a.CancelAudit,
		TakeBack:           a.TakeBack,
		PutOnline:          a.PutOnline,
		CheckToken:         a.CheckToken,
		AwaitRevocation:    a.AwaitRevocation,
		LookAfterEnd:       a.LookAfterEnd,
	} {
		registry.RegisterActivityWithOptions(function, activity.RegisterOptions{Name: name})
	}
}

// Register registers what speaks to Temporal, on a worker of order.TaskQueue.
func (i *Inside) Register(registry Registry) {
	for name, function := range map[string]any{
		ClaimMiniProgram: i.ClaimMiniProgram,
		WakeDeliveries:   i.WakeDeliveries,
		StartDelivery:    i.StartDelivery,
		LocateOrder:      i.LocateOrder,
		HandOver:         i.HandOver,
		AwaitCopy:        i.AwaitCopy,
	} {
		registry.RegisterActivityWithOptions(function, activity.RegisterOptions{Name: name})
	}
}

// Register registers what speaks to the ISV's backend, on a worker of order.TaskQueue.
func (f *Forwarder) Register(registry Registry) {
	registry.RegisterActivityWithOptions(f.Forward, activity.RegisterOptions{Name: Forward})
}

// Register registers what holds long connections, on a worker of order.LongConnectionTaskQueue.
func (l *LongConnections) Register(registry Registry) {
	registry.RegisterActivityWithOptions(l.Hold, activity.RegisterOptions{Name: HoldLongConnection})
}
