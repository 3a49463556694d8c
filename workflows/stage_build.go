package workflows

import (
	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
)

// build uploads a version from the template and waits until Alipay has built it.
func (o *orderRun) build(ctx workflow.Context) error {
	external := o.input.Request.Policy.Upload == order.StepExternal
	switch {
	case o.missesAuthorization(ctx), o.stopped():
		return o.pursue(ctx, pursuit{})
	case external && o.Version.AppVersion == "":
		o.hold(ctx, order.HoldNeedsInput, "APP_VERSION_IS_BLANK", "name the version that your systems upload", "version.app_version")
		return nil
	case o.Uploaded || external:
		return o.awaitBuild(ctx)
	case o.mustAsk(o.input.Request.Policy.Upload):
		o.hold(ctx, order.HoldNeedsApproval, "UPLOAD", "uploading the version is a manual step")
		return nil
	case o.Version.AppVersion == "":
		return o.chooseVersion(ctx)
	}
	return o.upload(ctx)
}

func (o *orderRun) chooseVersion(ctx workflow.Context) error {
	return o.pursue(ctx, pursuit{
		call:     activities.ChooseVersion,
		input:    o.versionQuestion(activities.Pacing{}),
		summary:  "find the next free version number",
		answered: answer(ctx, func(number string) { o.Version.AppVersion = number }),
	})
}

func (o *orderRun) upload(ctx workflow.Context) error {
	return o.pursue(ctx, pursuit{
		call: activities.UploadVersion,
		input: activities.UploadCall{
			AppID: o.input.Request.AppID, MiniAppID: o.MiniAppID, Version: o.Version,
		},
		summary:  "upload " + o.Version.AppVersion + " from the template",
		answered: answer(ctx, func(struct{}) { o.Uploaded = true }),
		refused: func(failure *activities.Failure) bool {
			return failure.HigherVersion && o.renumber()
		},
	})
}

func (o *orderRun) awaitBuild(ctx workflow.Context) error {
	return o.pursue(ctx, pursuit{
		call:    activities.AwaitBuild,
		input:   o.versionQuestion(activities.Pacing{Schedule: o.input.Schedules.Build}),
		summary: "wait for the build of " + o.Version.AppVersion,
		answered: answer(ctx, func(build activities.BuildAnswer) {
			if build.State == activities.BuildDone {
				o.move(ctx, order.EventBuilt, "built "+o.Version.AppVersion)
				return
			}
			o.buildFailed(ctx, build.State)
		}),
	})
}

// buildFailed tries once more under the next number, when the number is ours; then a person is asked.
func (o *orderRun) buildFailed(ctx workflow.Context, state activities.BuildState) {
	if !o.Rebuilt && o.renumber() {
		o.Rebuilt = true
		return
	}
	o.hold(ctx, order.HoldNeedsOperator, "BUILD_"+string(state),
		"Alipay could not build the version; look at the template, then resubmit with a version", "version")
}

// renumber lets the next upload take a free number. A number that the ISV chose is the ISV's to change.
func (o *orderRun) renumber() bool {
	if !o.OwnNumber {
		return false
	}
	o.Version.AppVersion, o.Uploaded = "", false
	return true
}

// scan waits for the security scan.
func (o *orderRun) scan(ctx workflow.Context) error {
	if o.missesAuthorization(ctx) || o.stopped() {
		return o.pursue(ctx, pursuit{})
	}
	return o.pursue(ctx, pursuit{
		call:    activities.AwaitScan,
		input:   o.versionQuestion(activities.Pacing{Schedule: o.input.Schedules.Scan}),
		summary: "wait for the security scan of " + o.Version.AppVersion,
		answered: answer(ctx, func(truth activities.VersionAnswer) {
			if truth.Scan == "True" {
				o.move(ctx, order.EventScanned, "scan passed")
				return
			}
			o.hold(ctx, order.HoldNeedsOperator, "SCAN_FAILED",
				"the security scan refused the version; mend the template, then resubmit with a version", "version")
		}),
	})
}

func (o *orderRun) versionQuestion(pacing activities.Pacing, while ...activities.VersionStatus) activities.VersionQuestion {
	return activities.VersionQuestion{
		AppID: o.input.Request.AppID, MiniAppID: o.MiniAppID, BundleID: o.Version.Bundle(),
		AppVersion: o.Version.AppVersion, While: while, Pacing: pacing,
	}
}

// missesAuthorization holds the order while no call may be made for the merchant.
func (o *orderRun) missesAuthorization(ctx workflow.Context) bool {
	if !o.authorizationMissing() {
		if kind := o.holdKind(); kind == order.HoldAuthorizationRevoked || kind == order.HoldPunished {
			o.unhold(ctx)
		}
		return false
	}
	kind, message := order.HoldAuthorizationRevoked, "the merchant's authorisation is gone; ask the merchant to authorise again"
	if o.Authorization == order.AuthorizationPunished {
		kind, message = order.HoldPunished, "Alipay says that the token is valid and refuses it; the merchant has to appeal"
	}
	o.hold(ctx, kind, string(o.Authorization), message)
	return true
}
