package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"miniflow/alipay/drift"
)

// Drift is what the REST API needs of the process's ledger; *drift.Ledger implements it.
type Drift interface {
	// Report returns what was seen of these apps, with redacted cases where asked.
	Report(apps []string, cases bool) drift.Report
}

type driftInput struct {
	AppID string `query:"app_id" maxLength:"64" doc:"Left out: every app of the key."`
	Cases bool   `query:"cases" doc:"Whether each difference brings the first answer or message that had it, every value replaced."`
}

type driftOutput struct{ Body drift.Report }

func (a *API) routeDrift(calls huma.API) {
	call(a, calls, APIScopeRead, huma.Operation{
		OperationID: "show-drift", Method: http.MethodGet, Path: "/v1/drift", Tags: []string{"drift"},
		Summary: "See how Alipay differs from what is known of it",
		Description: "Every answer of Alipay's and every verified message is compared: names, codes, statuses, fields, charsets and times. " +
			"It is what the process that answers has seen since it began; another process has seen others, and each logs a difference once.",
	}, func(ctx context.Context, input *driftInput) (*driftOutput, error) {
		apps, err := appsFor(ctx, input.AppID)
		if err != nil {
			return nil, err
		}
		return &driftOutput{Body: a.config.Drift.Report(apps, input.Cases)}, nil
	})
}
