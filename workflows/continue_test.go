package workflows_test

import (
	"context"

	"miniflow/alipay"
)

// DeleteVersion : no order of these stories has twenty versions.
func (p *platform) DeleteVersion(_ context.Context, token alipay.Secret, number, _ string) error {
	return p.with("delete", token, func() error {
		delete(p.versions, number)
		return nil
	})
}
