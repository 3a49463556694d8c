package alipaysim

// cancelAudit is alipay.open.mini.version.audit.cancel; without app_version it
// means the version in audit.
func (c *call) cancelAudit() answer {
	if c.text("app_version") == "" {
		for _, version := range c.versions(c.mini.MiniAppID, c.text("bundle_id")) {
			if version.step(stepCancel) {
				c.save(version)
				return done()
			}
		}
		return fail("AUDITING_VERSION_NOT_EXIST", "不存在审核中的版本")
	}
	return c.justMove(stepCancel)
}

// takeBack is alipay.open.mini.version.audited.cancel.
func (c *call) takeBack() answer { return c.justMove(stepTakeBack) }

// justMove is a call that does nothing but move the named version.
func (c *call) justMove(by step) answer {
	version, refusal, ok := c.steps(by)
	if !ok {
		return refusal
	}
	c.save(version)
	return done()
}

// putOnline is alipay.open.mini.version.online. Without an ICP filing only a
// limited release is possible, and only when the call permits it.
func (c *call) putOnline() answer {
	version, refusal, ok := c.steps(stepOnline)
	if !ok {
		return refusal
	}
	missing := c.rules().find(c.mini.OutOrderNo, c.mini.MiniAppID).Registration == "missing"
	if missing && c.text("permit_registration_limit_release") != "true" {
		return fail("CAN_NOT_ONLINE_WITHOUT_REGISTRATION", "小程序未完成备案，不能上架")
	}
	c.release(version, c.mini)
	return done()
}

// deleteVersion is alipay.open.mini.version.delete.
func (c *call) deleteVersion() answer {
	version, refusal, ok := c.steps(stepDelete)
	if !ok {
		return refusal
	}
	c.remove(version)
	return done()
}

// takeOffline is alipay.open.mini.version.offline.
func (c *call) takeOffline() answer {
	version, refusal, ok := c.steps(stepOffline)
	if !ok {
		return refusal
	}
	version.OfflineAt = c.Now
	c.save(version)
	return done()
}

// rollBack is alipay.open.mini.version.rollback: the online version goes, the
// one that was online before it comes back without an audit, once.
func (c *call) rollBack() answer {
	current, refusal, ok := c.steps(stepRollback)
	if !ok {
		return refusal
	}
	if c.mini.RolledBack {
		return fail("CAN_NOT_CONTINUOUS_ROLLBACK", "不能连续回滚")
	}
	var previous *versionRecord
	for _, version := range c.versions(c.mini.MiniAppID, c.bundle()) {
		if version.AppVersion != current.AppVersion && version.Phase == Offline {
			previous = version
		}
	}
	if previous == nil || !previous.step(stepRestore) {
		return fail("CAN_NOT_ROLLBACK_WITHOUT_OFFLINE", "没有可回滚的版本")
	}
	current.OfflineAt, previous.OnlineAt, c.mini.RolledBack = c.Now, c.Now, true
	c.save(current)
	c.save(previous)
	c.save(c.mini)
	return done()
}
