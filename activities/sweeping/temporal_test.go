package sweeping

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"miniflow/order"
)

const appID = "2021000000000001"

// kept is an order as Temporal shows it.
type kept struct {
	id       string
	kind     order.Kind
	stage    order.Stage
	nextLook time.Time
	factAt   time.Time
	look     order.Look
	closed   bool
	// now is its memo where that is newer than what lists show.
	now *order.Look

	pokes []string
}

func (k *kept) value(attribute string) string {
	text := func(at time.Time) string {
		if at.IsZero() {
			return ""
		}
		return at.UTC().Format(sortable)
	}
	switch attribute {
	case "WorkflowType":
		return order.WorkflowType
	case "AppId":
		return appID
	case "OrderKind":
		return string(k.kind)
	case "OrderStage":
		return string(k.stage)
	case "NextLook":
		return text(k.nextLook)
	case "FactAt":
		return text(k.factAt)
	case "ExecutionStatus":
		if k.closed {
			return "Completed"
		}
		return "Running"
	}
	panic("a query asks for " + attribute)
}

const sortable = "2006-01-02T15:04:05.000000000Z"

// fakeTemporal keeps orders and answers queries about them as a visibility store does.
type fakeTemporal struct {
	t     *testing.T
	mutex sync.Mutex
	kept  []*kept
	// calls counts requests, and queries are those of lists.
	calls   map[string]int
	queries []string
	// fails makes a request fail.
	fails map[string]error
	// turned is called before a list, with how many there were.
	turned func(int)
}

func newFakeTemporal(t *testing.T) *fakeTemporal {
	return &fakeTemporal{t: t, calls: map[string]int{}, fails: map[string]error{}}
}

func (f *fakeTemporal) called(what string) error {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.calls[what]++
	return f.fails[what]
}

// found returns the orders that a query finds.
func (f *fakeTemporal) found(query string) (found []*kept) {
	words := tokens(query)
	for _, one := range f.kept {
		rest := words
		if holds(one, &rest) {
			found = append(found, one)
		}
		if len(rest) > 0 {
			f.t.Fatalf("the query %s has more: %v", query, rest)
		}
	}
	return found
}

var token = regexp.MustCompile(`\(|\)|'[^']*'|[A-Za-z]+|<=|>=|!=|=|>|<|,`)

func tokens(query string) []string { return token.FindAllString(query, -1) }

// holds reads a row of conditions joined by AND and OR, where AND binds closer.
func holds(one *kept, rest *[]string) bool {
	held := false
	for {
		all := true
		for {
			all = condition(one, rest) && all
			if !taken(rest, "AND") {
				break
			}
		}
		held = held || all
		if !taken(rest, "OR") {
			return held
		}
	}
}

func taken(rest *[]string, word string) bool {
	if len(*rest) > 0 && (*rest)[0] == word {
		*rest = (*rest)[1:]
		return true
	}
	return false
}

func condition(one *kept, rest *[]string) bool {
	if taken(rest, "(") {
		held := holds(one, rest)
		if !taken(rest, ")") {
			panic("a parenthesis is open")
		}
		return held
	}
	value, sign := one.value((*rest)[0]), (*rest)[1]
	*rest = (*rest)[2:]
	switch sign {
	case "IS":
		*rest = (*rest)[2:] // NOT NULL
		return value != ""
	case "IN":
		inside := slices.Index(*rest, ")")
		listed := slices.Contains((*rest)[:inside], "'"+value+"'")
		*rest = (*rest)[inside+1:]
		return listed
	}
	wanted := strings.Trim((*rest)[0], "'")
	*rest = (*rest)[1:]
	if at, err := time.Parse(time.RFC3339Nano, wanted); err == nil {
		wanted = at.Format(sortable)
	}
	switch {
	case value == "":
		return false
	case sign == "=":
		return value == wanted
	case sign == "!=":
		return value != wanted
	case sign == "<=":
		return value <= wanted
	case sign == ">":
		return value > wanted
	}
	panic("the sign " + sign)
}

func (f *fakeTemporal) ListWorkflow(_ context.Context, request *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	if f.turned != nil {
		f.turned(f.calls["list"])
	}
	if err := f.called("list"); err != nil {
		return nil, err
	}
	f.queries = append(f.queries, request.GetQuery())
	found := f.found(request.GetQuery())
	begin, _ := strconv.Atoi(string(request.GetNextPageToken()))
	end := min(len(found), begin+int(request.GetPageSize()))
	page := &workflowservice.ListWorkflowExecutionsResponse{}
	for _, one := range found[begin:end] {
		page.Executions = append(page.Executions, f.info(one, one.look))
	}
	if end < len(found) {
		page.NextPageToken = []byte(strconv.Itoa(end))
	}
	return page, nil
}

func (f *fakeTemporal) info(one *kept, look order.Look) *workflowpb.WorkflowExecutionInfo {
	payload := func(value any) *commonpb.Payload {
		encoded, err := converter.GetDefaultDataConverter().ToPayload(value)
		if err != nil {
			f.t.Fatal(err)
		}
		return encoded
	}
	info := &workflowpb.WorkflowExecutionInfo{
		Execution:        &commonpb.WorkflowExecution{WorkflowId: one.id},
		Status:           enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING,
		Memo:             &commonpb.Memo{Fields: map[string]*commonpb.Payload{order.LookMemo: payload(look)}},
		SearchAttributes: &commonpb.SearchAttributes{IndexedFields: map[string]*commonpb.Payload{}},
	}
	if one.closed {
		info.Status = enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED
	}
	if !one.nextLook.IsZero() {
		info.SearchAttributes.IndexedFields[order.AttributeNextLook] = payload(one.nextLook)
	}
	return info
}

func (f *fakeTemporal) CountWorkflow(_ context.Context, request *workflowservice.CountWorkflowExecutionsRequest) (*workflowservice.CountWorkflowExecutionsResponse, error) {
	if err := f.called("count"); err != nil {
		return nil, err
	}
	return &workflowservice.CountWorkflowExecutionsResponse{Count: int64(len(f.found(request.GetQuery())))}, nil
}

func (f *fakeTemporal) one(id string) *kept {
	for _, one := range f.kept {
		if one.id == id {
			return one
		}
	}
	return nil
}

func (f *fakeTemporal) DescribeWorkflowExecution(_ context.Context, id, _ string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	if err := f.called("describe"); err != nil {
		return nil, err
	}
	one := f.one(id)
	now := one.look
	if one.now != nil {
		now = *one.now
	}
	return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: f.info(one, now)}, nil
}

func (f *fakeTemporal) SignalWorkflow(_ context.Context, id, run, name string, arg any) error {
	if err := f.called("signal"); err != nil {
		return err
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	one := f.one(id)
	if one.closed {
		return serviceerror.NewNotFound("it has ended")
	}
	one.pokes = append(one.pokes, fmt.Sprint(run, name, ": ", arg.(order.Poke).Why))
	return nil
}
