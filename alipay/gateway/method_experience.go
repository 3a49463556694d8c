package gateway

import (
	"context"

	"miniflow/alipay"
	"miniflow/alipay/internal/wire"
)

// ExperienceState is how far a version is that people try out before the audit.
// Values unknown here are kept as they came.
type ExperienceState string

// Values of status, in Alipay's spelling.
const (
	ExperienceNone      ExperienceState = "notExpVersion"
	ExperiencePackaging ExperienceState = "expVersionPackaging"
	ExperiencePackaged  ExperienceState = "expVersionPackaged"
)

// ExperienceStates lists every known value.
func ExperienceStates() []ExperienceState {
	return []ExperienceState{ExperienceNone, ExperiencePackaging, ExperiencePackaged}
}

// Experience is the version of a mini program that its members can try out.
type Experience struct {
	Status ExperienceState
	QRCode string // exp_qr_code_url, empty until it is packaged
	Schema string // exp_schema_url, opens it from another app
}

// CreateExperience makes a version in development, whose scan passed, the one to
// try out (alipay.open.mini.experience.create). Repeating it is refused with a
// code of ClassQuery. It is no condition of an audit.
func (c *Client) CreateExperience(ctx context.Context, token alipay.Secret, appVersion, bundleID string) error {
	_, err := askFor(ctx, c, alipay.MethodExperienceCreate, token, version(appVersion, bundleID), nothing)
	return err
}

// QueryExperience asks how the version to try out stands
// (alipay.open.mini.experience.query). It changes nothing.
func (c *Client) QueryExperience(ctx context.Context, token alipay.Secret, appVersion, bundleID string) (Experience, error) {
	return askFor(ctx, c, alipay.MethodExperienceQuery, token, version(appVersion, bundleID), func(o wire.Object) Experience {
		return Experience{
			Status: ExperienceState(o.Need("status")),
			QRCode: o.Text("exp_qr_code_url"), Schema: o.Text("exp_schema_url"),
		}
	})
}

// CancelExperience ends the trying out (alipay.open.mini.experience.cancel): a
// version can't be deleted before.
func (c *Client) CancelExperience(ctx context.Context, token alipay.Secret, appVersion, bundleID string) error {
	_, err := askFor(ctx, c, alipay.MethodExperienceCancel, token, version(appVersion, bundleID), nothing)
	return err
}
