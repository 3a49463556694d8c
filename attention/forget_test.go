package attention_test

import (
	"fmt"
	"testing"

	"miniflow/attention"
)

// TestForgottenItemsLeaveNothing: neither notes nor what robots were told of them, however often; all
// others keep theirs.
func TestForgottenItemsLeaveNothing(t *testing.T) {
	var input attention.Input
	input.Robots = attention.Robots{}
	again := rejected(1)
	again.Since = again.Since.Add(1)
	again.Kind = attention.KindNeedsInput
	for i := range 4 {
		input.Notes.Instruct(said(rejected(i).ID, "operator-1", "sealed"), noon)
		for _, item := range []attention.Item{rejected(i), again} {
			telling := attention.Telling{Robot: "one", Posted: true, At: noon, Robots: []string{"one"}, News: []string{item.Key()}}
			input.Robots.Tell(telling)
			telling.News, telling.Escalated = nil, telling.News
			input.Robots.Tell(telling)
		}
	}
	if again.Key() == rejected(1).Key() || len(input.Robots["one"].Told) != 5 {
		t.Fatalf("the robot was told %v", input.Robots["one"].Told)
	}
	for range 2 {
		input.Forget(attention.Forgetting{IDs: []string{rejected(1).ID, rejected(2).ID}})
		robot := input.Robots["one"]
		if len(robot.Told) != 2 || len(robot.Escalated) != 2 || robot.Told[rejected(3).Key()] == 0 || len(input.Notes) != 2 || input.Notes.Of(rejected(3).ID).Comments == nil {
			t.Errorf("left are %+v and %+v", robot, input.Notes)
		}
	}
}

// TestAForgettingIsJudged, because whoever reaches Temporal can send one.
func TestAForgettingIsJudged(t *testing.T) {
	for _, count := range []int{0, attention.MaxForgotten + 1} {
		if err := (attention.Forgetting{IDs: make([]string, count)}).Judge(); err == nil {
			t.Errorf("one of %d was taken", count)
		}
	}
	if err := (attention.Forgetting{IDs: []string{fmt.Sprint("order:", 1)}}).Judge(); err != nil {
		t.Error(err)
	}
}
