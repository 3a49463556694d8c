package gateway

import (
	"cmp"
	"slices"
	"strings"

	"miniflow/alipay/alipaysim/internal/admission"
	"miniflow/alipay/alipaysim/internal/world"
	"miniflow/alipay/alipaysim/lifecycle"
	"miniflow/alipay/alipaysim/wire"
)

// queryDetail is alipay.open.mini.version.detail.query. A version that is back in
// development shows nothing of the audit before.
func (c *call) queryDetail() admission.Answer {
	version, refusal, ok := c.steps(lifecycle.StepDetail)
	if !ok {
		return refusal
	}
	scan := map[lifecycle.Phase]string{lifecycle.Scanning: "NAN", lifecycle.ScanFailed: "False"}
	fields := wire.Object{{"app_version", version.AppVersion}, {"bundle_id", version.BundleID}, {"status", version.Phase.Status()},
		{"scan_result", cmp.Or(scan[version.Phase], "True")}, {"can_release", canRelease(version)},
		{"gmt_create", wire.Moment(version.BuiltAt)}, {"gmt_online", wire.Moment(version.OnlineAt)}, {"gmt_offline", wire.Moment(version.OfflineAt)}}
	fields = append(fields, described(c.mini)...)
	if version.Audit != nil && version.Phase != lifecycle.Init {
		fields = append(fields, detail(version.Audit)...)
	}
	return admission.Succeed(slices.DeleteFunc(fields, func(p wire.Member) bool { return p.Value == "" })...)
}

// described is what detail.query says of the mini program itself. Categories are
// objects there, under the name of the old list and of the new.
func described(m *world.Mini) wire.Object {
	var fields wire.Object
	for _, name := range baseInfoFields {
		if name != categoryField {
			fields = append(fields, wire.Member{name, m.BaseInfo[name]})
		}
	}
	if m.BaseInfo[logoSet] != "" {
		fields = append(fields, wire.Member{"app_logo", wire.FilesURL + "logo.png"})
	}
	if ids := m.BaseInfo[categoryField]; ids != "" {
		categories := categoryObjects(ids)
		fields = append(fields, wire.Member{"mini_app_category_info_list", categories}, wire.Member{"mini_category_info_list", categories})
	}
	return append(fields, wire.Member{"package_info_list", []wire.Object{{{"package_name", "基础功能包"}, {"package_desc", "小程序的基础功能"},
		{"doc_url", "https://simulator.invalid/packages"}, {"package_open_type", "DEFAULT"}, {"status", "valid"}}}})
}

// categoryObjects makes the names up, since a submission has the ids alone
// (first_second_third;…).
func categoryObjects(ids string) []wire.Object {
	var list []wire.Object
	for category := range strings.SplitSeq(ids, ";") {
		var object wire.Object
		levels := []string{"first", "second", "third"}
		for i, id := range strings.SplitN(category, "_", len(levels)) {
			object = append(object, wire.Member{levels[i] + "_category_id", id}, wire.Member{levels[i] + "_category_name", "类目" + id})
		}
		list = append(list, object)
	}
	return list
}

// detail is what detail.query says of the last attempt. The two verdicts are there only
// once a split audit has ended.
func detail(a *world.Audit) wire.Object {
	fields := wire.Object{{"gmt_apply_audit", wire.Moment(a.AppliedAt)}, {"gmt_audit_end", wire.Moment(a.EndedAt)},
		{"version_desc", a.Description}, {"memo", a.Memo}, {"service_region_type", a.RegionType}, {"reject_reason", a.Reason}}
	if len(a.Regions) > 0 {
		fields = append(fields, wire.Member{"service_region_info", a.Regions})
	}
	if a.ScreenShots > 0 {
		fields = append(fields, wire.Member{"screen_shot_list", slices.Repeat([]string{wire.FilesURL + "screenshot.png"}, a.ScreenShots)})
	}
	if !a.Split || a.EndedAt.IsZero() {
		return fields
	}
	return append(fields, wire.Member{"base_audit", a.Base}, wire.Member{"promote_audit", a.Promote},
		wire.Member{"base_audit_record", world.ReasonObject(a.BaseReason)}, wire.Member{"promote_audit_record", world.ReasonObject(a.PromoteReason)})
}
