package alipay

import "context"

// GoOnline releases a version that passed the audit
// (alipay.open.mini.version.online). permitLimited accepts a limited release
// where the ICP filing is missing: found by QR code only, and taken down after
// 90 days. Releasing what is online is refused with a code of ClassQuery.
func (c *Client) GoOnline(ctx context.Context, token Secret, appVersion, bundleID string, permitLimited bool) error {
	members := version(appVersion, bundleID)
	if permitLimited {
		members["permit_registration_limit_release"] = true
	}
	_, err := askFor(ctx, c, MethodOnline, token, members, nothing)
	return err
}

// TakeOffline takes the online version down (alipay.open.mini.version.offline).
func (c *Client) TakeOffline(ctx context.Context, token Secret, appVersion, bundleID string) error {
	_, err := askFor(ctx, c, MethodOffline, token, version(appVersion, bundleID), nothing)
	return err
}

// Rollback puts the version released before back online, without an audit
// (alipay.open.mini.version.rollback). appVersion is the one online now, so a
// repeated call can't roll back twice.
func (c *Client) Rollback(ctx context.Context, token Secret, appVersion, bundleID string) error {
	_, err := askFor(ctx, c, MethodRollback, token, version(appVersion, bundleID), nothing)
	return err
}
