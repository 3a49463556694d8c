package history

import (
	"time"

	"miniflow/words"
)

// Call is one call to Alipay: an act, or a question that is asked until its answer is news.
type Call struct {
	At       time.Time  `json:"at" doc:"When the order wanted it."`
	Method   string     `json:"method" doc:"Alipay's name of the method, or Miniflow's of what calls several." example:"alipay.open.mini.version.upload"`
	State    State      `json:"state" enum:"running,done,failed,given_up" doc:"running: it is under way, or is tried again. done: Alipay has answered. failed: it was refused, or nobody knows what became of it; what the order makes of that is on its timeline. given_up: the order went on without its answer." example:"done"`
	Answer   words.Text `json:"answer" doc:"What Alipay answered, in words; while it is tried again, what was answered last." example:"accepted: AUDITING"`
	Code     string     `json:"code,omitempty" doc:"The code of the refusal: Alipay's sub_code, its code where there is none, or one of Miniflow's." example:"VERSION_HAS_EXISTED"`
	Tries    int        `json:"tries" doc:"How often it was tried. A question may be asked several times in one try." example:"1"`
	TraceID  string     `json:"trace_id,omitempty" doc:"By which Alipay's support finds it; of a question that was answered it may be left out, as of calls of older versions." example:"21016e5c17000000000001234e1bd5"`
	Duration *float64   `json:"duration_seconds,omitempty" doc:"From when it was wanted to its end, waits between tries included; left out while it is running." example:"0.8"`
	NextTry  *time.Time `json:"next_try,omitempty" doc:"When it is tried again; left out while nothing is waited for."`

	activity string
}

// State is how far a call has come.
type State string

// A call that the order gave up is a question whose answer it did not need any more, or one that was
// under way when the run was closed.
const (
	Running State = "running"
	Done    State = "done"
	Failed  State = "failed"
	GivenUp State = "given_up"
)

// List is what is known of an order's calls.
type List struct {
	Calls    []Call `json:"calls" doc:"Newest first, at most 200."`
	Complete bool   `json:"complete" doc:"Whether these are all: false where older ones are left out, or Temporal has them no more." example:"true"`
}
