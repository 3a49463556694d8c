package history

import (
	"cmp"

	commonpb "go.temporal.io/api/common/v1"
	failurepb "go.temporal.io/api/failure/v1"

	"miniflow/words"
)

// answered is what the results of calls have in common that says how it went. Each has some of it.
type answered struct {
	Status  string `json:"status"`
	State   string `json:"state"`
	Number  string `json:"app_version"`
	OrderNo string `json:"order_no"`
	Truth   struct {
		Status string `json:"status"`
	} `json:"truth"`
	TraceID string `json:"trace_id"`
}

// accept fills in what came of a call that Alipay answered.
func (c *Call) accept(result *commonpb.Payloads) {
	got := read[answered](result)
	c.State, c.TraceID = Done, got.TraceID
	told := cmp.Or(got.Status, got.State, got.Truth.Status, got.Number, got.OrderNo)
	switch act := methods[c.activity].act; {
	case act && told != "":
		c.Answer = words.New("call.accepted_as", told)
	case act:
		c.Answer = words.New("call.accepted")
	case told != "":
		c.Answer = words.New("call.answered_as", told)
	default:
		c.Answer = words.New("call.answered")
	}
}

// refused is what the details of a failed call say.
type refused struct {
	Code    string     `json:"code"`
	Message words.Text `json:"message"`
	TraceID string     `json:"trace_id"`
}

// typeWaiting is the type of the failure of a try whose answer was no news yet.
const typeWaiting = "waiting"

// fail fills in why a try came to nothing. A failure without details is one of Miniflow's own, whose
// text may quote anything.
func (c *Call) fail(failure *failurepb.Failure) {
	application := failure.GetApplicationFailureInfo()
	got := read[refused](application.GetDetails())
	c.Code, c.TraceID, c.Answer = got.Code, got.TraceID, got.Message
	switch {
	case !c.Answer.IsZero():
	case failure.GetTimeoutFailureInfo() != nil:
		c.Answer = words.New("call.lost")
	case application.GetType() == typeWaiting:
		c.Answer = words.New("call.no_news")
	default:
		c.Answer = words.New("call.trouble")
	}
}
