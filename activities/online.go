package activities

import (
	"cmp"
	"context"
	"errors"
	"time"

	"miniflow/alipay"
	"miniflow/alipay/gateway"
)

// The calls of a MiniProgram about what users see, and of the Watch that looks after all of an app's.
var (
	// LookOnline asks which version of a mini program is online. Its answer, a refusal too, ends it: a
	// person waits for it.
	LookOnline = Call[OnlineQuestion, OnlineAnswer]{Name: "LookOnline", Kind: KindQuestion}
	// RollBackVersion puts the version before back online.
	RollBackVersion = Call[TakeDownCall, Nothing]{Name: "RollBackVersion", Kind: KindUndo, Method: "alipay.open.mini.version.rollback"}
	// TakeOffline takes a version offline.
	TakeOffline = Call[TakeDownCall, Nothing]{Name: "TakeOffline", Kind: KindUndo, Method: "alipay.open.mini.version.offline"}
)

// OnlineQuestion asks what a mini program's users see, in one client.
type OnlineQuestion struct {
	AppID     string `json:"app_id"`
	MiniAppID string `json:"mini_app_id"`
	BundleID  string `json:"bundle_id"`
	// AppVersion is the version that is believed to be online; empty when none is.
	AppVersion string `json:"app_version,omitempty"`
}

// OnlineAnswer is what Alipay lists.
type OnlineAnswer struct {
	// AppVersion is online; empty when nothing is. Of several it is the one that was asked about.
	AppVersion string `json:"app_version,omitempty"`
	Promotable bool   `json:"promotable,omitempty"`
	// Gray is in a gray release, which Alipay finishes before it changes what is online.
	Gray string `json:"gray,omitempty"`
	// Was is where the version stands that was asked about; empty where Alipay does not list it.
	Was VersionStatus `json:"was,omitempty"`
}

// Sighting is what Alipay showed of a mini program at a time.
type Sighting struct {
	OnlineAnswer
	At time.Time `json:"at"`
}

// TakeDownCall names the version that users are not to see any more. It is fixed before the first try, so
// that a repeated call can't take down the version that came in its place.
type TakeDownCall struct {
	Whose
	AppID      string `json:"app_id"`
	MiniAppID  string `json:"mini_app_id"`
	AppVersion string `json:"app_version"`
	BundleID   string `json:"bundle_id"`
}

func (c TakeDownCall) forWhom() (string, Whose) { return c.AppID, c.Whose }

// LookOnline asks what is online. It changes nothing.
func (a *Alipay) LookOnline(ctx context.Context, question OnlineQuestion) (OnlineAnswer, error) {
	answer, err := a.lookOnline(ctx, question)
	return answer, refusal(err, "")
}

func (a *Alipay) lookOnline(ctx context.Context, question OnlineQuestion) (answer OnlineAnswer, _ error) {
	return answer, a.withToken(ctx, question.AppID, question.MiniAppID, func(client Gateway, token alipay.Secret) error {
		versions, err := client.ListVersions(ctx, token, question.BundleID,
			gateway.VersionRelease, gateway.VersionGray, gateway.VersionOffline, gateway.VersionAuditOffline)
		answer = onlineAmong(versions, question.AppVersion)
		return err
	})
}

// onlineAmong reads a list. Alipay may list more than it was asked for.
func onlineAmong(versions []gateway.VersionInfo, believed string) (answer OnlineAnswer) {
	for _, one := range versions { // the newest comes first
		if one.AppVersion == believed {
			answer.Was = VersionStatus(one.Status)
		}
		switch {
		case one.Status == gateway.VersionGray:
			answer.Gray = cmp.Or(answer.Gray, one.AppVersion)
		case one.Status == gateway.VersionRelease && (answer.AppVersion == "" || one.AppVersion == believed):
			answer.AppVersion, answer.Promotable = one.AppVersion, one.PromoteAudit != alipay.AuditReject
		}
	}
	return answer
}

// RollBackVersion puts the version before back online.
//
// Repeating it is harmless: the call names the version that is online, and one that is not any more is
// taken back already.
func (a *Alipay) RollBackVersion(ctx context.Context, call TakeDownCall) (Nothing, error) {
	return Nothing{}, refusal(a.takeDown(ctx, call, Gateway.Rollback), "")
}

// TakeOffline takes a version offline. Repeating it is as harmless.
func (a *Alipay) TakeOffline(ctx context.Context, call TakeDownCall) (Nothing, error) {
	return Nothing{}, refusal(a.takeDown(ctx, call, Gateway.TakeOffline), "")
}

// takesDown is a method of Alipay's by which users do not see a version any more.
type takesDown func(g Gateway, ctx context.Context, token alipay.Secret, appVersion, bundleID string) error

// takeDown makes such a call. What was refused, or got no answer, is looked at: a call before may have
// done it, and so may people.
func (a *Alipay) takeDown(ctx context.Context, call TakeDownCall, method takesDown) error {
	return a.withToken(ctx, call.AppID, call.MiniAppID, func(client Gateway, token alipay.Secret) error {
		err := method(client, ctx, token, call.AppVersion, call.BundleID)
		var refused *gateway.Error
		if !errors.As(err, &refused) || classOf(refused.Class) == FailureAuthorization {
			return err
		}
		detail, lookErr := client.QueryVersion(ctx, token, call.AppVersion, call.BundleID)
		switch {
		case lookErr == nil && detail.Status == gateway.VersionOffline:
			return nil
		case lookErr != nil && FailureOf(refusal(lookErr, "")).Class == FailureUnknown:
			return lookErr
		}
		return err
	})
}

// RegisterOnline registers what a MiniProgram asks and does about what users see, on a worker of
// order.AlipayTaskQueue.
func (a *Alipay) RegisterOnline(registry Registry) {
	register(registry, LookOnline, a.LookOnline)
	register(registry, AwaitFullRelease, a.AwaitFullRelease)
	register(registry, RollBackVersion, admitted(a, a.RollBackVersion))
	register(registry, TakeOffline, admitted(a, a.TakeOffline))
}
