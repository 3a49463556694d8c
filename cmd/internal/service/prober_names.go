package service

import (
	"context"
	"fmt"

	"miniflow/alipay/gateway"
)

// CheckName asks Alipay, as the app itself, whether a mini program may have a name. It reserves
// nothing, so the answer is advice.
func (p *Prober) CheckName(ctx context.Context, appID, name string) (gateway.NameCheck, error) {
	client, err := p.client(appID)
	if err != nil {
		return gateway.NameCheck{}, err
	}
	return client.CheckName(ctx, "", name) // without a token: the mini program is yet to be made
}

// CategoryPapers asks Alipay, as the app itself, which papers categories require.
func (p *Prober) CategoryPapers(ctx context.Context, appID string, codes ...string) ([]gateway.CategoryPapers, error) {
	client, err := p.client(appID)
	if err != nil {
		return nil, err
	}
	return client.CategoryPapers(ctx, codes...)
}

func (p *Prober) client(appID string) (*gateway.Client, error) {
	for _, a := range p.apps {
		if a.config.ID == appID {
			return a.client, nil
		}
	}
	return nil, fmt.Errorf("the app %s is not in the configuration", appID)
}
