package gateway

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"miniflow/alipay/alipaysim/internal/admission"
	"miniflow/alipay/alipaysim/internal/world"
	"miniflow/alipay/alipaysim/lifecycle"
	"miniflow/alipay/alipaysim/wire"
)

const (
	defaultBundle = "com.alipay.alipaywallet"
	// maxDevelopment is how many versions may be in development at once; the platform
	// refuses the next upload until one is deleted or submitted.
	maxDevelopment = 20
	// maxListed is how many versions list.query shows; the platform leaves out the
	// older ones.
	maxListed = 20
)

// bundle is the client a version is for. Like the platform it takes the Alipay wallet
// where a call names none.
func (c *call) bundle() string { return cmp.Or(c.text("bundle_id"), defaultBundle) }

// version loads the version the call names. One that does not exist is Absent, which
// has its refusals in the table too.
func (c *call) version() *world.Version {
	version := &world.Version{MiniAppID: c.mini.MiniAppID, BundleID: c.bundle(), AppVersion: c.text("app_version")}
	c.Load(version)
	return version
}

// steps returns the named version moved by the call, or the refusal its life has for
// it. Nothing is saved yet, because a method may still refuse.
func (c *call) steps(by lifecycle.Step) (*world.Version, admission.Answer, bool) {
	version := c.version()
	to, code, ok := version.Phase.Move(by)
	if !ok {
		return nil, admission.Fail(code, "当前版本状态不支持该操作: "+version.AppVersion), false
	}
	version.Phase = to
	return version, admission.Answer{}, true
}

// uploadVersion is alipay.open.mini.version.upload. It begins a build; whether that
// becomes a version is for build.query to say.
func (c *call) uploadVersion() admission.Answer {
	switch {
	case c.text("template_id") == "":
		return admission.Fail("TEMPLATE_ID_IS_BLANK", "模板ID不能为空")
	case c.text("app_version") == "":
		return admission.Fail("APP_VERSION_IS_BLANK", "版本号不能为空")
	case !world.ValidVersion(c.text("app_version")):
		return admission.Fail("INVALID_VERSION", "版本号应为 x.y.z 格式的数字")
	case c.text("ext") != "" && !json.Valid([]byte(c.text("ext"))):
		return admission.Fail("INVALID_EXT_JSON", "ext 应为JSON")
	}
	version, refusal, ok := c.steps(lifecycle.StepUpload)
	if !ok {
		return refusal
	}
	if refusal, ok := c.roomFor(version); !ok {
		return refusal
	}
	version.Template, version.TemplateV = c.text("template_id"), c.text("template_version")
	c.BeginBuild(version, c.mini)
	return admission.Done(buildStatus(version, c.Now)...)
}

// roomFor checks a new version against those that exist: numbers only grow, and
// twenty are in development at most.
func (c *call) roomFor(version *world.Version) (admission.Answer, bool) {
	development := 0
	for _, other := range c.Versions(version.MiniAppID, "") {
		if other.Phase.InDevelopment() {
			development++
		}
		if other.BundleID == version.BundleID && world.SortableVersion(other.AppVersion) > world.SortableVersion(version.AppVersion) {
			return admission.Fail("LARGER_VERSION_HAS_EXISTED", "已存在更大的版本号: "+other.AppVersion), false
		}
	}
	if development >= maxDevelopment {
		return admission.Fail("DEV_VERSION_EXCEED_MAX_COUNT", "开发中的版本数超过上限"), false
	}
	return admission.Answer{}, true
}

// queryBuild is alipay.open.mini.version.build.query. It has to be polled, for no
// message says that a build has ended.
func (c *call) queryBuild() admission.Answer {
	version, refusal, ok := c.steps(lifecycle.StepBuildQuery)
	if !ok {
		return refusal
	}
	return admission.Succeed(buildStatus(version, c.Now)...)
}

// buildStatus counts a build as the platform does: 0 queued, 1 building, 2 built, 6
// version created, 3 failed, 5 timed out.
func buildStatus(v *world.Version, now time.Time) wire.Object {
	build, create := "2", "6"
	switch v.Phase {
	case lifecycle.BuildFailed:
		build, create = "3", "3"
	case lifecycle.BuildTimedOut:
		build, create = "5", "5"
	case lifecycle.Building:
		build = buildProgress(v, now)
		create = build
	default: // built: as set above
	}
	flag := func(is bool) string {
		if is {
			return "true"
		}
		return "false"
	}
	return wire.Object{{"build_status", build}, {"create_status", create},
		{"need_rotation", flag(v.Phase == lifecycle.Building)}, {"version_created", flag(create == "6")}}
}

// buildProgress is 0, 1 and 2 for the three thirds of a running build, so that a client
// meets every stage.
func buildProgress(v *world.Version, now time.Time) string {
	whole, part := v.BuiltAt.Sub(v.UploadedAt), now.Sub(v.UploadedAt)
	switch {
	case part*3 < whole:
		return "0"
	case part*3 < whole*2:
		return "1"
	}
	return "2"
}

func canRelease(v *world.Version) string {
	if _, _, ok := v.Phase.Move(lifecycle.StepOnline); ok {
		return "true"
	}
	return "false"
}

// queryList is alipay.open.mini.version.list.query: the newest first, details
// only when bundle_id and version_status are both given.
func (c *call) queryList() admission.Answer {
	wanted := strings.Split(c.text("version_status"), ",")
	infos, numbers := []wire.Object{}, []string{}
	list := c.Versions(c.mini.MiniAppID, c.bundle())
	slices.Reverse(list)
	for _, version := range list {
		if version.Phase.Status() == "" || len(numbers) == maxListed {
			continue
		}
		if c.text("version_status") == "" {
			numbers = append(numbers, version.AppVersion)
		} else if slices.Contains(wanted, version.Phase.Status()) {
			numbers = append(numbers, version.AppVersion)
			infos = append(infos, listed(version))
		}
	}
	if c.text("bundle_id") == "" || c.text("version_status") == "" {
		return admission.Succeed(wire.Member{"app_versions", numbers})
	}
	return admission.Succeed(wire.Member{"app_versions", numbers}, wire.Member{"app_version_infos", infos})
}

func listed(v *world.Version) wire.Object {
	fields := wire.Object{{"app_version", v.AppVersion}, {"bundle_id", v.BundleID}, {"version_status", v.Phase.Status()},
		{"can_release", canRelease(v)}, {"create_time", wire.Moment(v.BuiltAt)}}
	if v.Audit == nil {
		return fields
	}
	fields = append(fields, wire.Member{"version_description", v.Audit.Description})
	if v.Audit.Base != "" {
		fields = append(fields, wire.Member{"base_audit", v.Audit.Base}, wire.Member{"promote_audit", v.Audit.Promote})
	}
	return fields
}
