package alipaysim

import (
	"cmp"
	"slices"
	"strings"
)

// queryDetail is alipay.open.mini.version.detail.query.
func (c *call) queryDetail() answer {
	version, refusal, ok := c.steps(stepDetail)
	if !ok {
		return refusal
	}
	scan := map[Phase]string{Scanning: "NAN", ScanFailed: "False"}
	fields := pairs{{"app_version", version.AppVersion}, {"bundle_id", version.BundleID}, {"status", version.Phase.status()},
		{"scan_result", cmp.Or(scan[version.Phase], "True")}, {"can_release", canRelease(version)},
		{"gmt_create", wireMoment(version.BuiltAt)}, {"gmt_online", wireMoment(version.OnlineAt)}, {"gmt_offline", wireMoment(version.OfflineAt)}}
	fields = append(fields, described(c.mini)...)
	if version.Audit != nil && version.Phase != Init {
		fields = append(fields, detail(version.Audit)...)
	}
	return succeed(slices.DeleteFunc(fields, func(p pair) bool { return p.Value == "" })...)
}

// described is what detail.query tells of the mini program itself. Categories are
// objects there, under the name of the old list and of the new.
func described(m *miniRecord) pairs {
	var fields pairs
	for _, name := range baseInfoFields {
		if name != categoryField {
			fields = append(fields, pair{name, m.BaseInfo[name]})
		}
	}
	if m.BaseInfo[logoSet] != "" {
		fields = append(fields, pair{"app_logo", sampleFiles + "logo.png"})
	}
	if ids := m.BaseInfo[categoryField]; ids != "" {
		categories := categoryObjects(ids)
		fields = append(fields, pair{"mini_app_category_info_list", categories}, pair{"mini_category_info_list", categories})
	}
	return append(fields, pair{"package_info_list", []pairs{{{"package_name", "基础功能包"}, {"package_desc", "小程序的基础功能"},
		{"doc_url", "https://simulator.invalid/packages"}, {"package_open_type", "DEFAULT"}, {"status", "valid"}}}})
}

// categoryObjects reads first_second_third;… into objects.
func categoryObjects(ids string) []pairs {
	var list []pairs
	for category := range strings.SplitSeq(ids, ";") {
		var object pairs
		levels := []string{"first", "second", "third"}
		for i, id := range strings.SplitN(category, "_", len(levels)) {
			object = append(object, pair{levels[i] + "_category_id", id}, pair{levels[i] + "_category_name", "类目" + id})
		}
		list = append(list, object)
	}
	return list
}

// detail is what detail.query tells of the last attempt.
func detail(a *auditRecord) pairs {
	fields := pairs{{"gmt_apply_audit", wireMoment(a.AppliedAt)}, {"gmt_audit_end", wireMoment(a.EndedAt)},
		{"version_desc", a.Description}, {"memo", a.Memo}, {"service_region_type", a.RegionType}, {"reject_reason", a.Reason}}
	if len(a.Regions) > 0 {
		fields = append(fields, pair{"service_region_info", a.Regions})
	}
	if a.ScreenShots > 0 {
		fields = append(fields, pair{"screen_shot_list", slices.Repeat([]string{sampleFiles + "screenshot.png"}, a.ScreenShots)})
	}
	if !a.Split || a.EndedAt.IsZero() {
		return fields
	}
	return append(fields, pair{"base_audit", a.Base}, pair{"promote_audit", a.Promote},
		pair{"base_audit_record", reasonObject(a.BaseReason)}, pair{"promote_audit_record", reasonObject(a.PromoteReason)})
}
