package activities

import (
	"context"
	"errors"

	"go.temporal.io/sdk/temporal"

	"miniflow/alipay"
	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
	"miniflow/alipay/gateway/rules"
	"miniflow/order"
)

// UploadVersion builds a version from the template, under a number that is
// recorded for the order (see [Alipay.ReserveVersion]).
//
// Repeating it is harmless: a version number can be used once, a try after the
// first asks before it acts, and when Alipay says that the number exists, its
// build shows whether an earlier try of ours made it.
func (a *Alipay) UploadVersion(ctx context.Context, call UploadCall) (Uploaded, error) {
	return Uploaded{}, a.uploadVersion(ctx, call)
}

// BuildVersion finds a number as [Alipay.ReserveVersion] does and uploads under it as
// [Alipay.UploadVersion] does. A refusal says which number was recorded.
//
// Repeating it is harmless: a later try finds the number that is recorded for the order, and asks
// about its build before it uploads.
func (a *Alipay) BuildVersion(ctx context.Context, call BuildCall) (Number, error) {
	number, err := a.reserve(ctx, call.Number)
	if err != nil || number.Uploaded {
		return number, refusal(err, "version")
	}
	version := call.Number.Version
	version.AppVersion = number.AppVersion
	err = a.uploadVersion(ctx, UploadCall{
		AppID: call.Number.AppID, MiniAppID: call.Number.MiniAppID, OutOrderNo: call.Number.OutOrderNo, Version: version,
	})
	if err != nil {
		return Number{}, numbered(err, number.AppVersion)
	}
	return Number{AppVersion: number.AppVersion, Uploaded: true}, nil
}

// numbered adds the number to a refusal. What Temporal is to try again it leaves as it is.
func numbered(err error, number string) error {
	var application *temporal.ApplicationError
	if !errors.As(err, &application) || !application.NonRetryable() {
		return err
	}
	failure := FailureOf(err)
	failure.Number = number
	return failed(failure)
}

func (a *Alipay) uploadVersion(ctx context.Context, call UploadCall) error {
	upload, err := a.upload(call)
	if err != nil {
		return err
	}
	err = a.withToken(ctx, call.AppID, call.MiniAppID, func(gateway Gateway, token alipay.Secret) error {
		if call.Unsure || attempt(ctx) > 1 {
			if there, err := uploaded(ctx, gateway, token, upload.AppVersion, upload.BundleID); there || err != nil {
				return err
			}
		}
		_, err := gateway.UploadVersion(ctx, token, upload)
		if fixOf(err) == codes.AutoFixDeleteOldVersions {
			err = a.uploadIntoRoom(ctx, gateway, token, call, upload, err)
		}
		if !isQuery(err) {
			return err
		}
		there, unknown := uploaded(ctx, gateway, token, upload.AppVersion, upload.BundleID)
		if !there && unknown == nil {
			return traceless(err, "version")
		}
		return unknown
	})
	return refusal(err, "version")
}

// uploaded asks whether a number is taken by a build; one that failed took it as well. Once the
// number is recorded for the order that is a try of ours, since the number was free then.
func uploaded(ctx context.Context, gateway Gateway, token alipay.Secret, number, bundle string) (bool, error) {
	_, err := gateway.QueryBuild(ctx, token, number, bundle)
	switch {
	case fixOf(err) == codes.AutoFixHigherVersion: // POLLING_BUILDING_ERROR says so in place of a status
		return true, nil
	case isQuery(err):
		return false, nil
	}
	return err == nil, err
}

func (a *Alipay) upload(call UploadCall) (rules.Upload, error) {
	upload := rules.Upload{
		TemplateID: call.Version.TemplateID, TemplateVersion: call.Version.TemplateVersion,
		AppVersion: call.Version.AppVersion, BundleID: call.Version.Bundle(),
	}
	if call.Version.Ext == "" {
		return upload, nil
	}
	ext, err := a.Ring.Open(call.Version.Ext, call.AppID, order.SealExt)
	if err != nil {
		return upload, unopened(err, "version.ext")
	}
	upload.Ext = ext
	return upload, nil
}

// AwaitAuditResult asks for the version's status until it is none of those that
// mean a wait. Registered under several names, so that the Temporal UI says what
// is waited for. It changes nothing at Alipay.
func (a *Alipay) AwaitAuditResult(ctx context.Context, question VersionQuestion) (VersionAnswer, error) {
	truth, err := a.askVersion(ctx, question)
	if err != nil {
		return truth, paced(ctx, err, "version", question.Pacing)
	}
	if !isWait(question.While, truth.Status) || question.Pacing.ends(asked(ctx, question.Pacing.Schedule)) {
		return truth, nil
	}
	return truth, waiting("asked for the version's status: "+string(truth.Status), question.Pacing.Schedule.Delay(asked(ctx, question.Pacing.Schedule)))
}

func isWait(while []VersionStatus, status VersionStatus) bool {
	for _, wait := range while {
		if status == wait {
			return true
		}
	}
	return false
}

func (a *Alipay) askVersion(ctx context.Context, question VersionQuestion) (VersionAnswer, error) {
	var truth VersionAnswer
	err := a.withToken(ctx, question.AppID, question.MiniAppID, func(client Gateway, token alipay.Secret) error {
		detail, err := client.QueryVersion(ctx, token, question.AppVersion, question.BundleID)
		truth = answerOf(detail)
		return err
	})
	return truth, err
}

func answerOf(detail gateway.VersionDetail) VersionAnswer {
	truth := VersionAnswer{
		Status: VersionStatus(detail.Status), Scan: string(detail.ScanResult),
		BaseAudit: string(detail.BaseAudit), PromoteAudit: string(detail.PromoteAudit),
		AppliedAt: detail.SubmittedAt, EndedAt: detail.AuditEndedAt, OnlineAt: detail.OnlineAt,
	}
	var reasons []order.Reason
	reasons = appendReasons(reasons, "base", detail.BaseReason)
	reasons = appendReasons(reasons, "promote", detail.PromoteReason)
	if len(reasons) == 0 && detail.RejectReason != "" {
		reasons = append(reasons, order.Reason{Part: "all", Memo: detail.RejectReason, Images: []string{}})
	}
	truth.Reasons, _ = order.CutReasons(reasons)
	return truth
}

func appendReasons(reasons []order.Reason, part string, reason alipay.AuditReason) []order.Reason {
	for _, memo := range reason.Memos {
		reasons = append(reasons, order.Reason{Part: part, Memo: memo.Memo, Images: memo.Images})
	}
	if len(reason.Memos) == 0 && len(reason.Images) > 0 {
		reasons = append(reasons, order.Reason{Part: part, Images: reason.Images})
	}
	return reasons
}
