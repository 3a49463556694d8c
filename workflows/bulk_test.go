package workflows_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/words"
	"miniflow/workflows"
)

// pages is the world of a Bulk: pages of messages, of which every third refuses.
type pages struct {
	env      *testsuite.TestWorkflowEnvironment
	pages    [][]activities.DeliveryID
	question activities.DeliveriesQuestion
	asked    []string
	failed   int
	// atOnce is how many messages each activity was given.
	atOnce []int
	// reason is why a message refuses.
	reason words.Text
}

func newPages(t *testing.T, sizes ...int) *pages {
	t.Helper()
	suite := testsuite.WorkflowTestSuite{}
	suite.SetLogger(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	p := &pages{env: suite.NewTestWorkflowEnvironment(), reason: words.Plain("no")}
	for i, size := range sizes {
		var page []activities.DeliveryID
		for j := range size {
			page = append(page, activities.DeliveryID{WorkflowID: fmt.Sprint("w", i, "-", j), NotifyID: fmt.Sprint(i, "-", j)})
		}
		p.pages = append(p.pages, page)
	}
	workflows.Register(p.env)
	p.env.RegisterActivityWithOptions(p.list, activity.RegisterOptions{Name: activities.ListDeliveries.Name})
	p.env.RegisterActivityWithOptions(p.command, activity.RegisterOptions{Name: activities.CommandDeliveries.Name})
	return p
}

func (p *pages) list(_ context.Context, question activities.DeliveriesQuestion) (activities.DeliveriesFound, error) {
	p.question = question
	at := len(question.Page)
	found := activities.DeliveriesFound{Deliveries: p.pages[at]}
	if at+1 < len(p.pages) {
		found.Next = make([]byte, at+1)
	}
	return found, nil
}

func (p *pages) command(_ context.Context, call activities.DeliveriesCommand) (activities.DeliveriesCommanded, error) {
	if p.failed > 0 {
		p.failed--
		return activities.DeliveriesCommanded{}, fmt.Errorf("Temporal is down")
	}
	var answer activities.DeliveriesCommanded
	p.atOnce = append(p.atOnce, len(call.Deliveries))
	for _, one := range call.Deliveries {
		p.asked = append(p.asked, call.Command+" "+one.NotifyID)
		if _, number, _ := strings.Cut(one.NotifyID, "-"); slices.Contains(p.thirds(), number) {
			answer.Refusals = append(answer.Refusals, order.BulkRefusal{NotifyID: one.NotifyID, Reason: p.reason})
		} else {
			answer.Taken++
		}
	}
	return answer, nil
}

// thirds are the numbers on a page of the messages that refuse.
func (p *pages) thirds() (numbers []string) {
	for i := 2; i < 100; i += 3 {
		numbers = append(numbers, strconv.Itoa(i))
	}
	return numbers
}

var bulkAt = time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)

func bulkOf(rate float64) order.BulkInput {
	return order.BulkInput{ID: "x", Command: order.ReplayUpdate, Filter: order.DeliveryFilter{AppID: "1"}, Rate: rate, At: bulkAt}
}

// Who watches sees the count move within a page. A bulk that began before counts page by page, as it did.
func TestABulkCountsWithinAPage(t *testing.T) {
	for version, want := range map[workflow.Version][]int{1: {10, 10, 5, 1}, workflow.DefaultVersion: {25, 1}} {
		p := newPages(t, 25, 0, 1)
		p.env.OnGetVersion("count-within-a-page", workflow.DefaultVersion, workflow.Version(1)).Return(version)
		p.env.ExecuteWorkflow(order.BulkWorkflowType, bulkOf(5))
		if err := p.env.GetWorkflowError(); err != nil || !slices.Equal(p.atOnce, want) {
			t.Errorf("version %d: %v at once, %v", version, p.atOnce, err)
		}
	}
}

// Every message of every page is asked once, an empty page ends nothing, and a failure is tried again.
func TestABulkGoesThroughAllPages(t *testing.T) {
	p := newPages(t, 3, 0, 90, 1)
	p.failed = 2
	p.env.ExecuteWorkflow(order.BulkWorkflowType, bulkOf(5))
	var view order.BulkView
	if err := p.env.GetWorkflowResult(&view); err != nil {
		t.Fatal(err)
	}
	if len(p.asked) != 94 || view.Found != 94 || view.Taken != 63 || view.Refused != 31 || len(view.Refusals) != order.MaxBulkSample ||
		view.State != order.BulkDone || !view.Complete || view.EndedAt == nil {
		t.Errorf("asked %d, %+v", len(p.asked), view)
	}
	if p.question.Most != 100 || !p.question.At.Equal(bulkAt) {
		t.Errorf("it asked for %+v", p.question)
	}
}

// A slow bulk has small pages, so that none takes longer than its activity may.
func TestAPageOfASlowBulkIsSmall(t *testing.T) {
	for rate, most := range map[float64]int{0.1: 2, 1: 20, 4.9: 98, 100: 100} {
		p := newPages(t, 1)
		p.env.ExecuteWorkflow(order.BulkWorkflowType, bulkOf(rate))
		if p.question.Most != most {
			t.Errorf("at %v a second it asks for %d, want %d", rate, p.question.Most, most)
		}
	}
}

// A bulk whose history has grown goes on in a new run where it was.
func TestABulkContinues(t *testing.T) {
	first := newPages(t, 3, 3)
	first.failed = 1 // so that the history has grown before the first page ends
	first.env.RegisterDelayedCallback(func() { first.env.SetCurrentHistoryLength(100) }, 100*time.Millisecond)
	input := bulkOf(5)
	input.CrowdedAt = 50
	first.env.ExecuteWorkflow(order.BulkWorkflowType, input)
	var next *workflow.ContinueAsNewError
	if err := first.env.GetWorkflowError(); !errors.As(err, &next) {
		t.Fatalf("the first run ends with %v", err)
	}
	if err := converter.GetDefaultDataConverter().FromPayloads(next.Input, &input); err != nil {
		t.Fatal(err)
	}
	second := newPages(t, 3, 3)
	second.env.ExecuteWorkflow(order.BulkWorkflowType, input)
	var view order.BulkView
	if err := second.env.GetWorkflowResult(&view); err != nil {
		t.Fatal(err)
	}
	if view.Found != 6 || view.Taken != 4 || len(first.asked) != 3 || len(second.asked) != 3 || second.asked[0] != "replay 1-0" {
		t.Errorf("ended %+v, asked %v and %v", view, first.asked, second.asked)
	}
}

// Somebody who cancels a bulk in Temporal stops it; what it has done stays counted.
func TestABulkIsStopped(t *testing.T) {
	p := newPages(t, 3, 3)
	p.failed = 1 << 20
	p.env.RegisterDelayedCallback(p.env.CancelWorkflow, time.Hour)
	p.env.ExecuteWorkflow(order.BulkWorkflowType, bulkOf(5))
	value, err := p.env.QueryWorkflow(order.ViewQuery)
	if err != nil {
		t.Fatal(err)
	}
	var view order.BulkView
	if err := value.Get(&view); err != nil || p.env.GetWorkflowError() == nil {
		t.Fatal(err, p.env.GetWorkflowError())
	}
	if diff := cmp.Diff(order.BulkStopped, view.State); diff != "" || view.Taken != 0 || view.Complete {
		t.Errorf("it shows %+v", view)
	}
}
