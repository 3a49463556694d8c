package gateway

import (
	"net/url"
	"time"

	"miniflow/alipay/alipaysim/internal/admission"
	"miniflow/alipay/alipaysim/lifecycle"
	"miniflow/alipay/alipaysim/wire"
)

// createExperience is alipay.open.mini.experience.create: a version in development becomes one that people
// can try out once it is packaged.
func (c *call) createExperience() admission.Answer {
	version, refusal, ok := c.steps(lifecycle.StepTry)
	switch {
	case !ok:
		return refusal
	case !version.PackagedAt.IsZero():
		return admission.Fail("CAN_NOT_SET_EXP_REPEAT", "不能重复设置体验版")
	}
	c.BeginPackaging(version, c.mini)
	return admission.Done()
}

// queryExperience is alipay.open.mini.experience.query. The last status is spelt as the platform's page
// spells it; the addresses lead nowhere.
func (c *call) queryExperience() admission.Answer {
	version := c.version()
	switch {
	case version.PackagedAt.IsZero():
		return admission.Succeed(wire.Member{"status", "notExpVersion"})
	case version.PackagedAt.After(c.Now):
		return admission.Succeed(wire.Member{"status", "expVersionPackaging"})
	}
	named := "appId=" + url.QueryEscape(version.MiniAppID) + "&version=" + url.QueryEscape(version.AppVersion)
	return admission.Succeed(wire.Member{"status", "expVersionPackged"},
		wire.Member{"exp_qr_code_url", "https://simulator.invalid/experience.png?" + named},
		wire.Member{"exp_schema_url", "alipays://platformapi/startapp?" + named})
}

// cancelExperience is alipay.open.mini.experience.cancel, without which the version can't be deleted.
func (c *call) cancelExperience() admission.Answer {
	version := c.version()
	switch {
	case version.PackagedAt.IsZero():
		return admission.Fail("CAN_NOT_CANCEL_EXP_WITH_INVALID_STATUS", "当前状态不能取消体验版")
	case version.PackagedAt.After(c.Now):
		return admission.Fail("CAN_NOT_CANCEL_WITHOUT_PACKAGED", "体验版未打包完成，不能取消")
	}
	version.PackagedAt = time.Time{}
	c.Save(version)
	return admission.Done()
}
