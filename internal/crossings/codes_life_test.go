package crossings

import (
	"cmp"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"miniflow/alipay"
	"miniflow/alipay/alipaysim"
	"miniflow/order"
)

// When a person looks at an order that Alipay has refused, and when somebody acts.
const (
	looksAfter = 30 * time.Second
	actsAfter  = 40 * time.Minute
	// endsWithin is how long the life of a row may last: the longest pause is until the next day.
	endsWithin = 48 * time.Hour
	// furnishing is how long it takes to make what a story begins with.
	furnishing = 10 * time.Minute
)

// codeLife is the life of an order that meets a code.
type codeLife struct {
	*life
	row codeRow
	// answered is how often Alipay has said the code, doubted whether it has called the token in doubt.
	answered int
	doubted  bool
	uploaded bool
	// since is the number of calls before the code was first said.
	since int
	// held is what the order showed soon after, before what it showed when somebody acted, and
	// callsBefore how often the method had been called by then.
	held, before order.View
	callsBefore  int
	ours         []alipaysim.Call
	// submitted are the fields of each submission, in their order.
	submitted [][]string
}

// tell lives the life of a row's story.
func tell(t *testing.T, row codeRow) *codeLife {
	t.Helper()
	l, err := newLife(t.TempDir(), row.scenario(t))
	if err != nil {
		t.Fatal(err)
	}
	c := &codeLife{life: l, row: row}
	l.strike = c.strikes
	l.sent = c.noteFields
	l.e.run(c.beginFurnished)
	c.see()
	c.ours = c.callsSince()
	if err := l.sim.Close(); err != nil {
		t.Error(err)
	}
	for _, text := range l.e.broken {
		t.Error(text)
	}
	return c
}

// scenario is the story in which an order makes the call.
func (r codeRow) scenario(t *testing.T) scenario {
	t.Helper()
	story := gatewayCall{kind: order.KindRelease}
	audits := func(results ...string) func(*scenario) {
		return func(s *scenario) {
			s.rule.Audits = nil
			for _, result := range results {
				s.rule.Audits = append(s.rule.Audits, alipaysim.AuditRule{Result: result, After: alipaysim.Duration(time.Minute)})
			}
		}
	}
	switch r.story {
	case "formal":
		story.kind = order.KindFormal
	case "trial":
		story.kind = order.KindTrial
	case "release", "doubt", "again", "room", "limited":
	case "experience":
		story.acts = []act{{at: 2 * time.Hour, what: "approve"}}
	case "withdraw":
		story.acts = []act{{at: 30 * time.Minute, what: "withdraw"}, {at: 2 * time.Hour, what: "approve"}}
		story.change = audits("none", "pass")
	case "resubmit":
		story.acts = []act{{at: 30 * time.Minute, what: "resubmit"}}
		story.change = audits("reject", "pass")
	default:
		t.Fatalf("no story is called %s", r.story)
	}
	s := story.plain()
	s.limited, s.triedOut = r.story == "limited", r.story == "experience"
	s.rule.Build.After = alipaysim.Duration(time.Millisecond)
	s.schedules.Authorization = order.Schedule{{Every: 24 * time.Hour}} // the token is asked about where a code is the reason
	return s
}

// beginFurnished begins the order, once there is what its story needs: versions that others have made
// of the mini program before.
func (c *codeLife) beginFurnished() {
	steps := map[string][]string{
		"again": {"upload 0.0.1", "submit 0.0.1", "online 0.0.1"},
		"room":  {"record 0.0.1", "upload 0.0.1", "record 0.0.2", "upload 0.0.2"},
	}[c.row.story]
	if len(steps) == 0 {
		c.begin()
		c.awaitEnd()
		return
	}
	c.bringMiniProgram()
	for i, step := range steps {
		what, number, _ := strings.Cut(step, " ")
		c.e.in(time.Duration(i)*2*time.Minute, func() {
			if what == "record" {
				c.record(number)
				return
			}
			c.step(what, number)
		})
	}
	c.e.in(furnishing, func() {
		c.begin()
		c.awaitEnd()
	})
}

// record has the mini program know a number as that of an order that has ended.
func (c *codeLife) record(number string) {
	id := order.MiniProgramWorkflowID(appID, existing)
	if c.e.executions[id] == nil {
		c.must(c.e.start(id, order.MiniProgramWorkflowType, order.MiniProgramInput{AppID: appID, MiniAppID: existing, Schedules: c.schedules}, nil, true))
	}
	c.e.whenBegun(c.e.executions[id], func() {
		c.must(c.e.update(id, order.ReserveVersionUpdate, number, order.VersionReservation{
			OutOrderNo: "EARLIER", AppVersion: number, BundleID: order.DefaultBundleID, TemplateID: "2021000000000777", SeenFreeAt: c.e.now(), Ended: true,
		}, func(answered) {}))
	})
}

// strikes answers with the row's code as often as the row says.
func (c *codeLife) strikes(call alipaysim.Call) (alipaysim.Fault, bool) {
	c.countUp(false)
	c.uploaded = c.uploaded || call.Method == alipay.MethodUpload
	switch {
	case c.isAnswered(call):
		if c.answered++; c.answered == 1 {
			ours, _ := c.log()
			c.since = len(ours)
			c.e.in(looksAfter, func() { c.held, _ = c.see() })
			c.e.in(actsAfter, c.act)
		}
		return alipaysim.Fault{Kind: alipaysim.FaultError, Code: c.row.code, SubCode: c.row.subCode, SubMsg: cmp.Or(c.row.subMsg, "说明")}, true
	case c.doubted:
	case c.row.story == "doubt" && call.Method == alipay.MethodOnline:
		c.doubted = true
		return refusedWith("20001", "aop.invalid-app-auth-token"), true
	case c.row.story == "room" && call.Method == alipay.MethodUpload && c.row.method != alipay.MethodUpload:
		c.doubted = true
		return refusedWith("40004", "DEV_VERSION_EXCEED_MAX_COUNT"), true
	}
	return alipaysim.Fault{}, false
}

// isAnswered reports whether a call is answered with the row's code. Whether a number is free is
// asked of build.query before the upload, where the codes of a build mean nothing.
func (c *codeLife) isAnswered(call alipaysim.Call) bool {
	if call.Method != c.row.method || call.Method == alipay.MethodBuildQuery && !c.uploaded {
		return false
	}
	return c.row.says == "*" || fmt.Sprint(c.answered) != c.row.says
}

// noteFields notes which fields a submission has.
func (c *codeLife) noteFields(r *http.Request) {
	if r.URL.Query().Get("method") != alipay.MethodAuditApply {
		return
	}
	body, err := r.GetBody()
	c.must(err)
	text, err := io.ReadAll(body)
	c.must(err)
	var names []string
	for _, found := range formName.FindAllSubmatch(text, -1) {
		names = append(names, string(found[1]))
	}
	c.submitted = append(c.submitted, names)
}

// formName is where a form says what a part of it is called.
var formName = regexp.MustCompile(`form-data; name="(\w+)"`)

// leftOut returns the fields of the first submission that the last does not have.
func (c *codeLife) leftOut() string {
	last := c.submitted[len(c.submitted)-1]
	return strings.Join(slices.DeleteFunc(slices.Sorted(slices.Values(c.submitted[0])), func(name string) bool { return slices.Contains(last, name) }), ",")
}

// act is what somebody does about it.
func (c *codeLife) act() {
	c.before, _ = c.see()
	c.callsBefore = c.count(c.callsSince())
	switch c.row.person {
	case "retry":
		c.command(order.CommandRetry, order.Instruction{})
	case "provide-input":
		c.command(order.CommandProvideInput, c.corrected())
	case "new-version":
		c.command(order.CommandResubmit, order.Instruction{Version: &order.Version{TemplateVersion: "0.0.2"}})
	case "authorize":
		c.try("mini-programs/"+c.truth().mini().MiniAppID+"/authorize", nil)
	case "certify":
		c.try("mini-programs/"+c.truth().mini().MiniAppID+"/certify", map[string]any{"status": alipaysim.CertifySuccess})
	}
}

// corrected is the correction that fits where the order stands.
func (c *codeLife) corrected() order.Instruction {
	switch c.before.Stage {
	case order.StageCreating:
		return order.Instruction{Create: c.input().Request.Create[0]}
	case order.StageAwaitingMerchant:
		return order.Instruction{OrderNo: c.truth().order().OrderNo}
	default:
		return order.Instruction{Submission: c.correction()}
	}
}

// awaitEnd ends the life once the order has ended, or has had its time.
func (c *codeLife) awaitEnd() {
	if x := c.e.executions[c.orderID()]; x.state == closed || c.e.now().Sub(began()) > endsWithin {
		c.e.finish()
		return
	}
	c.e.in(time.Minute, c.awaitEnd)
}

// callsSince are the calls from the code's first answer on.
func (c *codeLife) callsSince() []alipaysim.Call {
	ours, _ := c.log()
	return ours[min(c.since, len(ours)):]
}

// count counts the calls of the row's method.
func (c *codeLife) count(calls []alipaysim.Call) int {
	n := 0
	for _, call := range calls {
		if call.Method == c.row.method {
			n++
		}
	}
	return n
}

// next is the method that was called right after the code was said, before anybody looked.
func (c *codeLife) next() string {
	if len(c.ours) < 2 || c.ours[1].At.Sub(c.ours[0].At) > looksAfter {
		return "nothing"
	}
	next := c.ours[1].Method
	for _, prefix := range []string{"alipay.open.mini.version.", "alipay.open.mini.", "alipay.open.auth."} {
		next = strings.TrimPrefix(next, prefix)
	}
	return next
}
