package tell

import "testing"

// TestForgottenOrdersLeaveNothing, and the others stay.
func TestForgottenOrdersLeaveNothing(t *testing.T) {
	state := State{
		Recent:  []Recent{{OutOrderNo: "A"}, {OutOrderNo: "B"}},
		Waiting: []Waiting{{OutOrderNo: "B"}, {OutOrderNo: "C"}},
		Dead:    []Dead{{OutOrderNo: "A"}, {OutOrderNo: "D"}},
	}
	forget := Instruction{Action: ActionForget, Forget: []string{"A", "C", "D"}}
	if err := forget.Judge(); err != nil || !state.Instruct(forget, state.Through) {
		t.Fatalf("refused: %v", err)
	}
	if len(state.Recent) != 1 || len(state.Waiting) != 1 || len(state.Dead) != 0 || state.Recent[0].OutOrderNo != "B" {
		t.Errorf("left %+v", state)
	}
}
