package gateway

import (
	"context"
	"slices"

	"miniflow/alipay"
	"miniflow/alipay/gateway/rules"
)

// GoOnline releases a version that passed the audit (alipay.open.mini.version.online).
// permitLimited accepts a limited release where the ICP filing is missing; it is a parameter
// because users then find it by QR code only, and Alipay takes it down after 90 days. Alipay
// refuses to release an online version with a code of ClassQuery.
func (c *Client) GoOnline(ctx context.Context, token alipay.Secret, appVersion, bundleID string, permitLimited bool) error {
	members := version(appVersion, bundleID)
	if permitLimited {
		members["permit_registration_limit_release"] = true
	}
	_, err := askFor(ctx, c, alipay.MethodOnline, token, members, nothing)
	return err
}

// TakeOffline takes the online version down (alipay.open.mini.version.offline). Alipay
// refuses it during a gray release, because two versions are online then.
func (c *Client) TakeOffline(ctx context.Context, token alipay.Secret, appVersion, bundleID string) error {
	_, err := askFor(ctx, c, alipay.MethodOffline, token, version(appVersion, bundleID), nothing)
	return err
}

// Rollback puts the previously released version back online, without an audit
// (alipay.open.mini.version.rollback). appVersion is the one online now, so that a repeated
// call can't roll back twice.
func (c *Client) Rollback(ctx context.Context, token alipay.Secret, appVersion, bundleID string) error {
	_, err := askFor(ctx, c, alipay.MethodRollback, token, version(appVersion, bundleID), nothing)
	return err
}

// GrayShare is the share of users that a gray release reaches. Alipay only allows it to grow,
// so it is not a plain number.
type GrayShare string

// Values of gray_strategy; Alipay allows no other shares.
const (
	GrayTenth GrayShare = "p10"
	GrayThird GrayShare = "p30"
	GrayHalf  GrayShare = "p50"
)

// GrayShares returns every value, smallest first: the order in which a release may go through them.
func GrayShares() []GrayShare { return []GrayShare{GrayTenth, GrayThird, GrayHalf} }

// GoGray releases a version that passed the audit to a share of the users, or to more of them
// (alipay.open.mini.version.gray.online). The mini program needs an online version, because
// the other users keep that.
func (c *Client) GoGray(ctx context.Context, token alipay.Secret, appVersion, bundleID string, share GrayShare) error {
	if !slices.Contains(GrayShares(), share) {
		return unfit(alipay.MethodGrayOnline, []rules.Error{{Field: "gray_strategy", Rule: rules.Choice, Message: "choose one of p10, p30, p50"}})
	}
	members := version(appVersion, bundleID)
	members["gray_strategy"] = string(share)
	_, err := askFor(ctx, c, alipay.MethodGrayOnline, token, members, nothing)
	return err
}

// CancelGray ends a gray release (alipay.open.mini.version.gray.cancel): the version counts
// as passed again, so it can be released fully or withdrawn.
func (c *Client) CancelGray(ctx context.Context, token alipay.Secret, appVersion, bundleID string) error {
	_, err := askFor(ctx, c, alipay.MethodGrayCancel, token, version(appVersion, bundleID), nothing)
	return err
}
