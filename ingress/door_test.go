package ingress

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"miniflow/alipay"
)

const orderOne = "order/" + doorApp + "/OUT1"

// reasons a request can be refused for, with what it may cost.
func TestDoorRefusesWhatIsNotAlipays(t *testing.T) {
	genuine := confirmed().signed(t, doorKeys().alipay)
	signature := confirmed().signed(t, doorKeys().alipay)
	altered := func(from, to string) []byte {
		changed := bytes.Replace(signature, []byte(from), []byte(to), 1)
		if bytes.Equal(changed, signature) {
			t.Fatalf("%q is not in the body", from)
		}
		return changed
	}
	sign := func(value string) []byte { return confirmed().with("sign_type", "RSA2").with("sign", value).encode() }
	many := bytes.Repeat([]byte("a=1&"), 10_000)
	for name, c := range map[string]struct {
		body   []byte
		status int
		reason alipay.Reason
		checks float64
	}{
		"empty":                {nil, 400, alipay.ReasonMissingAppID, 0},
		"no form":              {[]byte(`{"app_id":"%zz"}`), 400, alipay.ReasonMalformed, 0},
		"ten thousand names":   {many, 400, alipay.ReasonMalformed, 0},
		"a name of 64 kB":      {[]byte(strings.Repeat("n", 64<<10) + "=1"), 400, alipay.ReasonMalformed, 0},
		"one name twice":       {append(bytes.Clone(genuine), "&status=x&status=y"...), 400, alipay.ReasonRepeatedParameter, 0},
		"no app":               {[]byte("a=1&b=2"), 400, alipay.ReasonMissingAppID, 0},
		"an app of others":     {confirmed().with("app_id", "2021888888888888").signed(t, doorKeys().alipay), 403, alipay.ReasonUnknownApp, 0},
		"no signature":         {confirmed().encode(), 403, alipay.ReasonMissingSign, 0},
		"empty signature":      {sign(""), 403, alipay.ReasonMissingSign, 0},
		"signature no base64":  {sign("***"), 403, alipay.ReasonBadSignEncoding, 0},
		"signature of 64 kB":   {sign(strings.Repeat("A", 64<<10)), 403, alipay.ReasonBadSignEncoding, 0},
		"plus became a space":  {sign("a b c="), 403, alipay.ReasonBadSignEncoding, 0},
		"SHA-1":                {altered("sign_type=RSA2", "sign_type=RSA"), 403, alipay.ReasonSignTypeNotAllowed, 0},
		"another's key":        {confirmed().signed(t, doorKeys().other), 403, alipay.ReasonBadSignature, 2},
		"an altered notify_id": {altered("notify_id=n-", "notify_id=m-"), 403, alipay.ReasonBadSignature, 2},
		"an unknown certificate": {confirmed().with("alipay_cert_sn", "00").signed(t, doorKeys().other), 403,
			alipay.ReasonUnknownCertificate, 4},
		"one byte over the limit": {bytes.Repeat([]byte("a"), MaxNotificationBody+1), 413, alipay.ReasonTooLarge, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := openDoor(t, newDoorTemporal(orderOne))
			wantAnswer(t, s.post(c.body), c.status, "fail")
			if calls := s.temporal.operations(); len(calls) != 0 {
				t.Errorf("Temporal was called: %v", calls)
			}
			if got := s.metric("miniflow_door_refusals_total", string(c.reason)); got != 1 {
				t.Errorf("not counted as %s: %v", c.reason, s.log)
			}
			if got := s.metric("miniflow_door_signature_checks_total"); got != c.checks {
				t.Errorf("%v signature checks, want %v", got, c.checks)
			}
		})
	}
}

func TestDoorRefusesOtherMethodsAndTypes(t *testing.T) {
	genuine := confirmed().signed(t, doorKeys().alipay)
	for name, c := range map[string]struct {
		method, contentType string
		status              int
	}{
		"get":               {http.MethodGet, "application/x-www-form-urlencoded", 405},
		"put":               {http.MethodPut, "application/x-www-form-urlencoded", 405},
		"a made-up method":  {"PUSH", "application/x-www-form-urlencoded", 405},
		"json":              {http.MethodPost, "application/json", 415},
		"multipart":         {http.MethodPost, "multipart/form-data; boundary=x", 415},
		"no type":           {http.MethodPost, "", 415},
		"the usual":         {http.MethodPost, "application/x-www-form-urlencoded", 200},
		"GBK":               {http.MethodPost, "application/x-www-form-urlencoded;charset=GBK", 200},
		"Alipay's own, odd": {http.MethodPost, "application/x-www-form-urlencoded; text/html; charset=UTF-8", 200},
	} {
		t.Run(name, func(t *testing.T) {
			s := openDoor(t, newDoorTemporal(orderOne))
			r := httptest.NewRequestWithContext(t.Context(), c.method, "/alipay/notify", bytes.NewReader(genuine))
			r.Header.Set("Content-Type", c.contentType)
			w := s.send(r)
			want := "fail"
			if c.status == 200 {
				want = "success"
			}
			wantAnswer(t, w, c.status, want)
			if c.status == 405 && w.Header().Get("Allow") != http.MethodPost {
				t.Error("405 has to say what is allowed")
			}
			if c.status != 200 && w.Header().Get("Connection") != "close" {
				t.Error("a body that was not read has to end the connection")
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

// The URL's parameters are anybody's: only the body counts.
func TestQueryStringIsIgnored(t *testing.T) {
	genuine := confirmed().signed(t, doorKeys().alipay)
	for name, c := range map[string]struct {
		query string
		body  []byte
		want  string
	}{
		"everything in the query":         {string(genuine), nil, "fail"},
		"an evil content in the query":    {"biz_content=" + url.QueryEscape(`{"out_order_no":"EVIL"}`), genuine, "success"},
		"another app in the query":        {"app_id=1&sign=x&sign_type=RSA", genuine, "success"},
		"a signature only in the query":   {string(genuine), confirmed().encode(), "fail"},
		"a query that is no query at all": {"%zz&&;=", genuine, "success"},
	} {
		t.Run(name, func(t *testing.T) {
			s := openDoor(t, newDoorTemporal(orderOne))
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/alipay/notify", bytes.NewReader(c.body))
			r.URL.RawQuery = c.query
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			if got := s.send(r).Body.String(); got != c.want {
				t.Errorf("answered %q, want %q", got, c.want)
			}
			calls := s.temporal.operations()
			if c.want == "success" && !cmp.Equal(calls, []string{"signal " + orderOne}) || c.want == "fail" && len(calls) != 0 {
				t.Errorf("Temporal was asked for %v", calls)
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
	s.clock.forward(MemoryFor)
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

// A key that is taken out must not go on opening the door through the memory.
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
	s.intake.places <- struct{}{} // somebody else's, for too long
	wantAnswer(t, s.post(body), 503, "fail")
	if got := s.metric("miniflow_door_unaccepted_total", "http", "busy"); got != 1 {
		t.Errorf("counted %v busy answers: %v", got, s.log)
	}
	<-s.intake.places
	for range 3 { // each gives its place back
		wantAnswer(t, s.post(body), 200, "success")
		s.clock.forward(MemoryFor)
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

func TestGatewayCheckIsAnsweredToAlipayAlone(t *testing.T) {
	s := openDoor(t, newDoorTemporal())
	w := s.post(gatewayCheck().signed(t, doorKeys().alipay))
	if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/xml") {
		t.Fatalf("answered %d %s", w.Code, w.Header())
	}
	_, after, _ := strings.Cut(w.Body.String(), "<response>")
	text, rest, _ := strings.Cut(after, "</response>")
	_, after, _ = strings.Cut(rest, "<sign>")
	sign, _, _ := strings.Cut(after, "</sign>")
	if err := alipay.Verify(&doorKeys().application.PublicKey, alipay.RSA2, []byte(text), sign); err != nil {
		t.Errorf("%v in %s", err, w.Body)
	}
	wantAnswer(t, s.post(gatewayCheck().signed(t, doorKeys().other)), 403, "fail")
	if calls := s.temporal.operations(); len(calls) != 0 {
		t.Errorf("a check is no work: %v", calls)
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
		got, release, reason := s.door.readBody(r)
		if !bytes.Equal(got, body) || reason != "" {
			t.Errorf("read %d bytes of %d, %q", len(got), size, reason)
		}
		release()
		if len(s.door.large) != 0 {
			t.Error("a place was not given back")
		}
	}
}
