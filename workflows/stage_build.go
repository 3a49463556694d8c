package workflows

import (
	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
)

// build uploads a version from the template and waits until Alipay has built it.
func (o *orderRun) build(ctx workflow.Context) error {
	if missing, err := o.missesAuthorization(ctx); missing || err != nil {
		return err
	}
	external := o.input.Request.Policy.Upload == order.StepExternal
	switch {
	case o.stopped():
		return o.pursue(ctx, pursuit{})
	case external && o.Version.AppVersion == "":
		o.hold(ctx, order.HoldNeedsInput, "APP_VERSION_IS_BLANK", "name the version that your systems upload", "version.app_version")
		return nil
	case o.Uploaded || external:
		return o.awaitBuild(ctx)
	case o.mustAsk(o.input.Request.Policy.Upload):
		o.hold(ctx, order.HoldNeedsApproval, "UPLOAD", "uploading the version is a manual step")
		return nil
	case !o.Reserved:
		return o.reserveVersion(ctx)
	}
	return o.upload(ctx)
}

// reserveVersion records a version number for this order before it is uploaded: no
// query of Alipay's says whose a number is.
func (o *orderRun) reserveVersion(ctx workflow.Context) error {
	return o.askForNumber(ctx, "find a version number that is this order's", func(_ workflow.Context, failure *activities.Failure) bool {
		if failure.Taken { // the hold asks for another number, and that one is recorded anew
			o.Reserved = false
		}
		o.triedNumber(failure.Above)
		return false
	})
}

// askForNumber asks for a number that is the order's, and whether it is uploaded already.
func (o *orderRun) askForNumber(ctx workflow.Context, summary string, refused func(workflow.Context, *activities.Failure) bool) error {
	request := o.input.Request
	return o.pursue(ctx, calling(o, activities.ReserveVersion, activities.NumberCall{
		Run: o.run, AppID: request.AppID, MiniAppID: o.MiniAppID, OutOrderNo: request.OutOrderNo,
		Version: o.Version, After: o.Tried,
	},
		summary, func(_ workflow.Context, number activities.Number) {
			o.Version.AppVersion, o.Uploaded, o.Reserved = number.AppVersion, number.Uploaded, true
			o.Earlier = false
		}).unless(refused))
}

func (o *orderRun) upload(ctx workflow.Context) error {
	return o.pursue(ctx, calling(o, activities.UploadVersion, activities.UploadCall{
		Run: o.run, AppID: o.input.Request.AppID, MiniAppID: o.MiniAppID, Version: o.Version,
		Unsure: o.lost(activities.UploadVersion.Name),
	},
		"upload "+o.Version.AppVersion+" from the template", func(workflow.Context, activities.Nothing) { o.Uploaded = true }).unless(func(ctx workflow.Context, failure *activities.Failure) bool {
		if !o.mayRenumber(activities.UploadVersion.Name, failure) {
			return false
		}
		o.pauseAfterRepeats(ctx, activities.UploadVersion.Name, failure)
		return true
	}))
}

func (o *orderRun) awaitBuild(ctx workflow.Context) error {
	return o.pursue(ctx, calling(o, activities.AwaitBuild, o.versionQuestion(o.pacing(o.input.Schedules.Build)),
		"wait for the build of "+o.Version.AppVersion, func(ctx workflow.Context, build activities.BuildAnswer) {
			if build.State == activities.BuildDone {
				o.move(ctx, order.EventBuilt, "built "+o.Version.AppVersion)
				return
			}
			o.buildFailed(ctx, build.State)
		}))
}

// buildFailed tries once more under the next number, when the number is ours; then a person is asked.
func (o *orderRun) buildFailed(ctx workflow.Context, state activities.BuildState) {
	if !o.Rebuilt && o.renumber() {
		o.Rebuilt = true
		return
	}
	o.Visit.QuestionRefused = true
	o.hold(ctx, order.HoldNeedsOperator, "BUILD_"+string(state),
		"Alipay could not build the version; look at the template, then resubmit with a version", "version")
}

// renumber lets the next upload take a number above every one that was tried. A
// number that the ISV chose is the ISV's to change.
func (o *orderRun) renumber() bool {
	o.triedNumber(o.Version.AppVersion)
	if !o.OwnNumber {
		return false
	}
	o.beginBuild()
	return true
}

// triedNumber remembers a number if it is the highest that was tried.
func (o *orderRun) triedNumber(number string) {
	if activities.Higher(number, o.Tried) {
		o.Tried = number
	}
}

// mayRenumber tells whether Alipay's wish for a higher number is followed once more.
// One that no number of version.list.query explains is for a person.
func (o *orderRun) mayRenumber(call string, failure *activities.Failure) bool {
	if !failure.HigherVersion {
		return false
	}
	waits := o.Pauses.of(call)
	return (waits == nil || waits.Times < maxTraceless) && o.renumber()
}

// scan waits for the security scan.
func (o *orderRun) scan(ctx workflow.Context) error {
	if missing, err := o.missesAuthorization(ctx); missing || err != nil {
		return err
	}
	if o.stopped() {
		return o.pursue(ctx, pursuit{})
	}
	return o.pursue(ctx, calling(o, activities.AwaitScan, o.versionQuestion(o.pacing(o.input.Schedules.Scan)),
		"wait for the security scan of "+o.Version.AppVersion, func(ctx workflow.Context, truth activities.VersionAnswer) {
			switch {
			case truth.Status != activities.VersionInit: // someone has submitted it in the console
				o.adoptVersion(ctx, truth)
				return
			case truth.Scan == scanPassed:
				o.move(ctx, order.EventScanned, "scan passed")
				return
			}
			o.Visit.QuestionRefused = true
			o.hold(ctx, order.HoldNeedsOperator, "SCAN_FAILED",
				"the security scan refused the version; mend the template, then resubmit with a version", "version")
		}))
}

// scanPassed is Alipay's word for a scan that found nothing.
const scanPassed = "True"

// onVersion names the version that an act is about.
func (o *orderRun) onVersion() activities.VersionQuestion {
	question := o.versionQuestion(activities.Pacing{})
	question.Run = o.run
	return question
}

func (o *orderRun) versionQuestion(pacing activities.Pacing, while ...activities.VersionStatus) activities.VersionQuestion {
	return activities.VersionQuestion{
		AppID: o.input.Request.AppID, MiniAppID: o.MiniAppID, BundleID: o.Version.Bundle(),
		AppVersion: o.Version.AppVersion, While: while, Pacing: pacing,
	}
}

// missesAuthorization holds the order while no call may be made for the merchant,
// and listens meanwhile. It reports whether that was so.
func (o *orderRun) missesAuthorization(ctx workflow.Context) (bool, error) {
	if err := o.claim(ctx); err != nil {
		return true, err
	}
	if o.Queue != nil || !o.Placed { // another order may have taken charge while this one's mini program was claimed again
		return true, o.listenForToken(ctx)
	}
	if !o.authorizationMissing() {
		if kind := o.holdKind(); kind == order.HoldAuthorizationRevoked || kind == order.HoldPunished {
			o.unhold(ctx)
		}
		return false, nil
	}
	o.hold(ctx, o.authorizationHold(), o.authorizationCode(), o.authorizationWording())
	return true, o.listenForToken(ctx)
}

// codeNoAPI is Alipay's word for a token that was given before the application had
// the permission: the merchant has to authorise again, and nobody is punished.
const codeNoAPI = "aop.invalid-app-auth-token-no-api"

func (o *orderRun) authorizationHold() order.HoldKind {
	if o.Authorization == order.AuthorizationPunished && o.RefusedToken != codeNoAPI {
		return order.HoldPunished
	}
	return order.HoldAuthorizationRevoked
}

func (o *orderRun) authorizationCode() string {
	switch {
	case o.Unasked != "":
		return o.Unasked
	case o.RefusedToken == codeNoAPI:
		return codeNoAPI
	}
	return string(o.Authorization)
}

func (o *orderRun) authorizationWording() string {
	switch {
	case o.Unasked != "":
		return "Alipay refused a call with the merchant's token and could not say whether the token is valid: token.app.query was answered " +
			o.Unasked + "; it is asked again by itself"
	case o.RefusedToken == codeNoAPI:
		return "the merchant authorised before the application had this permission; ask the merchant to authorise again"
	case o.Authorization == order.AuthorizationPunished:
		return "Alipay says that the token is valid and refuses it; the merchant has to appeal"
	}
	return "the merchant's authorisation is gone; ask the merchant to authorise again"
}
