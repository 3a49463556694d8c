package gateway

import (
	"context"
	"maps"

	"miniflow/alipay"
	"miniflow/alipay/gateway/rules"
	"miniflow/alipay/internal/wire"
)

// AuditApplied is an accepted submission. Whether the audit is expedited is known only now,
// because Alipay checks the quota.
type AuditApplied struct {
	SpeedUp     bool
	SpeedUpMemo string
}

// ApplyAudit submits a version in development to the audit
// (alipay.open.mini.version.audit.apply, multipart). fields are Alipay's text parameters,
// lists and objects among them as JSON text; files are named by their parameter. Input that
// CheckSubmission or CheckFiles refuses is not sent.
//
// Submitting twice is harmless: the second call is refused with a code of ClassQuery.
// speed_up is sent as false unless fields set it, because Alipay would otherwise spend the
// merchant's quota unasked.
func (c *Client) ApplyAudit(ctx context.Context, token alipay.Secret, appVersion, bundleID string, fields map[string]string, files []rules.File) (AuditApplied, error) {
	if token == "" {
		return AuditApplied{}, withoutToken(alipay.MethodAuditApply)
	}
	sent := map[string]string{"speed_up": "false"}
	maps.Copy(sent, fields)
	for name, value := range map[string]string{"app_version": appVersion, "bundle_id": bundleID} {
		if given := sent[name]; given != "" && given != value {
			return AuditApplied{}, refusedHere(alipay.MethodAuditApply, "leave the version out of the fields: it is the one being submitted", name)
		}
		sent[name] = value
	}
	if err := unfit(alipay.MethodAuditApply, append(rules.CheckSubmission(sent), rules.CheckFiles(files)...)); err != nil {
		return AuditApplied{}, err
	}
	request := Request{Method: alipay.MethodAuditApply, Token: token, Fields: sent, Files: files}
	return askWith(ctx, c, request, func(o wire.Object) AuditApplied {
		return AuditApplied{SpeedUp: o.Flag("speed_up"), SpeedUpMemo: o.Text("speed_up_memo")}
	})
}

// CancelAudit withdraws a version from the audit (alipay.open.mini.version.audit.cancel):
// AUDITING becomes INIT. If the audit has just ended, Alipay refuses with a code of
// ClassQuery.
func (c *Client) CancelAudit(ctx context.Context, token alipay.Secret, appVersion, bundleID string) error {
	_, err := askFor(ctx, c, alipay.MethodAuditCancel, token, version(appVersion, bundleID), nothing)
	return err
}

// CancelAudited returns a version that passed or was rejected to development
// (alipay.open.mini.version.audited.cancel). A rejected version blocks every other submission
// until then. Alipay refuses a repeated call with a code of ClassQuery.
func (c *Client) CancelAudited(ctx context.Context, token alipay.Secret, appVersion, bundleID string) error {
	_, err := askFor(ctx, c, alipay.MethodAuditedCancel, token, version(appVersion, bundleID), nothing)
	return err
}
