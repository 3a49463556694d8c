package gateway

import (
	"context"
	"strings"
	"time"

	"miniflow/alipay"
	"miniflow/alipay/internal/wire"
)

// VersionStatus is the state of a version at Alipay. Unknown values are kept as they came, so that
// a person can look them up.
type VersionStatus string

// Values of status (detail query) and version_status (list query), the same in both so that
// one type serves.
const (
	VersionInit          VersionStatus = "INIT"
	VersionAuditing      VersionStatus = "AUDITING"
	VersionWaitRelease   VersionStatus = "WAIT_RELEASE"    // passed, not released
	VersionBaseAuditPass VersionStatus = "BASE_AUDIT_PASS" // admitted, not promotable
	VersionAuditReject   VersionStatus = "AUDIT_REJECT"    // rejected, and blocks other submissions until taken back
	VersionRelease       VersionStatus = "RELEASE"
	VersionGray          VersionStatus = "GRAY" // online for a share of users
	VersionOffline       VersionStatus = "OFFLINE"
	VersionAuditOffline  VersionStatus = "AUDIT_OFFLINE" // taken down by force
)

// VersionStatuses returns every known value, without the alias: Alipay's list returns no details
// unless the statuses are named.
func VersionStatuses() []VersionStatus {
	return []VersionStatus{VersionInit, VersionAuditing, VersionWaitRelease, VersionBaseAuditPass,
		VersionAuditReject, VersionRelease, VersionGray, VersionOffline, VersionAuditOffline}
}

// ParseVersionStatus reads a status. PROMOTE_AUDIT_REJECT, which one page of the
// documentation mentions, means the same as BASE_AUDIT_PASS.
func ParseVersionStatus(text string) VersionStatus {
	if text == "PROMOTE_AUDIT_REJECT" {
		return VersionBaseAuditPass
	}
	return VersionStatus(text)
}

// ScanResult is the outcome of the security scan, without which Alipay accepts no submission.
type ScanResult string

// Values of scan_result, whose letter case varies on the wire.
const (
	ScanPassed  ScanResult = "True"
	ScanFailed  ScanResult = "False"
	ScanRunning ScanResult = "NAN"
)

// ScanResults returns every known value, so that a value in another letter case finds its
// constant.
func ScanResults() []ScanResult { return []ScanResult{ScanPassed, ScanFailed, ScanRunning} }

func parseScanResult(text string) ScanResult {
	for _, known := range ScanResults() {
		if strings.EqualFold(text, string(known)) {
			return known
		}
	}
	return ScanResult(text)
}

// VersionDetail is what Alipay knows about one version. A time is zero until its event has
// happened.
type VersionDetail struct {
	Status        VersionStatus
	ScanResult    ScanResult // empty where Alipay returns none
	RejectReason  string
	BaseAudit     alipay.AuditResult
	PromoteAudit  alipay.AuditResult
	BaseReason    alipay.AuditReason
	PromoteReason alipay.AuditReason
	CanRelease    bool
	GrayStrategy  string

	CreatedAt    time.Time
	SubmittedAt  time.Time // gmt_apply_audit of the current attempt
	AuditEndedAt time.Time
	OnlineAt     time.Time
	OfflineAt    time.Time
}

// QueryVersion queries one version (alipay.open.mini.version.detail.query). It changes
// nothing. Its answer decides over every message about an audit, because messages may come
// late or in another order.
func (c *Client) QueryVersion(ctx context.Context, token alipay.Secret, appVersion, bundleID string) (VersionDetail, error) {
	return askFor(ctx, c, alipay.MethodVersionDetail, token, version(appVersion, bundleID), func(o wire.Object) VersionDetail {
		return VersionDetail{
			Status:        ParseVersionStatus(o.Need("status")),
			ScanResult:    parseScanResult(o.Text("scan_result")),
			RejectReason:  o.Text("reject_reason"),
			BaseAudit:     alipay.AuditResult(o.Text("base_audit")),
			PromoteAudit:  alipay.AuditResult(o.Text("promote_audit")),
			BaseReason:    o.Reason("base_audit_record"),
			PromoteReason: o.Reason("promote_audit_record"),
			CanRelease:    o.Flag("can_release"),
			GrayStrategy:  o.Text("gray_strategy"),
			CreatedAt:     o.SoftMoment("gmt_create"),
			SubmittedAt:   o.SoftMoment("gmt_apply_audit"),
			AuditEndedAt:  o.SoftMoment("gmt_audit_end"),
			OnlineAt:      o.SoftMoment("gmt_online"),
			OfflineAt:     o.SoftMoment("gmt_offline"),
		}
	})
}

// VersionInfo is one row of ListVersions. It lacks the reasons of an audit, so a decision
// needs QueryVersion.
type VersionInfo struct {
	AppVersion   string
	BundleID     string
	Status       VersionStatus
	BaseAudit    alipay.AuditResult
	PromoteAudit alipay.AuditResult
	CanRelease   bool
	CreatedAt    time.Time
	Description  string
}

// ListVersions returns the versions of a mini program in the given states, all states when
// none is given, newest first and at most 20 (alipay.open.mini.version.list.query). It
// changes nothing, so a lost answer is simply asked for again.
func (c *Client) ListVersions(ctx context.Context, token alipay.Secret, bundleID string, states ...VersionStatus) ([]VersionInfo, error) {
	if bundleID == "" {
		bundleID = alipay.DefaultBundleID // Alipay returns no details without it
	}
	if len(states) == 0 {
		states = VersionStatuses()
	}
	names := make([]string, 0, len(states))
	for _, state := range states {
		names = append(names, string(state))
	}
	members := map[string]any{"bundle_id": bundleID, "version_status": strings.Join(names, ",")}
	return askFor(ctx, c, alipay.MethodVersionList, token, members, func(o wire.Object) []VersionInfo {
		var versions []VersionInfo
		for _, row := range o.Objects("app_version_infos") {
			versions = append(versions, readVersionInfo(row))
		}
		return versions
	})
}

func readVersionInfo(o wire.Object) VersionInfo {
	return VersionInfo{
		AppVersion:   o.Need("app_version"),
		BundleID:     o.BundleID(),
		Status:       ParseVersionStatus(o.Text("version_status")),
		BaseAudit:    alipay.AuditResult(o.Text("base_audit")),
		PromoteAudit: alipay.AuditResult(o.Text("promote_audit")),
		CanRelease:   o.Flag("can_release"),
		CreatedAt:    o.SoftMoment("create_time"),
		Description:  o.Text("version_description"),
	}
}

// DeleteVersion deletes a version in development (alipay.open.mini.version.delete), of which Alipay
// keeps twenty at most. It refuses to delete a missing version with a code of ClassQuery.
func (c *Client) DeleteVersion(ctx context.Context, token alipay.Secret, appVersion, bundleID string) error {
	_, err := askFor(ctx, c, alipay.MethodVersionDelete, token, version(appVersion, bundleID), nothing)
	return err
}
