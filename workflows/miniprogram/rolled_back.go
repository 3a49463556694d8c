package miniprogram

import (
	"go.temporal.io/sdk/workflow"

	"miniflow/order"
)

// rolledBack looks what is online once a mass upgrade has put the version before back: Alipay does not say
// which that is. Nothing waits for it, since the way back goes before all looks; where it finds nothing
// out, a Watch does. A command that is at work looks by itself.
func (m *entity) rolledBack(ctx workflow.Context, in order.MiniProgramInstruction) {
	if m.commanding || m.liveToken() == nil || m.Online == nil || m.Online.AppVersion != in.AppVersion {
		return
	}
	m.commanding = true
	workflow.Go(ctx, func(ctx workflow.Context) {
		defer func() { m.commanding = false; m.wakes.SendAsync(true) }()
		if now, seen, err := m.after(ctx, in.AppVersion); err == nil && seen {
			m.saw(ctx, now, change{cause: order.DownByCommand, actor: in.Actor, reason: in.Reason})
		}
	})
}
