package workflows_test

import (
	"context"
	"errors"

	"miniflow/alipay/gateway"
)

// No story of an order asks about a template, or takes a version back: that is a rollout's.
var errNoRollout = errors.New("no rollout is here")

func (p *platform) TemplateUsers(context.Context, string, string, string, int) ([]gateway.TemplateUser, error) {
	return nil, errNoRollout
}

func (p *platform) TemplateInstances(context.Context, string, int) ([]gateway.TemplateInstance, error) {
	return nil, errNoRollout
}
