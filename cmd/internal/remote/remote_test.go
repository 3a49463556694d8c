package remote

import (
	"context"
	"testing"
)

func TestPauseEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if Pause(ctx, answerWithin) == nil {
		t.Error("slept on")
	}
}
