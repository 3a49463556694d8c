package workflows

import (
	"go.temporal.io/sdk/workflow"

	"miniflow/words"
	"miniflow/workflows/durable"
)

// reseal has everything sealed anew where somebody has asked for it. It comes before the last look at
// what has come, because it takes a moment.
func (o *orderRun) reseal(ctx workflow.Context) (durable.Anew, error) {
	if !o.resealing {
		return durable.Anew{}, nil
	}
	return durable.Reseal(ctx, o.input.Request.AppID, o.say(words.New("do.reseal")), o.input.Request, o.input.BegunAgain, o.orderState)
}
