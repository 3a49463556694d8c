package alipaysim

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

const (
	defaultBundle = "com.alipay.alipaywallet"
	// maxDevelopment is how many versions may be in development at once.
	maxDevelopment = 20
	// maxListed is the length of version.list.query.
	maxListed = 20
)

// bundle is the client a version is for.
func (c *call) bundle() string { return cmp.Or(c.text("bundle_id"), defaultBundle) }

// version loads the version the call names, Absent when there is none.
func (c *call) version() *versionRecord {
	version := &versionRecord{MiniAppID: c.mini.MiniAppID, BundleID: c.bundle(), AppVersion: c.text("app_version")}
	c.load(version)
	return version
}

// steps returns the named version moved by the call, or the refusal its life
// has for it. Nothing is saved yet.
func (c *call) steps(by step) (*versionRecord, answer, bool) {
	version := c.version()
	to, code, ok := version.Phase.move(by)
	if !ok {
		return nil, fail(code, "当前版本状态不支持该操作: "+version.AppVersion), false
	}
	version.Phase = to
	return version, answer{}, true
}

// uploadVersion is alipay.open.mini.version.upload.
func (c *call) uploadVersion() answer {
	switch {
	case c.text("template_id") == "":
		return fail("TEMPLATE_ID_IS_BLANK", "模板ID不能为空")
	case c.text("app_version") == "":
		return fail("APP_VERSION_IS_BLANK", "版本号不能为空")
	case !validVersion(c.text("app_version")):
		return fail("INVALID_VERSION", "版本号应为 x.y.z 格式的数字")
	case c.text("ext") != "" && !json.Valid([]byte(c.text("ext"))):
		return fail("INVALID_EXT_JSON", "ext 应为JSON")
	}
	version, refusal, ok := c.steps(stepUpload)
	if !ok {
		return refusal
	}
	if refusal, ok := c.roomFor(version); !ok {
		return refusal
	}
	version.Template, version.TemplateV = c.text("template_id"), c.text("template_version")
	c.beginBuild(version, c.mini)
	return done(buildStatus(version, c.Now)...)
}

// roomFor checks a new version against those that exist: numbers only grow, and
// twenty are in development at most.
func (c *call) roomFor(version *versionRecord) (answer, bool) {
	development := 0
	for _, other := range c.versions(version.MiniAppID, "") {
		if other.Phase.inDevelopment() {
			development++
		}
		if other.BundleID == version.BundleID && sortableVersion(other.AppVersion) > sortableVersion(version.AppVersion) {
			return fail("LARGER_VERSION_HAS_EXISTED", "已存在更大的版本号: "+other.AppVersion), false
		}
	}
	if development >= maxDevelopment {
		return fail("DEV_VERSION_EXCEED_MAX_COUNT", "开发中的版本数超过上限"), false
	}
	return answer{}, true
}

// queryBuild is alipay.open.mini.version.build.query.
func (c *call) queryBuild() answer {
	version, refusal, ok := c.steps(stepBuildQuery)
	if !ok {
		return refusal
	}
	return succeed(buildStatus(version, c.Now)...)
}

// buildStatus counts a build: 0 queued, 1 building, 2 built, 6 version created,
// 3 failed, 5 timed out.
func buildStatus(v *versionRecord, now time.Time) pairs {
	build, create := "2", "6"
	switch v.Phase {
	case BuildFailed:
		build, create = "3", "3"
	case BuildTimedOut:
		build, create = "5", "5"
	case Building:
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
	return pairs{{"build_status", build}, {"create_status", create},
		{"need_rotation", flag(v.Phase == Building)}, {"version_created", flag(create == "6")}}
}

// buildProgress is 0, 1 and 2 for the three thirds of a running build.
func buildProgress(v *versionRecord, now time.Time) string {
	whole, part := v.BuiltAt.Sub(v.UploadedAt), now.Sub(v.UploadedAt)
	switch {
	case part*3 < whole:
		return "0"
	case part*3 < whole*2:
		return "1"
	}
	return "2"
}

func canRelease(v *versionRecord) string {
	if _, _, ok := v.Phase.move(stepOnline); ok {
		return "true"
	}
	return "false"
}

// queryList is alipay.open.mini.version.list.query: the newest first, details
// only when bundle_id and version_status are both given.
func (c *call) queryList() answer {
	wanted := strings.Split(c.text("version_status"), ",")
	infos, numbers := []pairs{}, []string{}
	list := c.versions(c.mini.MiniAppID, c.bundle())
	slices.Reverse(list)
	for _, version := range list {
		if version.Phase.status() == "" || len(numbers) == maxListed {
			continue
		}
		if c.text("version_status") == "" {
			numbers = append(numbers, version.AppVersion)
		} else if slices.Contains(wanted, version.Phase.status()) {
			numbers = append(numbers, version.AppVersion)
			infos = append(infos, listed(version))
		}
	}
	if c.text("bundle_id") == "" || c.text("version_status") == "" {
		return succeed(pair{"app_versions", numbers})
	}
	return succeed(pair{"app_versions", numbers}, pair{"app_version_infos", infos})
}

func listed(v *versionRecord) pairs {
	fields := pairs{{"app_version", v.AppVersion}, {"bundle_id", v.BundleID}, {"version_status", v.Phase.status()},
		{"can_release", canRelease(v)}, {"create_time", wireMoment(v.BuiltAt)}}
	if v.Audit == nil {
		return fields
	}
	fields = append(fields, pair{"version_description", v.Audit.Description})
	if v.Audit.Base != "" {
		fields = append(fields, pair{"base_audit", v.Audit.Base}, pair{"promote_audit", v.Audit.Promote})
	}
	return fields
}
