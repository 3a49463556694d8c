package activities

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"

	"miniflow/alipay"
	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/rules"
	"miniflow/order"
)

// Gateway is as much of Alipay's gateway as the activities use, so that a test can answer for it.
// *gateway.Client is one.
type Gateway interface {
	CreateMiniProgram(ctx context.Context, outOrderNo string, fields json.RawMessage) (string, error)
	CreateTrial(ctx context.Context, outOrderNo string, fields json.RawMessage) (gateway.TrialCreated, error)
	QueryMiniProgramOrder(ctx context.Context, orderNo string) (gateway.MerchantOrder, error)
	CertifyTrial(ctx context.Context, orderNo string, fields json.RawMessage) error
	QueryTrial(ctx context.Context, orderNo string) (gateway.TrialOrder, error)

	ListVersions(ctx context.Context, token alipay.Secret, bundleID string, states ...gateway.VersionStatus) ([]gateway.VersionInfo, error)
	UploadVersion(ctx context.Context, token alipay.Secret, upload rules.Upload) (gateway.Build, error)
	DeleteVersion(ctx context.Context, token alipay.Secret, appVersion, bundleID string) error
	QueryBuild(ctx context.Context, token alipay.Secret, appVersion, bundleID string) (gateway.Build, error)
	QueryVersion(ctx context.Context, token alipay.Secret, appVersion, bundleID string) (gateway.VersionDetail, error)
	CreateExperience(ctx context.Context, token alipay.Secret, appVersion, bundleID string) error
	QueryExperience(ctx context.Context, token alipay.Secret, appVersion, bundleID string) (gateway.Experience, error)
	CancelExperience(ctx context.Context, token alipay.Secret, appVersion, bundleID string) error
	ApplyAudit(ctx context.Context, token alipay.Secret, appVersion, bundleID string, fields map[string]string, files []rules.File) (gateway.AuditApplied, error)
	CancelAudit(ctx context.Context, token alipay.Secret, appVersion, bundleID string) error
	CancelAudited(ctx context.Context, token alipay.Secret, appVersion, bundleID string) error
	GoOnline(ctx context.Context, token alipay.Secret, appVersion, bundleID string, permitLimited bool) error

	QueryFiling(ctx context.Context, token alipay.Secret) (gateway.Filing, error)
	QueryLimitedRelease(ctx context.Context, token alipay.Secret) (gateway.LimitedRelease, error)

	TemplateUsers(ctx context.Context, templateID, templateVersion, bundleID string, page int) ([]gateway.TemplateUser, error)
	TemplateInstances(ctx context.Context, templateID string, page int) ([]gateway.TemplateInstance, error)
	Rollback(ctx context.Context, token alipay.Secret, appVersion, bundleID string) error
	TakeOffline(ctx context.Context, token alipay.Secret, appVersion, bundleID string) error

	Invite(ctx context.Context, invitation gateway.Invitation) (address string, err error)
	QueryToken(ctx context.Context, token alipay.Secret) (gateway.TokenStatus, error)
}

// Opener opens sealed values. An internal/seal ring is one; the interface keeps the arrow from
// activities to internal away.
type Opener interface {
	Open(sealed order.Sealed, context ...string) ([]byte, error)
}

// Files gets a file that an order of an app names: from its address, or from where it is kept since
// it was handed in. An error that is [ErrFileUnusable] is the ISV's to correct; any other may pass.
type Files interface {
	Fetch(ctx context.Context, appID string, ref order.FileRef) ([]byte, error)
}

// ErrFileUnusable marks a file that will not become better by itself: a refused
// address, another hash, a size or type that Alipay does not take.
var ErrFileUnusable = errors.New("the file can't be used")

// Tokens gives the token of a mini program at each attempt, since an input is frozen over its
// retries; *TokenKeeper is one.
type Tokens interface {
	Token(ctx context.Context, appID, miniAppID string) (LiveToken, error)
	// Fresh is Token past every cache, for a token that Alipay has refused.
	Fresh(ctx context.Context, appID, miniAppID string) (LiveToken, error)
}

// Alipay holds the activities that call Alipay for any configured app: the app is in each call, so
// that one value serves every app's task queue.
type Alipay struct {
	Gateways map[string]Gateway
	Tokens   Tokens
	Numbers  Numbers
	Ring     Opener
	Files    Files
	Now      func() time.Time
	// Redirects are where Alipay sends merchants who have authorised, by app. Without one there is no
	// invitation.
	Redirects map[string]string
	// Ongoing finds the order of ours that a merchant has not answered; nil finds none.
	Ongoing *OngoingOrders
	// Acts reports whether acts may be made for an app and a merchant, by the ISV's own id of it.
	// Nil is always; where it says no, another system acts.
	Acts func(appID, merchantRef string) bool
	// Sleep makes the short pauses of a question inside its try; [Pause] does. Without it every
	// pause is one between two tries.
	Sleep func(ctx context.Context, pause time.Duration) error
}

func (a *Alipay) gateway(appID string) (Gateway, error) {
	gateway, ok := a.Gateways[appID]
	if !ok {
		return nil, fmt.Errorf("app %s is not configured here: configure it, or stop this worker from polling its task queue", appID)
	}
	return gateway, nil
}

// attempt is the number of this try, from 1. Schedules count by it, since an activity keeps nothing
// between tries.
func attempt(ctx context.Context) int { return int(activity.GetInfo(ctx).Attempt) }
