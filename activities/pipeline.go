package activities

import (
	"context"
	"slices"

	"miniflow/alipay"
	"miniflow/alipay/gateway"
	"miniflow/order"
	"miniflow/words"
)

// Alipay takes one version of a mini program at a time through its pipeline. Another one that is in the
// way may be the merchant's, or another system's: it is left alone and named. A rejected one of Miniflow's
// own that no order needs any more is taken back.

// pipelineWords are what people call those statuses.
var pipelineWords = map[gateway.VersionStatus]words.Text{
	gateway.VersionAuditing: words.New("pipeline.AUDITING"), gateway.VersionAuditReject: words.New("pipeline.AUDIT_REJECT"),
	gateway.VersionBaseAuditPass: words.New("pipeline.BASE_AUDIT_PASS"), gateway.VersionWaitRelease: words.New("pipeline.WAIT_RELEASE"),
	gateway.VersionGray: words.New("pipeline.GRAY"),
}

// pipelineStatuses are the statuses of a version that is in the way of every other.
var pipelineStatuses = slices.DeleteFunc(gateway.VersionStatuses(), func(status gateway.VersionStatus) bool { return !inPipeline(status) })

// isPipelineTaken reports whether Alipay refused a submission because of another version.
func isPipelineTaken(err error) bool {
	return isRefusedWith(err, "CAN_NOT_SUBMIT_WITH_AUDIT") || isRefusedWith(err, "CAN_NOT_SUBMIT_WITH_AUDIT_GRAY")
}

// makeWay takes a rejected version of Miniflow's own back where that is what is in the way, and submits
// again; else it returns the refusal, which names the version that is in the way.
func (a *Alipay) makeWay(ctx context.Context, call SubmitCall, refused error, submit func(Gateway, alipay.Secret) error) error {
	question := call.Question
	other, records, err := a.otherInPipeline(ctx, question)
	if err != nil || other == nil {
		return refused // why it was refused is known all the same
	}
	owner := ownerOf(*other, records, question.BundleID)
	if owner == nil || other.Status != gateway.VersionAuditReject || !isOver(*owner, call.OutOrderNo) {
		return pipelineTaken(refused, *other, owner)
	}
	return a.act(ctx, question, func(gateway Gateway, token alipay.Secret) error {
		if err := gateway.CancelAudited(ctx, token, other.AppVersion, question.BundleID); err != nil && !isQuery(err) {
			return err
		}
		return submit(gateway, token)
	})
}

// otherInPipeline finds the version that is in the way, and what is recorded of the mini program's; nil
// where Alipay shows none.
func (a *Alipay) otherInPipeline(ctx context.Context, question VersionQuestion) (*gateway.VersionInfo, []order.VersionReservation, error) {
	var versions []gateway.VersionInfo
	err := a.act(ctx, question, func(client Gateway, token alipay.Secret) (err error) {
		versions, err = client.ListVersions(ctx, token, question.BundleID, pipelineStatuses...)
		return err
	})
	i := slices.IndexFunc(versions, func(version gateway.VersionInfo) bool {
		return version.AppVersion != question.AppVersion && inPipeline(version.Status)
	})
	if err != nil || i < 0 {
		return nil, nil, err
	}
	records, err := a.Numbers.Reserved(ctx, question.AppID, question.MiniAppID)
	return &versions[i], records, err
}

// ownerOf returns the record of a version that Miniflow has uploaded; nil for one of others.
func ownerOf(version gateway.VersionInfo, records []order.VersionReservation, bundle string) *order.VersionReservation {
	for i := range records {
		if records[i].AppVersion == version.AppVersion && records[i].BundleID == bundle && records[i].MadeThen(version.CreatedAt, clockSlack) {
			return &records[i]
		}
	}
	return nil
}

// isOver reports whether nobody needs a version of Miniflow's own any more: an order has taken another
// since, or has ended.
func isOver(record order.VersionReservation, outOrderNo string) bool {
	return record.Ended || record.OutOrderNo == outOrderNo
}

// pipelineTaken is the refusal with the name of what is in the way.
func pipelineTaken(refused error, other gateway.VersionInfo, owner *order.VersionReservation) error {
	failure := FailureOf(refusal(refused, "submission"))
	stands := pipelineWords[other.Status]
	if failure.Message = words.New(order.ForeignVersion, other.AppVersion, stands); owner != nil {
		failure.Message = words.New(order.OthersVersion, other.AppVersion, owner.OutOrderNo, stands)
	}
	return failed(failure)
}
