package activities_test

import (
	"context"
	"encoding/json"
	"testing"

	"go.temporal.io/sdk/testsuite"

	"miniflow/activities"
	"miniflow/alipay/gateway"
	"miniflow/order"
)

// turns is a gateway that notes whose turn a call is.
type turns struct {
	activities.Gateway
	act, question gateway.Turn
}

func (n *turns) CreateMiniProgram(ctx context.Context, _ string, _ json.RawMessage) (string, error) {
	n.act = gateway.TurnOf(ctx)
	return orderNo, nil
}

func (n *turns) QueryMiniProgramOrder(ctx context.Context, _ string) (gateway.MerchantOrder, error) {
	n.question = gateway.TurnOf(ctx)
	return gateway.MerchantOrder{Status: "AGREED", MiniAppID: miniAppID}, nil
}

// TestAnActGoesBeforeAQuestion when there are more calls than the budget allows.
func TestAnActGoesBeforeAQuestion(t *testing.T) {
	seen := &turns{act: -1, question: -1}
	suite := testsuite.WorkflowTestSuite{}
	env := suite.NewTestActivityEnvironment()
	(&activities.Alipay{Gateways: map[string]activities.Gateway{appID: seen}, Ring: clearRing{}}).Register(env)
	for name, input := range map[string]any{
		activities.CreateMiniProgram.Name: activities.CreateCall{AppID: appID, OutOrderNo: outNo, Kind: order.KindFormal, Create: []order.Sealed{`{}`}},
		activities.AwaitMerchant.Name:     merchantQuestion(order.KindFormal),
	} {
		if _, err := env.ExecuteActivity(name, input); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	if seen.act != gateway.TurnAct || seen.question != gateway.TurnQuestion {
		t.Errorf("an act has the turn %s, a question %s", seen.act, seen.question)
	}
}
