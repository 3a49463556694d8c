package service_test

import (
	"testing"

	"miniflow/ingress/door"
	"miniflow/internal/config"
)

// limits.answer_within above what the door promises was taken and not obeyed. It is
// refused now, so the most that can be configured has to be what the door can keep.
func TestTheLongestAnswerWithinIsTheDoorsOwn(t *testing.T) {
	if longest := config.Defaults().Limits.AnswerWithin.Std(); longest != door.AnswerWithin {
		t.Errorf("the configuration allows %v, the door answers within %v", longest, door.AnswerWithin)
	}
}
