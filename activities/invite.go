package activities

import (
	"context"

	"miniflow/alipay/gateway"
)

// Invite makes a page on which the merchant authorises the app.
//
// Repeating it is harmless: each page authorises the same, and one that nobody opens is forgotten.
func (a *Alipay) Invite(ctx context.Context, call InviteCall) (Invited, error) {
	client, err := a.gateway(call.AppID)
	if err != nil {
		return Invited{}, refusal(err, "")
	}
	page, err := client.Invite(ctx, gateway.Invitation{
		AuthAppID: call.MiniAppID, RedirectURL: a.Redirects[call.AppID], State: call.OutOrderNo,
	})
	return Invited{URL: page}, refusal(err, "")
}
