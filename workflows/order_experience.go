package workflows

import (
	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/words"
)

// A version can be tried out before its audit (体验版), where the order wishes that: Alipay packages it
// and gives a code, and the submission waits until a person approves what they have seen.

// experienceCode is the code of the hold in which people try a version out.
const experienceCode = "EXPERIENCE"

// experience is how far a version is one that people can try out.
type experience struct {
	// Asked is set once Alipay was asked for it, and Missed counts how often it was not there all the same.
	Asked    bool   `json:"asked,omitempty"`
	Missed   int    `json:"missed,omitempty"`
	Packaged bool   `json:"packaged,omitempty"`
	QR       string `json:"qr,omitempty"`
	Schema   string `json:"schema,omitempty"`
	// Approved is set once a person has approved what they tried. It lasts as long as the build: the same
	// version is not tried out for each of its submissions.
	Approved bool `json:"approved,omitempty"`
}

// tryOut has people try the version out, where that is wished and has not been done, and reports whether
// the submission waits for it. What the ISV's own systems submit waits for nobody here.
func (o *orderRun) tryOut(ctx workflow.Context) (bool, error) {
	if o.Stage != order.StageSubmitting || o.Observed || o.stopped() || !o.Version.IsTriedOut() {
		return false, nil
	}
	switch tried := o.Experience; {
	case tried == nil || !tried.Asked:
		return true, o.pursue(ctx, calling(o, activities.CreateExperience, o.onVersion(),
			words.New("do.experience", o.Version.AppVersion), o.experienceBegun))
	case !tried.Packaged:
		return true, o.pursue(ctx, calling(o, activities.AwaitExperience, o.versionQuestion(o.pacing(o.input.Schedules.Packaging())),
			words.New("do.await_experience", o.Version.AppVersion), o.adoptExperience))
	case !tried.Approved && o.input.Request.Policy.Submit != order.StepExternal:
		o.hold(ctx, order.HoldNeedsApproval, experienceCode, words.New("hold.experience", o.Version.AppVersion))
		return true, nil
	}
	return false, nil
}

// experienceBegun takes note that Alipay packages the version, unless somebody has submitted it: then
// nothing is left to try out before.
func (o *orderRun) experienceBegun(ctx workflow.Context, stands activities.ExperienceAnswer) {
	if stands.Moved != nil {
		o.adoptVersion(ctx, *stands.Moved)
		return
	}
	o.Experience = &experience{Asked: true, Missed: o.missedExperience()}
	if stands.State == activities.ExperiencePackaged {
		o.adoptExperience(ctx, stands)
	}
}

// adoptExperience keeps the code of a version that can be tried out. One that Alipay does not show
// although it was asked for is made once more, and then at a person's word: somebody may end it each time.
func (o *orderRun) adoptExperience(ctx workflow.Context, stands activities.ExperienceAnswer) {
	if stands.State != activities.ExperiencePackaged {
		if o.missedExperience() > 0 {
			o.hold(ctx, order.HoldNeedsOperator, "notExpVersion", words.New("hold.no_experience", o.Version.AppVersion))
		}
		o.Experience = &experience{Missed: 1}
		return
	}
	o.Experience = &experience{Asked: true, Packaged: true, QR: stands.QR, Schema: stands.Schema}
	o.happened(ctx, order.TimelineItem{Event: order.HappenedStageChanged, Note: words.New("note.experience", o.Version.AppVersion)})
}

// missedExperience is how often the experience version was not there although it was asked for.
func (o *orderRun) missedExperience() int {
	if o.Experience == nil {
		return 0
	}
	return o.Experience.Missed
}

// approve makes the stage's manual step go on. What people have tried out needs no second approval.
func (o *orderRun) approve(ctx workflow.Context) {
	if o.Experience != nil && o.Stage == order.StageSubmitting {
		approved := *o.Experience
		approved.Approved = approved.Packaged
		o.Experience = &approved
	}
	o.Visit.Approved, o.AskFirst = true, ""
	o.unhold(ctx)
}

// experienceLinks are where the version can be tried out; none once the order has ended.
func (o *orderRun) experienceLinks() (qr, schema string) {
	if o.Experience == nil || o.Stage.Ended() {
		return "", ""
	}
	return o.Experience.QR, o.Experience.Schema
}
