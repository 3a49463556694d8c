package gateway

import (
	"miniflow/alipay/alipaysim/internal/admission"
	"miniflow/alipay/alipaysim/internal/world"
	"miniflow/alipay/alipaysim/lifecycle"
)

// cancelAudit is alipay.open.mini.version.audit.cancel; without app_version it
// means the version in audit.
func (c *call) cancelAudit() admission.Answer {
	if c.text("app_version") == "" {
		for _, version := range c.Versions(c.mini.MiniAppID, c.text("bundle_id")) {
			if version.Step(lifecycle.StepCancel) {
				c.Save(version)
				return admission.Done()
			}
		}
		return admission.Fail("AUDITING_VERSION_NOT_EXIST", "不存在审核中的版本")
	}
	return c.move(lifecycle.StepCancel, c.saveVersion)
}

// takeBack is alipay.open.mini.version.audited.cancel, by which a version that was
// decided about leaves the audit pipeline free for another.
func (c *call) takeBack() admission.Answer { return c.move(lifecycle.StepTakeBack, c.saveVersion) }

// move is for calls that can fail in no other way than by the version's table.
func (c *call) move(by lifecycle.Step, effect func(*world.Version)) admission.Answer {
	version, refusal, ok := c.steps(by)
	if !ok {
		return refusal
	}
	effect(version)
	return admission.Done()
}

func (c *call) saveVersion(version *world.Version) { c.Save(version) }

// putOnline is alipay.open.mini.version.online. Without an ICP filing only a
// limited release is possible, and only when the call permits it.
func (c *call) putOnline() admission.Answer {
	version, refusal, ok := c.steps(lifecycle.StepOnline)
	if !ok {
		return refusal
	}
	if !c.FilingOf(c.mini).Done && c.text("permit_registration_limit_release") != "true" {
		return admission.Fail("CAN_NOT_ONLINE_WITHOUT_REGISTRATION", "小程序未完成备案，不能上架")
	}
	c.Release(version, c.mini)
	return admission.Done()
}

// deleteVersion is alipay.open.mini.version.delete. The number can be uploaded again.
func (c *call) deleteVersion() admission.Answer {
	version, refusal, ok := c.steps(lifecycle.StepDelete)
	switch {
	case !ok:
		return refusal
	case !version.PackagedAt.IsZero():
		return admission.Fail("CAN_NOT_DELETE_WITH_EXPERIENCE", "体验版本不能删除")
	}
	c.Remove(version)
	return admission.Done()
}

// takeOffline is alipay.open.mini.version.offline. No message says so afterwards.
func (c *call) takeOffline() admission.Answer {
	return c.move(lifecycle.StepOffline, func(version *world.Version) {
		version.OfflineAt = c.Now
		c.Save(version)
	})
}

// rollBack is alipay.open.mini.version.rollback: the online version goes, the
// one that was online before it comes back without an audit, once.
func (c *call) rollBack() admission.Answer {
	current, refusal, ok := c.steps(lifecycle.StepRollback)
	if !ok {
		return refusal
	}
	if c.mini.RolledBack {
		return admission.Fail("CAN_NOT_CONTINUOUS_ROLLBACK", "不能连续回滚")
	}
	var previous *world.Version
	for _, version := range c.Versions(c.mini.MiniAppID, c.bundle()) {
		if version.AppVersion != current.AppVersion && version.Phase == lifecycle.Offline {
			previous = version
		}
	}
	if previous == nil || !previous.Step(lifecycle.StepRestore) {
		return admission.Fail("CAN_NOT_ROLLBACK_WITHOUT_OFFLINE", "没有可回滚的版本")
	}
	current.OfflineAt, previous.OnlineAt, c.mini.RolledBack = c.Now, c.Now, true
	c.Save(current)
	c.Save(previous)
	c.Save(c.mini)
	return admission.Done()
}
