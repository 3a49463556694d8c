package crossings

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"miniflow/alipay/alipaysim"
	"miniflow/alipay/gateway/codes"
)

// TestEveryCodeIsAnswered has the simulated Alipay say each code of the table to an order, and checks
// what the order did.
func TestEveryCodeIsAnswered(t *testing.T) {
	lived := 0
	for _, row := range codeRows(t) {
		if row.story == "-" {
			continue
		}
		if lived++; underRace && lived%25 != 0 {
			continue
		}
		t.Run(row.String(), func(t *testing.T) {
			t.Parallel()
			tell(t, row).check(t)
		})
	}
	if lived < 240 {
		t.Errorf("%d codes have a story: the table has lost some", lived)
	}
}

// check compares what the order did with the row.
func (c *codeLife) check(t *testing.T) {
	t.Helper()
	did := c.row
	did.held, did.fields = "-", "-"
	if hold := c.held.Hold; hold != nil {
		did.held = string(hold.Kind)
		if len(hold.Fields) > 0 {
			did.fields = strings.Join(hold.Fields, ",")
		}
	}
	if did.class == "F/drop" {
		did.fields = c.leftOut()
	}
	if did.next != "-" {
		did.next = c.next()
	}
	if did.calls != "*" {
		did.calls = fmt.Sprint(c.count(c.ours))
	}
	if did.end = string(c.view.Stage); !c.view.Stage.Ended() {
		did.end = fmt.Sprint(did.end, ",", holdOf(c.view))
	}
	if did != c.row {
		t.Errorf("the order's hold, fields, next question, calls and end were\n%s, the table says\n%s\n%s", did.did(), c.row.did(), c.page())
	}
	if c.row.person != "-" && c.row.class != "R" { // what is repeated by itself waits for nobody
		c.checkWaits(t)
	}
	switch {
	case strings.HasSuffix(c.row.class, "/day"):
		c.checkNextDay(t)
	case strings.HasSuffix(c.row.class, "/slow"):
		c.checkSlow(t)
	}
}

// checkSlow checks that the pause was a long one.
func (c *codeLife) checkSlow(t *testing.T) {
	t.Helper()
	const long = 30 * time.Second
	again := slices.IndexFunc(c.ours[1:], func(call alipaysim.Call) bool { return call.Method == c.row.method }) + 1
	if pause := c.ours[again].At.Sub(c.ours[0].At); again == 0 || pause < long {
		t.Errorf("it was called again after %s, want %s at least", pause, long)
	}
}

// checkNextDay checks that the call was repeated on Alipay's next day.
func (c *codeLife) checkNextDay(t *testing.T) {
	t.Helper()
	var days []string
	for _, call := range c.ours {
		if call.Method == c.row.method {
			days = append(days, call.At.In(time.FixedZone("Beijing", 8*60*60)).Format(time.DateOnly))
		}
	}
	if want := []string{"2026-11-21", "2026-11-22"}; !slices.Equal(days, want) {
		t.Errorf("it was called on %v, want on %v", days, want)
	}
}

// checkWaits checks that the order waited for the person, and named the code.
func (c *codeLife) checkWaits(t *testing.T) {
	t.Helper()
	if c.callsBefore != c.answered {
		t.Errorf("%d calls before anybody had done anything, of which %d were refused", c.callsBefore, c.answered)
	}
	code := codes.RealSubCode(c.row.subCode, c.row.subMsg)
	hold := c.before.Hold
	if hold == nil || string(hold.Kind) != c.row.held {
		t.Errorf("nobody was waited for: the hold was %s", holdOf(c.before))
	} else if !strings.Contains(hold.Code+" "+hold.Message.String(), code) && c.row.class != "A" {
		t.Errorf("nobody reads %s: the hold says %s %s", code, hold.Code, hold.Message)
	}
}
