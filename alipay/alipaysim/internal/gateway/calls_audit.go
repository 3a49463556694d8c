package gateway

import (
	"maps"

	"miniflow/alipay/alipaysim/internal/admission"
	"miniflow/alipay/alipaysim/internal/world"
	"miniflow/alipay/alipaysim/lifecycle"
	"miniflow/alipay/alipaysim/wire"
)

// applyAudit is alipay.open.mini.version.audit.apply. Its order of refusals is the
// one a submitter can act on: first whether this version can be submitted at all,
// then whether the pipeline is free, then the fields. What a submission leaves
// out of the base information is what was set before.
func (c *call) applyAudit() admission.Answer {
	if c.text("app_version") == "" {
		return admission.Fail("APP_VERSION_IS_BLANK", "版本号不能为空")
	}
	version, refusal, ok := c.steps(lifecycle.StepApply)
	if !ok {
		return refusal
	}
	if refusal, ok := c.pipelineFree(version); !ok {
		return refusal
	}
	if code := c.checkSubmission(); code != "" {
		return admission.Fail(code, "提审参数有误: "+code)
	}
	if c.mini.Trial && c.Rules().Find(c.mini.OutOrderNo, c.mini.MiniAppID).AuditNeedsCertification {
		return admission.Fail("TINY_APP_AUDIT_NOT_PERMIT", "试用小程序未完成认证，不允许提审")
	}
	c.mini.BaseInfo = c.baseInfo()
	c.BeginAudit(version, c.mini, c.submitted())
	return admission.Done(wire.Member{"speed_up", "false"}, wire.Member{"speed_up_memo", ""})
}

// submitted keeps what detail.query shows later. Of the screenshots that is their
// number: it answers links to a sample.
func (c *call) submitted() world.Audit {
	audit := world.Audit{Split: c.text("audit_rule") == "BASE_PROMOTE", AutoOnline: c.text("auto_online") == "true",
		Description: c.text("version_desc"), Memo: c.text("memo"), RegionType: c.text("region_type")}
	if audit.RegionType == regionByCodes {
		audit.Regions, _ = readRegions(c.text("service_region_info")) // checked before
	}
	for _, part := range screenshotParts {
		if _, sent := c.request.Files[part]; sent {
			audit.ScreenShots++
		}
	}
	return audit
}

// pipelineFree refuses a submission while another version of the mini program, of any
// client, is in audit or waits for a decision after one.
func (c *call) pipelineFree(version *world.Version) (admission.Answer, bool) {
	for _, other := range c.Versions(c.mini.MiniAppID, "") {
		switch {
		case other.BundleID == version.BundleID && other.AppVersion == version.AppVersion:
		case other.Phase == lifecycle.Auditing:
			return admission.Fail("CAN_NOT_SUBMIT_WITH_AUDIT", "存在审核中的版本: "+other.AppVersion), false
		case other.Phase.InPipeline():
			return admission.Fail("CAN_NOT_SUBMIT_WITH_AUDIT_GRAY", "存在已审核或灰度中的版本: "+other.AppVersion), false
		case other.Phase == lifecycle.Release && world.SortableVersion(other.AppVersion) > world.SortableVersion(version.AppVersion):
			return admission.Fail("EXIST_LARGER_ONLINED_VERSION", "存在更大的已上架版本: "+other.AppVersion), false
		}
	}
	return admission.Answer{}, true
}

// baseInfo is the base information after this submission. What a submission leaves out
// stays as it was set, as on the platform.
func (c *call) baseInfo() map[string]string {
	info := maps.Clone(c.mini.BaseInfo)
	for _, name := range baseInfoFields {
		if value := c.text(name); value != "" {
			info[name] = value
		}
	}
	if _, sent := c.request.Files["app_logo"]; sent {
		info[logoSet] = "true"
	}
	return info
}
