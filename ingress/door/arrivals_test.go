package door

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"miniflow/order"
)

// TestArrivalsSayWhatTheLogSays goes through what may become of a message at the door.
func TestArrivalsSayWhatTheLogSays(t *testing.T) {
	arrivals, temporal := NewArrivals(), newDoorTemporal()
	s := openDoor(t, temporal, func(c *IntakeConfig) { c.Arrivals = arrivals })
	body := confirmed().signed(t, doorKeys().alipay)
	s.post(body)
	s.post(body)
	s.post(confirmed().with("notify_id", "n2").signed(t, doorKeys().other))
	var got []string
	found, last, more := arrivals.After(0, []string{doorApp})
	for _, a := range found {
		got = append(got, fmt.Sprintf("%d %s %s%s %s", a.Sequence, a.Channel, a.Disposition, a.Reason, a.OutOrderNo))
	}
	if text := strings.Join(got, ", "); len(found) != 3 || last != 3 || !strings.HasPrefix(text, "1 http waiting ") || !strings.Contains(text, ", 2 http duplicate , 3 http ") {
		t.Errorf("%s", text)
	}
	if found[0].OutOrderNo == "" || found[0].NotifyID == "" || found[2].Reason == "" || found[2].Name != "" {
		t.Errorf("%+v", found)
	}
	if other, _, _ := arrivals.After(0, []string{"2021"}); len(other) > 0 {
		t.Errorf("another app's key sees %+v", other)
	}
	select {
	case <-more:
		t.Error("something came that did not")
	default:
	}
	temporal.down = errors.New("down")
	if w := s.post(confirmed().with("notify_id", "n3").signed(t, doorKeys().alipay)); w.Code == http.StatusOK && w.Body.String() == "success" {
		t.Error("it was accepted")
	}
	<-more
	if found, _, _ := arrivals.After(3, []string{doorApp}); len(found) != 1 || found[0].Reason != string(causeError) || found[0].Disposition != "" {
		t.Errorf("%+v", found)
	}
}

// TestArrivalsForget: a reader that is too slow misses the oldest, and sees that by the numbers.
func TestArrivalsForget(t *testing.T) {
	arrivals := NewArrivals()
	for range arrivalsKept + 10 {
		arrivals.add(order.Arrival{AppID: doorApp})
	}
	found, last, _ := arrivals.After(3, []string{doorApp})
	if len(found) != arrivalsKept || found[0].Sequence != 11 || last != arrivalsKept+10 || arrivals.Last() != last {
		t.Errorf("%d from %d to %d", len(found), found[0].Sequence, last)
	}
	var none *Arrivals
	none.add(order.Arrival{})
}
