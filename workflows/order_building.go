package workflows

import (
	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/words"
)

// numbering asks for a number that is the order's, and whether it is uploaded already: a
// run before this one may have come that far.
func (o *orderRun) numbering(summary words.Text) pursuit {
	request := o.input.Request
	call := activities.NumberCall{
		Whose: o.whose(), AppID: request.AppID, MiniAppID: o.MiniAppID, OutOrderNo: request.OutOrderNo,
		Version: o.Version, After: o.Tried,
	}
	return calling(o, activities.ReserveVersion, call, summary, func(_ workflow.Context, number activities.Number) {
		o.Version.AppVersion, o.Uploaded, o.Reserved = number.AppVersion, number.Uploaded, true
		o.Earlier = false
	})
}

// numberRefused notes which numbers are taken, so that the next look is above them, and leaves the
// rest to the refusal's class.
func (o *orderRun) numberRefused(_ workflow.Context, failure *activities.Failure) bool {
	if failure.Taken { // the hold asks for another number, and that one is recorded again
		o.Reserved = false
	}
	o.triedNumber(failure.Above)
	return false
}

// building uploads a version under a number that it finds and records for the order.
func (o *orderRun) building() pursuit {
	request := o.input.Request
	call := activities.BuildCall{Number: activities.NumberCall{
		Whose: o.whose(), AppID: request.AppID, MiniAppID: o.MiniAppID, OutOrderNo: request.OutOrderNo,
		Version: o.Version, After: o.Tried, Fresh: !o.Earlier && o.Tried == "",
	}}
	p := calling(o, activities.BuildVersion, call, words.New("do.build"),
		func(_ workflow.Context, number activities.Number) {
			o.Version.AppVersion, o.Reserved, o.Uploaded = number.AppVersion, true, true
			o.Earlier = false
		}).onRefusal(o.buildRefused)
	p.call = activities.UploadVersion.Name // to Alipay it is the same act
	return p
}

// buildRefused takes what was refused for the number's refusal, where none was found, and else
// for the upload's.
func (o *orderRun) buildRefused(ctx workflow.Context, failure *activities.Failure) bool {
	if failure.Number == "" {
		return o.numberRefused(ctx, failure)
	}
	return o.uploadRefused(ctx, failure)
}

// awaitingBuild waits for the build, and for the scan that follows where that is quick.
func (o *orderRun) awaitingBuild() pursuit {
	question := o.versionQuestion(o.pacing(o.input.Schedules.Build))
	if o.sleeps {
		question.Scan = o.input.Schedules.Scan
	}
	return calling(o, activities.AwaitBuild, question, words.New("do.await_build", o.Version.AppVersion), o.adoptBuild)
}

// uploading builds the version from the template. Where an earlier upload may have
// arrived, its build is asked about first: Alipay takes a number once.
func (o *orderRun) uploading() pursuit {
	call := activities.UploadCall{
		Whose: o.whose(), AppID: o.input.Request.AppID, MiniAppID: o.MiniAppID, OutOrderNo: o.input.Request.OutOrderNo, Version: o.Version,
		Unsure: o.lost(activities.UploadVersion.Name),
	}
	return calling(o, activities.UploadVersion, call, words.New("do.upload", o.Version.AppVersion),
		func(workflow.Context, activities.Uploaded) { o.Uploaded = true }).onRefusal(o.uploadRefused)
}

// uploadRefused takes another number where that is what Alipay wants: the console, or
// another system, may have used ours meanwhile.
func (o *orderRun) uploadRefused(ctx workflow.Context, failure *activities.Failure) bool {
	if !o.mayRenumber(activities.UploadVersion.Name, failure) {
		return false
	}
	o.pauseAfterRepeats(ctx, activities.UploadVersion.Name, failure)
	return true
}

// adoptBuild takes how a build ended. One that failed is tried once more under the next
// number, when the number is ours, since what made it fail may have passed. Then a
// person is asked.
func (o *orderRun) adoptBuild(ctx workflow.Context, build activities.BuildAnswer) {
	if build.State == activities.BuildDone {
		if o.move(ctx, order.EventBuilt, words.New("note.built", o.Version.AppVersion)) && o.sleeps && build.Scan != nil {
			o.adoptScan(ctx, *build.Scan)
		}
		return
	}
	if !o.Rebuilt && o.renumber() {
		o.Rebuilt = true
		return
	}
	o.Visit.QuestionRefused = true
	o.hold(ctx, order.HoldNeedsOperator, "BUILD_"+string(build.State),
		words.New("hold.build_failed"), "version")
}

// renumber makes the next upload take a number above every one that was tried. A number that the
// ISV chose is the ISV's to change, since its own systems may use it.
func (o *orderRun) renumber() bool {
	o.triedNumber(o.Version.AppVersion)
	if !o.OwnNumber {
		return false
	}
	o.beginBuild()
	return true
}

// triedNumber remembers a number if it is the highest that was tried. The next one
// has to be above it, or Alipay refuses it.
func (o *orderRun) triedNumber(number string) {
	if activities.Higher(number, o.Tried) {
		o.Tried = number
	}
}

// mayRenumber reports whether Alipay's wish for a higher number is followed once more.
// A wish that no number of version.list.query explains is for a person.
func (o *orderRun) mayRenumber(call string, failure *activities.Failure) bool {
	if !failure.HigherVersion {
		return false
	}
	waits := o.Pauses.of(call)
	return (waits == nil || waits.Times < maxTraceless) && o.renumber()
}

// scanPassed is scan_result of a scan that found nothing; Alipay writes it as a word.
const scanPassed = "True"

// adoptScan takes the scan's result. A version that failed can't be mended under its
// number, so a person brings another one.
func (o *orderRun) adoptScan(ctx workflow.Context, truth activities.VersionAnswer) {
	switch {
	case truth.Status != activities.VersionInit: // someone has submitted it in the console
		o.adoptVersion(ctx, truth)
		return
	case truth.Scan == scanPassed:
		o.move(ctx, order.EventScanned, words.New("note.scanned"))
		return
	}
	if o.Observed {
		o.scanRefused(ctx)
		return
	}
	o.Visit.QuestionRefused = true
	o.hold(ctx, order.HoldNeedsOperator, "SCAN_FAILED",
		words.New("hold.scan_failed"), "version")
}
