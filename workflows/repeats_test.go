package workflows_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/testsuite"

	"miniflow/order"
)

// A client that repeats a command after the order has continued as new acted twice:
// Temporal knows an update again within one run alone.
func TestACommandRepeatedInTheNextRunIsCarriedOutOnce(t *testing.T) {
	r := tale(t) // whose own resubmit has no key
	results := map[string]*outcome{}
	send := func(at time.Duration, name string, command order.Command, in order.Instruction) {
		results[name] = &outcome{}
		r.add(r.began.Add(at), func(env *testsuite.TestWorkflowEnvironment) {
			env.UpdateWorkflow(string(command), name, results[name], in)
		})
	}
	asked := order.Instruction{Actor: "ann", Key: "key", Digest: "refresh"}
	send(time.Minute, "first", order.CommandRefresh, asked)
	r.cut(61 * time.Second)
	send(62*time.Second, "again", order.CommandRefresh, asked)
	send(63*time.Second, "another body", order.CommandRefresh, order.Instruction{Actor: "ann", Key: "key", Digest: "other"})
	send(64*time.Second, "another key", order.CommandRefresh, order.Instruction{Actor: "ann", Key: "other", Digest: "refresh"})
	send(65*time.Second, "no key", order.CommandRefresh, order.Instruction{Actor: "ann"})
	view := r.run()
	if r.runs < 2 {
		t.Fatalf("the order did not continue as new: %d runs", r.runs)
	}
	commands := 0
	for _, item := range view.Timeline {
		if item.Event == order.HappenedCommand {
			commands++
		}
	}
	if commands != 4 {
		t.Errorf("%d commands were carried out, want 4: the first, one under another key, two without", commands)
	}
	rejected := map[string]bool{}
	for name, result := range results {
		rejected[name] = result.rejected != nil || result.failed != nil
	}
	want := map[string]bool{"first": false, "again": false, "another body": true, "another key": false, "no key": false}
	if diff := cmp.Diff(want, rejected); diff != "" {
		t.Errorf("refused (-want +got)\n%s", diff)
	}
}
