package gateway

import (
	"context"
	"encoding/base64"

	"miniflow/alipay"
	"miniflow/alipay/gateway/rules"
	"miniflow/alipay/internal/wire"
)

// Invitation asks the owner of a mini program to authorise the application, because a revoked
// authorisation can't be restored by the ISV.
type Invitation struct {
	AuthAppID   string
	RedirectURL string
	State       string // returned with the code, so that the redirect can be matched; at most what a URL can hold
}

// Invite creates the page on which a merchant authorises the application for one mini
// program, for the first time or after a revocation (alipay.open.auth.appauth.invite.create),
// and returns its address, task_page_url. The resulting code arrives only by the redirect,
// for [Client.ExchangeCode]: Alipay pushes no message about it.
func (c *Client) Invite(ctx context.Context, invitation Invitation) (address string, err error) {
	if err := unfit(alipay.MethodInvite, rules.CheckInvitation(invitation.AuthAppID, invitation.RedirectURL)); err != nil {
		return "", err
	}
	members := map[string]any{
		"auth_app_id": invitation.AuthAppID, "redirect_url": invitation.RedirectURL,
		"state": base64.StdEncoding.EncodeToString([]byte(invitation.State)),
	}
	return ask(ctx, c, alipay.MethodInvite, "", members, func(o wire.Object) string { return o.Need("task_page_url") })
}
