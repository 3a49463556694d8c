package order

import "testing"

// TestWhoseTurnItIs is said of stages and holds, and what stands in the way comes first. A rejection whose
// correction is on its way asks nobody for anything.
func TestWhoseTurnItIs(t *testing.T) {
	held := func(stage Stage, kind HoldKind) View { return View{Stage: stage, Hold: &Hold{Kind: kind}} }
	for _, c := range []struct {
		view View
		want Turn
	}{
		{View{Stage: StageAuditing}, TurnAlipays}, {View{Stage: StageCreating}, TurnAlipays}, {View{Stage: StageReleasing}, TurnAlipays},
		{View{Stage: StageAwaitingMerchant}, TurnMerchants}, {View{Stage: StageAwaitingMerchant, CancelRequested: true}, TurnAlipays},
		{View{Stage: StageAwaitingAuthorization}, TurnMerchants}, {View{Stage: StageAwaitingAuthorization, Queue: &QueuePlace{Place: 1}}, TurnAlipays},
		{View{Stage: StageAuditRejected, Commands: []Command{CommandResubmit}}, TurnOurs}, {View{Stage: StageAuditRejected}, TurnAlipays},
		{View{Stage: StageBasePassed, Commands: []Command{CommandDecideBasePass}}, TurnOurs}, {View{Stage: StageBasePassed}, TurnAlipays},
		{View{Stage: StageOnline}, ""}, {View{Stage: StageCancelled, Execution: ExecutionTerminated}, ""},
		{View{Stage: StageAuditing, Execution: ExecutionTerminated}, TurnOurs}, {View{Stage: StageAuditing, Execution: ExecutionRunning}, TurnAlipays},
		{held(StageAuditing, HoldAuthorizationRevoked), TurnMerchants}, {held(StageSubmitting, HoldAwaitingCertification), TurnMerchants},
		{held(StageAwaitingMerchant, HoldNeedsOperator), TurnOurs}, {held(StageSubmitting, HoldPipelineBusy), TurnAlipays},
		{View{Stage: StageSubmitting, Hold: &Hold{Kind: HoldNeedsInput, Fields: []string{"submission.files.app_logo"}}}, TurnOurs},
	} {
		if got := c.view.Turn(); got != c.want {
			t.Errorf("%s, on hold %+v, with %v, is %q's turn, want %q", c.view.Stage, c.view.Hold, c.view.Commands, got, c.want)
		}
	}
}
