package activities

import (
	"context"

	"miniflow/alipay/gateway"
)

// Traced is the part of an answer that says by which id Alipay's support finds the call. A refusal has
// it in its [Failure]. It decides nothing, and answers of older builds have none.
type Traced struct {
	TraceID string `json:"trace_id,omitempty"`
}

func (t *Traced) leave(traceID string) { t.TraceID = traceID }

// traced is a function whose answer says the id of the call of a method, where the answer has a place
// for it.
func traced[Input, Answer any](method string, function func(context.Context, Input) (Answer, error)) func(context.Context, Input) (Answer, error) {
	return func(ctx context.Context, input Input) (Answer, error) {
		ctx, traces := gateway.WithTraces(ctx)
		answer, err := function(ctx, input)
		if place, has := any(&answer).(interface{ leave(traceID string) }); has && err == nil {
			place.leave(traces.Of(method))
		}
		return answer, err
	}
}
