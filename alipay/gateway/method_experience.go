package gateway

import (
	"context"

	"miniflow/alipay"
	"miniflow/alipay/internal/wire"
)

// ExperienceState is the state of the version that people can try out before the audit.
// Unknown values are kept as they came, because Alipay adds some without notice.
type ExperienceState string

// Values of status, in Alipay's spelling.
const (
	ExperienceNone      ExperienceState = "notExpVersion"
	ExperiencePackaging ExperienceState = "expVersionPackaging"
	ExperiencePackaged  ExperienceState = "expVersionPackaged"
	// ExperiencePackged is the same as Alipay's page spells it.
	ExperiencePackged ExperienceState = "expVersionPackged"
)

// ExperienceStates returns every known value, so that tests can cover all of them.
func ExperienceStates() []ExperienceState {
	return []ExperienceState{ExperienceNone, ExperiencePackaging, ExperiencePackaged, ExperiencePackged}
}

// Experience is the version of a mini program that its members can try out. Alipay packages
// it after the call, so its addresses come later.
type Experience struct {
	Status ExperienceState
	QRCode string
	Schema string
}

// Packaged reports whether the version can be tried out by now, however that is spelt.
func (e Experience) Packaged() bool {
	return e.Status == ExperiencePackaged || e.Status == ExperiencePackged
}

// CreateExperience makes a version in development, whose scan passed, the one to try out
// (alipay.open.mini.experience.create). An audit doesn't need it, so a failure must not stop
// an order. Alipay refuses a repeated call with a code of ClassQuery.
func (c *Client) CreateExperience(ctx context.Context, token alipay.Secret, appVersion, bundleID string) error {
	_, err := askFor(ctx, c, alipay.MethodExperienceCreate, token, version(appVersion, bundleID), nothing)
	return err
}

// QueryExperience queries the version to try out (alipay.open.mini.experience.query). It
// changes nothing, so a lost answer is simply asked for again.
func (c *Client) QueryExperience(ctx context.Context, token alipay.Secret, appVersion, bundleID string) (Experience, error) {
	return askFor(ctx, c, alipay.MethodExperienceQuery, token, version(appVersion, bundleID), func(o wire.Object) Experience {
		return Experience{
			Status: ExperienceState(o.Need("status")),
			QRCode: o.Text("exp_qr_code_url"), Schema: o.Text("exp_schema_url"),
		}
	})
}

// CancelExperience ends the trying out (alipay.open.mini.experience.cancel), without which a
// version can't be deleted.
func (c *Client) CancelExperience(ctx context.Context, token alipay.Secret, appVersion, bundleID string) error {
	_, err := askFor(ctx, c, alipay.MethodExperienceCancel, token, version(appVersion, bundleID), nothing)
	return err
}
