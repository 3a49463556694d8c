package door

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"miniflow/alipay"
)

const orderOne = "order/" + doorApp + "/OUT1"

// After an unread body the connection can't be used again, and a client with the wrong method
// learns the right one.
func TestRefusedUnreadEndsTheConnection(t *testing.T) {
	genuine := confirmed().signed(t, doorKeys().alipay)
	for name, c := range map[string]struct {
		method, contentType string
		status              int
	}{
		"another method": {http.MethodPut, "application/x-www-form-urlencoded", 405},
		"another type":   {http.MethodPost, "application/json", 415},
	} {
		t.Run(name, func(t *testing.T) {
			s := openDoor(t, newDoorTemporal(orderOne))
			r := httptest.NewRequestWithContext(t.Context(), c.method, "/alipay/notify", bytes.NewReader(genuine))
			r.Header.Set("Content-Type", c.contentType)
			w := s.send(r)
			wantAnswer(t, w, c.status, "fail")
			if c.status == 405 && w.Header().Get("Allow") != http.MethodPost {
				t.Error("405 has to say what is allowed")
			}
			if w.Header().Get("Connection") != "close" {
				t.Error("the connection stays open")
			}
		})
	}
}

func TestSuccessIsSevenBytesOfPlainText(t *testing.T) {
	for name, message := range map[string]params{
		"standard": confirmed(),
		"legacy": authorised(`{"notify_context":{"trigger":"x","trigger_context":{"out_biz_no":"OUT1"}},
			"detail":{"app_auth_token":"T1","app_refresh_token":"R1","app_id":"` + doorApp + `","auth_app_id":"` + doorMini + `","auth_time":1763600000000}}`),
	} {
		t.Run(name, func(t *testing.T) {
			s := openDoor(t, newDoorTemporal(orderOne))
			w := s.post(message.signed(t, doorKeys().alipay))
			wantAnswer(t, w, 200, "success")
			if diff := cmp.Diff(http.Header{
				"Content-Type": {"text/plain"}, "Content-Length": {"7"},
				"Cache-Control": {"no-store"}, "X-Content-Type-Options": {"nosniff"},
			}, w.Header()); diff != "" {
				t.Error(diff)
			}
			if got := s.metric("miniflow_door_notifications_total", "http", "waiting"); got != 1 {
				t.Errorf("counted %v times", got)
			}
		})
	}
}

func TestRepeatedBodyCostsNothing(t *testing.T) {
	s := openDoor(t, newDoorTemporal(orderOne))
	body := confirmed().signed(t, doorKeys().alipay)
	for range 5 {
		wantAnswer(t, s.post(body), 200, "success")
	}
	if diff := cmp.Diff([]string{"signal " + orderOne}, s.temporal.operations()); diff != "" {
		t.Error(diff)
	}
	if checks := s.metric("miniflow_door_signature_checks_total"); checks != 1 {
		t.Errorf("%v signature checks", checks)
	}
	if repeats := s.metric("miniflow_door_notifications_total", "http", "duplicate"); repeats != 4 {
		t.Errorf("%v repeats counted", repeats)
	}
	s.clock.Forward(MemoryFor)
	wantAnswer(t, s.post(body), 200, "success")
	if calls := s.temporal.operations(); len(calls) != 2 {
		t.Errorf("after %v the workflows decide again: %v", MemoryFor, calls)
	}
}

func TestNothingIsRememberedThatTemporalRefused(t *testing.T) {
	temporal := newDoorTemporal(orderOne)
	s := openDoor(t, temporal)
	body := confirmed().signed(t, doorKeys().alipay)
	temporal.down = errDown
	for range 2 {
		wantAnswer(t, s.post(body), 503, "fail")
	}
	temporal.down = nil
	wantAnswer(t, s.post(body), 200, "success")
	if got := len(temporal.operations()); got != 3 {
		t.Errorf("Temporal was asked %d times", got)
	}
	if got := s.metric("miniflow_door_unaccepted_total", "http", "error"); got != 2 {
		t.Errorf("%v failures counted", got)
	}
}

// A process that Temporal refused one message is unwell until Temporal accepts one again.
func TestTheDoorIsWellAgainOnceTemporalTakesAMessage(t *testing.T) {
	temporal := newDoorTemporal(orderOne)
	s := openDoor(t, temporal)
	body := confirmed().signed(t, doorKeys().alipay)
	temporal.down = errDown
	wantAnswer(t, s.post(body), 503, "fail")
	if err := s.intake.Check(t.Context()); !errors.Is(err, ErrUnwell) {
		t.Errorf("after a message that was not taken: %v", err)
	}
	temporal.down = nil
	wantAnswer(t, s.post(body), 200, "success")
	if err := s.intake.Check(t.Context()); err != nil {
		t.Errorf("after one that was taken: %v", err)
	}
}

func TestRemovedKeyIsRefusedAtOnce(t *testing.T) {
	s := openDoor(t, newDoorTemporal(orderOne))
	body := confirmed().signed(t, doorKeys().alipay)
	wantAnswer(t, s.post(body), 200, "success")
	s.door.Trust(doorVerifier(t, doorKeys().other))
	wantAnswer(t, s.post(body), 403, "fail")
	wantAnswer(t, s.post(confirmed().signed(t, doorKeys().other)), 200, "success")
}

func TestHangingTemporalIsAnsweredInTime(t *testing.T) {
	temporal := newDoorTemporal(orderOne)
	temporal.hangs = true
	s := openDoor(t, temporal, func(c *IntakeConfig) { c.Within = 50 * time.Millisecond })
	began := time.Now()
	wantAnswer(t, s.post(confirmed().signed(t, doorKeys().alipay)), 503, "fail")
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("took %v", took)
	}
	if got := s.metric("miniflow_door_unaccepted_total", "http", "timeout"); got != 1 {
		t.Errorf("counted %v time-outs: %v", got, s.log)
	}
	if AnswerWithin >= 3*time.Second {
		t.Error("the default promises more than three seconds")
	}
}

func TestCrowdWaitsForAPlaceAndNoLonger(t *testing.T) {
	s := openDoor(t, newDoorTemporal(orderOne), func(c *IntakeConfig) { c.Concurrency, c.Within = 1, 20*time.Millisecond })
	body := confirmed().signed(t, doorKeys().alipay)
	s.intake.places <- struct{}{} // another message's, for too long
	wantAnswer(t, s.post(body), 503, "fail")
	if got := s.metric("miniflow_door_unaccepted_total", "http", "busy"); got != 1 {
		t.Errorf("counted %v busy answers: %v", got, s.log)
	}
	<-s.intake.places
	for range 3 { // each frees its place
		wantAnswer(t, s.post(body), 200, "success")
		s.clock.Forward(MemoryFor)
	}
}

func TestPanicIsAnsweredAndSaysNothing(t *testing.T) {
	temporal := newDoorTemporal(orderOne)
	temporal.panics = true
	s := openDoor(t, temporal, func(c *IntakeConfig) { c.Concurrency = 1 })
	wantAnswer(t, s.post(confirmed().signed(t, doorKeys().alipay)), 500, "fail")
	if log := s.log.String(); strings.Contains(log, "canary") || !strings.Contains(log, "panic at the door") {
		t.Errorf("logged %s", log)
	}
	temporal.panics = false
	wantAnswer(t, s.post(confirmed().signed(t, doorKeys().alipay)), 200, "success")
}

func gatewayCheck() params {
	return params{
		"service": alipay.MessageGatewayCheck, "charset": "GBK", "app_id": doorApp,
		"biz_content": "<XML><AppId><![CDATA[" + doorApp + "]]></AppId><EventType><![CDATA[verifygw]]></EventType></XML>",
	}
}

func TestGatewayCheckWithoutKeyIsKept(t *testing.T) {
	s := openDoor(t, newDoorTemporal())
	s.door.config.GatewayKeys = nil
	wantAnswer(t, s.post(gatewayCheck().signed(t, doorKeys().alipay)), 200, "success")
	if calls := s.temporal.operations(); len(calls) != 1 || !strings.HasPrefix(calls[0], "start Delivery ") {
		t.Errorf("Temporal was asked for %v", calls)
	}
	if checks := s.metric("miniflow_door_signature_checks_total"); checks > 2 {
		t.Errorf("%v signature checks counted for one message", checks)
	}
	if !strings.Contains(s.log.String(), "no private key is configured") {
		t.Errorf("the log does not say what to do: %s", s.log)
	}
}

func TestBodyOfAnySizeUpToTheLimitIsRead(t *testing.T) {
	for _, size := range []int{SmallNotificationBody - 1, SmallNotificationBody, SmallNotificationBody + 1, MaxNotificationBody} {
		body := bytes.Repeat([]byte("a"), size)
		s := openDoor(t, newDoorTemporal())
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", io.NopCloser(bytes.NewReader(body)))
		got, free, reason := s.door.readBody(r)
		if !bytes.Equal(got, body) || reason != "" {
			t.Errorf("read %d bytes of %d, %q", len(got), size, reason)
		}
		free()
		if len(s.door.large) != 0 {
			t.Error("a place was not given back")
		}
	}
}
