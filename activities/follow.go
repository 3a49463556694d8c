package activities

import (
	"context"
	"time"

	"miniflow/alipay"
	"miniflow/alipay/gateway"
)

// FollowVersion asks which version another system works on for an order of an app that is observed,
// and where that version stands.
var FollowVersion = Call[FollowCall, Followed]{Name: "FollowVersion", Kind: KindQuestion}

// FollowCall asks about the version that an order follows. Its AppVersion is the one that was found
// before, empty where none was.
type FollowCall struct {
	Question VersionQuestion `json:"question"`
	// After excludes every number up to it: those have come to nothing.
	After string `json:"after,omitempty"`
	// Since excludes what was made before, unless Alipay's pipeline has it; zero excludes nothing.
	Since time.Time `json:"since,omitzero"`
}

// Followed is the version that another system works on. AppVersion is empty while there is none.
type Followed struct {
	AppVersion string        `json:"app_version,omitempty"`
	Truth      VersionAnswer `json:"truth,omitzero"`
}

// FollowVersion asks until there is a version, and until it stands at none of the statuses that mean
// a wait. It changes nothing at Alipay.
func (a *Alipay) FollowVersion(ctx context.Context, call FollowCall) (Followed, error) {
	question := call.Question
	followed, err := a.follow(ctx, call)
	tried := asked(ctx, question.Pacing.Schedule)
	switch {
	case err != nil:
		return followed, paced(ctx, err, "version", question.Pacing)
	case question.Pacing.ends(tried):
		return followed, nil
	case followed.AppVersion == "":
		return followed, waiting("asked for the versions: the other system has uploaded none", question.Pacing.Schedule.Delay(tried))
	case followed.AppVersion == question.AppVersion && isWait(question.While, followed.Truth.Status):
		return followed, waiting("asked for the version's status: "+string(followed.Truth.Status), question.Pacing.Schedule.Delay(tried))
	}
	return followed, nil
}

func (a *Alipay) follow(ctx context.Context, call FollowCall) (Followed, error) {
	question := call.Question
	var versions []gateway.VersionInfo
	err := a.withToken(ctx, question.AppID, question.MiniAppID, func(client Gateway, token alipay.Secret) (err error) {
		versions, err = client.ListVersions(ctx, token, question.BundleID)
		return err
	})
	if err != nil {
		return Followed{}, err
	}
	if question.AppVersion = call.choose(versions); question.AppVersion == "" {
		return Followed{}, nil
	}
	truth, err := a.askVersion(ctx, question)
	return Followed{AppVersion: question.AppVersion, Truth: truth}, err
}

// choose returns the number of the version to follow: the one in Alipay's pipeline, which holds one
// at a time, or else the highest that may be the order's, or else the one that was followed.
func (c FollowCall) choose(versions []gateway.VersionInfo) string {
	followed, highest := c.Question.AppVersion, ""
	for _, version := range versions {
		number := version.AppVersion
		switch {
		case number != followed && (!Higher(number, c.After) || !Higher(number, followed)):
		case inPipeline(version.Status):
			return number
		case version.Status != gateway.VersionInit && version.Status != gateway.VersionRelease:
		case !version.CreatedAt.Before(c.Since) && Higher(number, highest):
			highest = number
		}
	}
	if highest == "" {
		return followed
	}
	return highest
}

func inPipeline(status gateway.VersionStatus) bool {
	switch status {
	case gateway.VersionAuditing, gateway.VersionWaitRelease, gateway.VersionBaseAuditPass, gateway.VersionAuditReject, gateway.VersionGray:
		return true
	case gateway.VersionInit, gateway.VersionRelease, gateway.VersionOffline, gateway.VersionAuditOffline:
	}
	return false
}
