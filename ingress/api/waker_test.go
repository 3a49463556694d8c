package api

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
)

// TestEarlyMessagesAreWoken once their orders have started: those of many orders with one list, and
// one that has ended meanwhile keeps no other from it.
func TestEarlyMessagesAreWoken(t *testing.T) {
	env := openAPI(t)
	env.temporal.signals = make(chan string, 10)
	env.temporal.fail("signal", serviceerror.NewNotFound("it has ended"))
	env.temporal.onList = func(_ *workflowservice.ListWorkflowExecutionsRequest) *workflowservice.ListWorkflowExecutionsResponse {
		page := &workflowservice.ListWorkflowExecutionsResponse{}
		for _, id := range []string{"delivery/1/n1", "delivery/1/n2"} {
			page.Executions = append(page.Executions, &workflowpb.WorkflowExecutionInfo{Execution: &commonpb.WorkflowExecution{WorkflowId: id}})
		}
		return page
	}
	for _, number := range []string{"EARLY1", "EARLY2"} {
		env.api.waker.orderStarted("2021999999999999", number)
	}
	for _, want := range []string{"wake delivery/1/n1", "wake delivery/1/n2"} {
		select {
		case got := <-env.temporal.signals:
			if got != want {
				t.Errorf("sent %q, want %q", got, want)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("nobody was woken")
		}
	}
	env.temporal.mutex.Lock()
	defer env.temporal.mutex.Unlock()
	if len(env.temporal.lists) != 1 {
		t.Fatalf("%d lists for two orders of one moment", len(env.temporal.lists))
	}
	query := env.temporal.lists[0].GetQuery()
	for _, part := range []string{"'EARLY1', 'EARLY2'", "'Delivery'", "'Running'", "'2021999999999999'"} {
		if !strings.Contains(query, part) {
			t.Errorf("the list %q lacks %s", query, part)
		}
	}
}

// TestEarlyMessagesAreNotLookedForAllTheTime: once nothing was found, orders are collected for
// longer; what was found is a reason to look soon.
func TestEarlyMessagesAreNotLookedForAllTheTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		temporal := newAPITemporal()
		var at []time.Duration
		began, early := time.Now(), false
		var mutex sync.Mutex
		temporal.onList = func(_ *workflowservice.ListWorkflowExecutionsRequest) *workflowservice.ListWorkflowExecutionsResponse {
			mutex.Lock()
			defer mutex.Unlock()
			at = append(at, time.Since(began))
			page := &workflowservice.ListWorkflowExecutionsResponse{}
			if early {
				page.Executions = append(page.Executions, &workflowpb.WorkflowExecutionInfo{Execution: &commonpb.WorkflowExecution{WorkflowId: "delivery/1/n1"}})
			}
			return page
		}
		w := &waker{temporal: temporal, log: slog.New(slog.DiscardHandler)}
		for i := range 20 { // an order a second
			mutex.Lock()
			early = i >= 9
			mutex.Unlock()
			w.orderStarted("2021999999999999", fmt.Sprint("OUT", i))
			<-time.After(time.Second)
		}
		mutex.Lock()
		defer mutex.Unlock()
		want := []time.Duration{500 * time.Millisecond, 5500 * time.Millisecond, 10500 * time.Millisecond, 11500 * time.Millisecond}
		if len(at) < len(want) || !slices.Equal(at[:len(want)], want) {
			t.Errorf("looked after %v, want %v first", at, want)
		}
	})
}
