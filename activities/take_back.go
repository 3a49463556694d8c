package activities

import (
	"cmp"
	"context"
	"errors"

	"miniflow/alipay"
	"miniflow/alipay/gateway"
)

// CancelAudit takes a version out of audit and returns where it then stands: in
// development, or at the result that came first.
//
// Repeating it is harmless: every try asks first.
func (a *Alipay) CancelAudit(ctx context.Context, question VersionQuestion) (VersionAnswer, error) {
	truth, err := a.askBefore(ctx, question)
	if err != nil || truth.Status != VersionAuditing {
		return truth, refusal(err, "version")
	}
	return a.takeOut(ctx, question, truth)
}

// TakeBack returns a version to development from where it stands in Alipay's
// pipeline, so that the pipeline is free: out of audit, or back from a result. A
// version that is online, in a gray release, or not there at all stays where it is,
// and so does one at a status that the question, naming some, does not name. Where the
// question says so, one that is in development then is deleted.
//
// Repeating it is harmless: every try asks first.
func (a *Alipay) TakeBack(ctx context.Context, question VersionQuestion) (VersionAnswer, error) {
	truth, err := a.takeBack(ctx, question)
	if err == nil && question.Delete && truth.Status == VersionInit {
		truth.Deleted, truth.Kept = a.deleteVersion(ctx, question)
	}
	return truth, err
}

// deleteVersion deletes a version in development, so that it does not count among the twenty that
// Alipay keeps. What it refuses stays where it is, and is said.
func (a *Alipay) deleteVersion(ctx context.Context, question VersionQuestion) (deleted bool, kept string) {
	err := a.act(ctx, question, func(gateway Gateway, token alipay.Secret) error {
		return deleteVersion(ctx, gateway, token, question.AppVersion, question.BundleID)
	})
	var refused *gateway.Error
	switch {
	case err == nil:
		return true, ""
	case errors.As(err, &refused):
		return false, cmp.Or(refused.SubCode, refused.Code, CodeNoAnswer)
	}
	return false, CodeNoAnswer
}

func (a *Alipay) takeBack(ctx context.Context, question VersionQuestion) (VersionAnswer, error) {
	truth, err := a.askBefore(ctx, question)
	if err != nil {
		return truth, refusal(err, "version")
	}
	if len(question.While) > 0 && !isWait(question.While, truth.Status) {
		return truth, nil
	}
	switch truth.Status {
	case VersionAuditing, VersionWaitRelease, VersionBaseAuditPass, VersionAuditReject:
		return a.takeOut(ctx, question, truth)
	case VersionInit, VersionRelease, VersionGray, VersionOffline, VersionAuditOffline:
	}
	return truth, nil
}

// takeOut chooses between Alipay's two methods: one takes a version out of audit, the other back
// from a result, and each refuses what the other does.
func (a *Alipay) takeOut(ctx context.Context, question VersionQuestion, truth VersionAnswer) (VersionAnswer, error) {
	err := a.act(ctx, question, func(gateway Gateway, token alipay.Secret) error {
		if truth.Status == VersionAuditing {
			return gateway.CancelAudit(ctx, token, question.AppVersion, question.BundleID)
		}
		return gateway.CancelAudited(ctx, token, question.AppVersion, question.BundleID)
	})
	return a.afterwards(ctx, written{question, truth.Status, VersionInit, err}, "version")
}
