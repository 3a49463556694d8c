package door

import (
	"errors"
	"testing"
)

// A Temporal that answers queries but accepts nothing (a full disk) shows by the messages it
// refuses.
func TestRefusedMessageSpeaksAgainstReadiness(t *testing.T) {
	temporal := newDoorTemporal(orderOne)
	s := openDoor(t, temporal)
	body := confirmed().signed(t, doorKeys().alipay)
	check := func(want error) {
		t.Helper()
		if err := s.intake.Check(t.Context()); !errors.Is(err, want) {
			t.Errorf("check says %v, want %v", err, want)
		}
	}
	check(nil)
	temporal.down = errDown
	s.post(body)
	check(ErrUnwell)
	s.clock.Forward(FailureFor)
	check(nil)
	s.post(body)
	check(ErrUnwell)
	temporal.down = nil
	s.post(body)
	check(nil)
}
