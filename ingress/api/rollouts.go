package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	workflowpb "go.temporal.io/api/workflow/v1"

	"miniflow/ingress/api/problem"
	"miniflow/ingress/api/strict"
	"miniflow/order"
	"miniflow/rollout"
	"miniflow/temporalio"
)

// RolloutPath names one rollout. It is exported because the framework ignores unexported types.
type RolloutPath struct {
	AppID     string `path:"app_id" maxLength:"64" doc:"The third-party application."`
	RolloutID string `path:"rollout_id" pattern:"^[0-9A-Za-z_]{1,12}$" doc:"The rollout's id."`
}

func (p RolloutPath) workflowID() string { return rollout.WorkflowID(p.AppID, p.RolloutID) }

const rolloutPath = "/v1/rollouts/{app_id}/{rollout_id}"

func (a *API) routeRollouts(calls huma.API) {
	bodies := strict.NewReader[rolloutBody](a.schemas)
	start := call(a, calls, APIScopeWrite, huma.Operation{
		OperationID: "start-rollout", Method: http.MethodPost, Path: "/v1/rollouts", Tags: []string{"rollouts"},
		Summary: "Upgrade every mini program of a template, in waves", DefaultStatus: http.StatusCreated,
		Description: "Each member gets an order of kind release, whose number is the rollout's id, a hyphen and the mini program's id. " +
			"Canaries go first, then waves, each of which waits for a soak; it halts by itself where too much is rejected or fails. " +
			"201: it is under way, and goes on whatever becomes of this process. 200: the same one again. 409: its id with other content.",
	}, a.startRollout(bodies))
	describeBody(start, bodies.Schema)
	start.Responses["200"] = &huma.Response{Description: "The same rollout again.", Content: start.Responses["201"].Content}
	call(a, calls, APIScopeRead, huma.Operation{
		OperationID: "list-rollouts", Method: http.MethodGet, Path: "/v1/rollouts", Tags: []string{"rollouts"},
		Summary: "List mass upgrades, the latest first",
	}, a.listRollouts)
	call(a, calls, APIScopeRead, huma.Operation{
		OperationID: "get-rollout", Method: http.MethodGet, Path: rolloutPath, Tags: []string{"rollouts"},
		Summary: "See how far a mass upgrade is", Description: "With its counts, the next wave, how long it takes still, and the first members that need a person.",
	}, a.getRollout)
	call(a, calls, APIScopeRead, huma.Operation{
		OperationID: "list-rollout-members", Method: http.MethodGet, Path: rolloutPath + "/members", Tags: []string{"rollouts"},
		Summary: "List the members of a mass upgrade", Description: "In the order in which they go, each with its order and why it stands where it stands.",
	}, a.listMembers)
	a.routeRolloutCommands(calls)
}

type listRolloutsInput struct {
	AppID  string `query:"app_id" maxLength:"64" doc:"Left out: every app of the key."`
	Limit  int    `query:"limit" minimum:"1" maximum:"50" doc:"Rows on a page; 25 when left out."`
	Cursor string `query:"cursor" maxLength:"4096" doc:"next_cursor of the page before, with the same filters."`
}

type listRolloutsOutput struct{ Body rolloutList }

type rolloutList struct {
	Rollouts   []rolloutView `json:"rollouts"`
	NextCursor string        `json:"next_cursor" doc:"Empty on the last page."`
}

func (a *API) listRollouts(ctx context.Context, input *listRolloutsInput) (*listRolloutsOutput, error) {
	apps, err := appsFor(ctx, input.AppID)
	if err != nil {
		return nil, err
	}
	query := temporalio.NewQuery(rollout.WorkflowType, apps...).String()
	at, err := readCursor(input.Cursor, query)
	if err != nil {
		return nil, err
	}
	size := heldPage
	if input.Limit > 0 {
		size = input.Limit
	}
	page, err := a.list(ctx, query, size, at.Token)
	if err != nil {
		return nil, err
	}
	listed := rolloutList{Rollouts: make([]rolloutView, len(page.GetExecutions())), NextCursor: cursor{Token: page.GetNextPageToken()}.write(query)}
	asking, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	atOnce(len(listed.Rollouts), func(i int) { listed.Rollouts[i] = rolloutView{a.rolloutRow(asking, page.GetExecutions()[i])} })
	return &listRolloutsOutput{listed}, nil
}

// rolloutRow asks one rollout how it stands; one that can't answer must not hide the others.
func (a *API) rolloutRow(ctx context.Context, row *workflowpb.WorkflowExecutionInfo) rollout.View {
	id := row.GetExecution().GetWorkflowId()
	appID, rolloutID := rollout.OfWorkflowID(id)
	view, err := a.rolloutView(ctx, standing{info: row, execution: executionOf(row)}, appID, rolloutID)
	if err != nil {
		a.config.Log.WarnContext(ctx, "a rollout did not say how it stands", "workflow_id", id, "error", err.Error())
		return rollout.View{
			AppID: appID, ID: rolloutID, Execution: executionOf(row), From: []string{}, Counts: map[string]int{}, Exceptions: []rollout.MemberView{}, Commands: []string{},
			StartedAt: momentOf(row.GetStartTime()), Since: momentOf(row.GetStartTime()),
		}
	}
	return view
}

func (a *API) getRollout(ctx context.Context, path *RolloutPath) (*rolloutOutput, error) {
	s, err := a.standing(ctx, path.workflowID(), problem.RolloutUnknown)
	if err != nil {
		return nil, err
	}
	view, err := a.rolloutView(ctx, s, path.AppID, path.RolloutID)
	return &rolloutOutput{Status: http.StatusOK, Body: rolloutView{view}}, err
}

// rolloutView asks the rollout's workflow, a closed one too.
func (a *API) rolloutView(ctx context.Context, s standing, appID, id string) (rollout.View, error) {
	asking, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	view, err := ask[rollout.View](asking, a.config.Temporal, rollout.WorkflowID(appID, id), "", order.ViewQuery)
	if err != nil {
		return view, a.unseen(ctx, rollout.WorkflowID(appID, id), err)
	}
	if view.Execution = s.execution; s.closed() {
		view.Commands = []string{}
	}
	return view, nil
}

// unseen is why a rollout does not answer.
func (a *API) unseen(ctx context.Context, workflowID string, err error) error {
	if why := a.stoppedProblem(ctx, workflowID, "this rollout", err); why != nil {
		return why
	}
	return temporalProblem(err, "see how the rollout stands", problem.RolloutUnknown)
}

type membersInput struct {
	RolloutPath
	Where string `query:"where" enum:"waiting,running,online,rejected,stuck,failed,held,rolled_back,withdrawn,kept" doc:"Only those that stand there."`
	After int    `query:"after" minimum:"0" doc:"next of the page before."`
	Limit int    `query:"limit" minimum:"1" maximum:"200" doc:"Rows on a page; 50 when left out."`
}

type membersOutput struct{ Body rollout.MembersPage }

func (a *API) listMembers(ctx context.Context, input *membersInput) (*membersOutput, error) {
	asking, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	asked := rollout.MembersAsked{Where: input.Where, After: input.After, Most: PageRequest{Limit: input.Limit}.size()}
	page, err := ask[rollout.MembersPage](asking, a.config.Temporal, input.workflowID(), "", rollout.MembersQuery, asked)
	if err != nil {
		return nil, a.unseen(ctx, input.workflowID(), err)
	}
	return &membersOutput{page}, nil
}
