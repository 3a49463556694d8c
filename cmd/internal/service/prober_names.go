package service

import (
	"context"
	"fmt"

	"miniflow/alipay/gateway"
)

// CheckName asks Alipay, as the app itself, whether a mini program may have a name. It reserves
// nothing, so the answer is advice.
func (p *Prober) CheckName(ctx context.Context, appID, name string) (gateway.NameCheck, error) {
	for _, a := range p.apps {
		if a.config.ID == appID {
			return a.client.CheckName(ctx, "", name) // without a token: the mini program is yet to be made
		}
	}
	return gateway.NameCheck{}, fmt.Errorf("the app %s is not in the configuration", appID)
}
