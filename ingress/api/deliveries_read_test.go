package api

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/converter"
	"pgregory.net/rapid"

	"miniflow/internal/telemetry"
	"miniflow/order"
	"miniflow/words"
)

// deadLetter adds a dead message with this content.
func (s *apiEnv) deadLetter(notifyID, content string) {
	s.t.Helper()
	flow := s.aDelivery(notifyID)
	flow.status = enums.WORKFLOW_EXECUTION_STATUS_COMPLETED
	flow.summary = order.DeliveryView{AppID: apiApp, NotifyID: notifyID, Name: "alipay.x.y", State: order.DispositionDead, Reason: words.Plain("nobody took it"), Attempts: 3, LastError: "the forward target answered 502 Bad Gateway"}
	n := order.Notification{NotificationKey: order.NotificationKey{AppID: apiApp, NotifyID: notifyID}, Name: "alipay.x.y", SentAt: apiStart, Flaw: "it says nothing"}
	if content != "" {
		sealed, err := s.ring.Seal([]byte(content), apiApp, order.SealContent)
		if err != nil {
			s.t.Fatal(err)
		}
		n.Content = sealed
	}
	payloads, err := converter.GetDefaultDataConverter().ToPayloads(order.DeliveryInput{Notification: n, Schedules: order.DefaultSchedules()})
	if err != nil {
		s.t.Fatal(err)
	}
	flow.started = &historypb.HistoryEvent{EventId: 1, Attributes: &historypb.HistoryEvent_WorkflowExecutionStartedEventAttributes{
		WorkflowExecutionStartedEventAttributes: &historypb.WorkflowExecutionStartedEventAttributes{Input: payloads},
	}}
}

const personalContent = `{"app_auth_token":"canary-token","app_auth_code":"canary-code","code":"canary-code-2","mini_app_id":"2021999999999999","status":"AGREED",
	"merchant_pid":"2088000000000001","user_id":"2088111111111111","contact_name":"张三丰","contact_phone":"13800138000","service_email":"shop@example.com",
	"note":"call 13900139000 or write to someone@example.com, account 2088222222222222","n":5,"list":[{"phone":"13700137000"}],
	"biz_content":"{\"refresh_token\":\"canary-inner\",\"real_name\":\"李四光\",\"order_no\":\"20261120\"}"}`

var people = []string{"2088000000000001", "2088111111111111", "张三丰", "13800138000", "shop@example.com", "13900139000", "someone@example.com", "2088222222222222", "13700137000", "李四光"}

// A dead letter could once not be read at all: its content was sealed, and only a replay
// showed it.
func TestADeadLetterCanBeRead(t *testing.T) {
	env := openAPI(t)
	env.deadLetter("n-1", personalContent)
	path := "/v1/deliveries/" + apiApp + "/n-1"
	read1 := env.as(keyRead, "GET", path, "").want(http.StatusOK)
	got := read[deliveryBody](read1)
	if got.State != order.DispositionDead || got.Attempts != 3 || got.LastError == "" || !got.Masked || got.Flaw == "" || !got.SentAt.Equal(apiStart) {
		t.Errorf("answered %+v", got)
	}
	for _, person := range append(people, "canary") {
		if strings.Contains(read1.text, person) {
			t.Errorf("a key that only reads sees %s: %s", person, read1.text)
		}
	}
	for _, kept := range []string{"2021999999999999", "AGREED", "20261120", `"n":5`} {
		if !strings.Contains(string(got.Content), kept) {
			t.Errorf("%s is hidden: %s", kept, got.Content)
		}
	}
	if strings.Contains(env.log.String(), "content of a message read") {
		t.Error("a masked reading is recorded as if it had shown something")
	}
}

// With the scope token personal data is shown, but never a value that grants access, and the
// log names the reader. The name was once logged as [redacted].
func TestAReadingThatShowsPeoplesDataIsRecorded(t *testing.T) {
	env := openAPI(t)
	var log bytes.Buffer
	env.api.config.Log = slog.New(telemetry.NewRedactor(slog.NewJSONHandler(&log, nil)))
	env.deadLetter("n-1", personalContent)
	r := env.request(keyAll, "GET", "/v1/deliveries/"+apiApp+"/n-1", "")
	r.Header.Set("X-Actor", "ann")
	answer := env.send(r).want(http.StatusOK)
	for _, person := range people {
		if !strings.Contains(answer.text, person) {
			t.Errorf("%s is hidden from a key with the scope token: %s", person, answer.text)
		}
	}
	if strings.Contains(answer.text, "canary") {
		t.Errorf("a token or a code is shown: %s", answer.text)
	}
	env.aMiniProgram(t)
	env.do("POST", miniPath+"/token", "").want(http.StatusOK)
	for _, line := range []string{"content of a message read", "app_auth_token read", "api request"} {
		said := ""
		for _, one := range strings.Split(log.String(), "\n") {
			if strings.Contains(one, line) {
				said = one
			}
		}
		if !strings.Contains(said, `"caller":"name of `+keyAll+`"`) || strings.Contains(said, "canary") || strings.Contains(said, "1380013") {
			t.Errorf("the log says %q", said)
		}
	}
}

// An id of printable text is used as it is, percent-encoded, and a digested one by its
// digest.
func TestADeliveryIsNamedByItsIDWhateverItsLetters(t *testing.T) {
	for _, id := range []string{"a/b", "50%", "a b", "x?y#z", "digest-0123456789abcdef0123456789abcdef", "a%2Fb", "ü"[:0] + "~!$&'()*+,;=:@"} {
		env := openAPI(t)
		env.deadLetter(id, `{"id":1}`)
		path := "/v1/deliveries/" + apiApp + "/" + strings.ReplaceAll(url.PathEscape(id), "'", "%27")
		if got := read[deliveryBody](env.do("GET", path, "").want(http.StatusOK)); got.NotifyID != id {
			t.Errorf("%q answers %+v", id, got)
		}
		env.temporal.updates = nil
		env.do("POST", path+"/replay", "")
		if len(env.temporal.updates) != 1 || env.temporal.updates[0].WorkflowID != order.DeliveryWorkflowID(apiApp, id) {
			t.Errorf("%q is replayed as %+v", id, env.temporal.updates)
		}
	}
}

func TestWhatOfADeliveryCanNotBeRead(t *testing.T) {
	env := openAPI(t)
	env.do("GET", "/v1/deliveries/"+apiApp+"/nothing", "").want(http.StatusNotFound)
	env.as(keyOther, "GET", "/v1/deliveries/"+apiApp+"/nothing", "").want(http.StatusForbidden)
	env.deadLetter("large", "")
	if got := read[deliveryBody](env.do("GET", "/v1/deliveries/"+apiApp+"/large", "").want(http.StatusOK)); string(got.Content) != "null" {
		t.Errorf("answered %+v", got)
	}
	keepIt(env, "2026112100262110001")
	got := read[deliveryBody](env.do("GET", "/v1/deliveries/"+apiApp+"/2026112100262110001", "").want(http.StatusOK))
	if got.MiniAppID != apiMini || string(got.Content) != "null" {
		t.Errorf("answered %+v", got)
	}
	env.do("GET", "/v1/deliveries/"+apiApp+"/2026112100262110001?copy=true", "").want(http.StatusNotFound)
}

// A content that isn't JSON is shown as a text, with recognisable secrets hidden.
func TestAnUnreadableContentIsMaskedByItsShapes(t *testing.T) {
	const broken = `{"app_auth_token":"canary-token","phone":"13800138000","mail":"a@example.com" status=AGREED`
	plain, revealed := string(masked([]byte(broken), false)), string(masked([]byte(broken), true))
	if strings.Contains(plain+revealed, "canary") || strings.Contains(plain, "13800138000") || strings.Contains(plain, "a@example.com") ||
		!strings.Contains(plain, "AGREED") || !strings.Contains(revealed, "13800138000") {
		t.Errorf("shown as %s and %s", plain, revealed)
	}
}

// A token, a code, a telephone number or a name is hidden anywhere in a message.
func TestNothingPersonalIsLeftWhereverItStands(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var node any = map[string]any{
			rapid.SampledFrom([]string{"app_auth_token", "refresh_token", "app_auth_code", "Code", "contact_phone", "userId", "pid"}).Draw(t, "member"): "canary",
			"free": "x 13812345678 y",
		}
		for range rapid.IntRange(0, 4).Draw(t, "depth") {
			switch rapid.IntRange(0, 2).Draw(t, "how") {
			case 0:
				node = map[string]any{"inner": node}
			case 1:
				node = []any{node, "ok"}
			default:
				text, err := json.Marshal(node)
				if err != nil {
					t.Fatal(err)
				}
				node = map[string]any{"biz_content": string(text)}
			}
		}
		content, err := json.Marshal(node)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(masked(content, false)); strings.Contains(got, "canary") || strings.Contains(got, "13812345678") || !json.Valid([]byte(got)) {
			t.Fatalf("%s is shown as %s", content, got)
		}
	})
}
