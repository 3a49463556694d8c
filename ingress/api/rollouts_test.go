package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"miniflow/ingress/api/problem"
	"miniflow/internal/audit"
	"miniflow/order"
	"miniflow/rollout"
	"miniflow/words"
)

// rolloutOf is the body of a rollout, with changes.
func rolloutOf(changes map[string]any) string {
	whole := map[string]any{
		"app_id": apiApp, "id": "autumn", "from": []string{"1.0.2"},
		"version": map[string]any{"template_id": "2021000000000888", "template_version": "1.0.3"},
		"submission": map[string]any{
			"version_desc": "A new version with everything that a guest of the shop needs.", "region_type": "CHINA", "service_phone": "13800138000",
		},
		"plan": map[string]any{"canary": []string{apiMini}, "soak": "30m", "most_rejected": 0},
	}
	for name, value := range changes {
		if whole[name] = value; value == nil {
			delete(whole, name)
		}
	}
	text, err := json.Marshal(whole)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func (s *apiEnv) rolloutStarted() rollout.Input {
	s.t.Helper()
	if len(s.temporal.rollouts) != 1 {
		s.t.Fatalf("%d rollouts were started", len(s.temporal.rollouts))
	}
	return s.temporal.rollouts[0]
}

const autumn = "/v1/rollouts/" + apiApp + "/autumn"

func TestARolloutIsStarted(t *testing.T) {
	env := openAPI(t, withAudit(t), func(config *Config) { config.Apps[0].Language = words.Chinese })
	answer := env.do("POST", "/v1/rollouts", rolloutOf(nil)).want(http.StatusCreated)
	view, input := read[rollout.View](answer), env.rolloutStarted()
	plan := rollout.DefaultPlan()
	plan.Canary, plan.Soak, plan.MostRejected = []string{apiMini}, order.Duration(30*time.Minute), 0
	if diff := cmp.Diff(plan, input.Plan); diff != "" || input.Language != words.Chinese || input.Actor != "name of "+keyAll || !input.At.Equal(apiStart) {
		t.Errorf("started %+v\n%s", input, diff)
	}
	if r := input.Request; r.Kind != order.KindRelease || r.Version.TemplateVersion != "1.0.3" || len(r.Submission.Fields) != 1 || r.Policy.Release != order.StepAuto {
		t.Errorf("its orders are %+v", r)
	}
	if input.LookEvery.Std() != 30*time.Second || view.State != rollout.Listing || len(view.Commands) == 0 || view.ID != "autumn" || answer.header.Get("Location") != autumn {
		t.Errorf("%s at %q, it looks every %s", answer.text, answer.header.Get("Location"), input.LookEvery.Std())
	}
	if strings.Contains(string(env.temporal.payloads), "13800138000") {
		t.Error("a telephone number is in clear")
	}
	want := audit.Detail{AppID: apiApp, RolloutID: "autumn", After: &audit.State{State: "listing"}}
	if diff := cmp.Diff(want, env.entries()[0].Detail); diff != "" {
		t.Error(diff)
	}
}

// The same rollout again is the first, however it stands; another one under its id, or its key, is refused.
func TestARepeatedRolloutIsTheFirst(t *testing.T) {
	env := openAPI(t)
	first := read[rollout.View](env.do("POST", "/v1/rollouts", rolloutOf(nil)).want(http.StatusCreated))
	env.clock.Forward(time.Hour)
	again := env.do("POST", "/v1/rollouts", rolloutOf(nil)).want(http.StatusOK)
	if diff := cmp.Diff(first, read[rollout.View](again)); diff != "" || env.rolloutStarted().ID != "autumn" {
		t.Error(diff)
	}
	for name, value := range map[string]any{
		"plan": map[string]any{"rate": 2}, "no_ext": true, "from": nil, "submission": map[string]any{"version_desc": "Another version with everything that a guest needs.", "region_type": "CHINA"},
	} {
		if p := read[problem.Problem](env.do("POST", "/v1/rollouts", rolloutOf(map[string]any{name: value})).want(http.StatusConflict)); !p.HasKind(problem.RolloutIDTaken) {
			t.Errorf("another %s: %s", name, p.Type)
		}
	}
}

func TestARolloutWithoutAnID(t *testing.T) {
	env := openAPI(t)
	body := rolloutOf(map[string]any{"id": nil})
	first := read[rollout.View](env.keyed(keyAll, "k", "/v1/rollouts", body).want(http.StatusCreated))
	again := read[rollout.View](env.keyed(keyAll, "k", "/v1/rollouts", body).want(http.StatusOK))
	if first.ID != again.ID || len(first.ID) != rollout.MaxIDOfRollout {
		t.Errorf("%s, then %s", first.ID, again.ID)
	}
	env.keyed(keyAll, "k", "/v1/rollouts", rolloutOf(map[string]any{"id": nil, "no_ext": true})).wantFields("header.Idempotency-Key")
	if other := read[rollout.View](env.do("POST", "/v1/rollouts", body).want(http.StatusCreated)); other.ID == first.ID {
		t.Error("another one has the same id")
	}
}

func TestWhatARolloutRefuses(t *testing.T) {
	env := openAPI(t)
	env.do("POST", "/v1/rollouts", `{}`).wantFields("app_id", "version", "submission.region_type", "submission.version_desc")
	env.do("POST", "/v1/rollouts", rolloutOf(map[string]any{
		"id": "thirteen_char", "from": []string{"1.0.3"}, "policy": map[string]any{"upload": "external"}, "ext": map[string]any{"sha256": "x"},
		"plan": map[string]any{"canary": []string{"a b"}, "soak": "0s", "keep": "1h1", "rate": 1000, "most_failed": 2}, "submission": map[string]any{"version_desc": "short"},
	})).wantFields("id", "ext.sha256", "plan.rate", "plan.most_failed", "from", "policy.upload", "plan.canary", "plan.soak", "plan.keep", "submission.version_desc", "submission.region_type")
	env.do("POST", "/v1/rollouts", rolloutOf(map[string]any{"app_id": "2021000000000009"})).wantFields("app_id")
	env.as(keyOther, "POST", "/v1/rollouts", rolloutOf(nil)).want(http.StatusForbidden)
	env.as(keyRead, "POST", "/v1/rollouts", rolloutOf(nil)).want(http.StatusForbidden)
	if len(env.temporal.rollouts) > 0 {
		t.Error("something was started all the same")
	}
}

// A file of configurations is handed in, checked, and kept for its rollout; nothing of it is in a history.
func TestTheExtsOfARollout(t *testing.T) {
	env, store := openFiles(t)
	const exts = "{\"mini_app_id\":\"" + apiMini + "\",\"ext\":{\"secret\":1}}\n"
	kept := read[keptFile](env.do(http.MethodPost, filePath("rollout.ext"), exts).want(http.StatusCreated))
	env.do(http.MethodPost, filePath("rollout.ext"), exts+`{"mini_app_id":"7"}`).wantFields("rollout.ext")
	env.do("POST", "/v1/rollouts", rolloutOf(map[string]any{"ext": map[string]any{"sha256": hashOf("other")}})).wantFields("ext.sha256")
	body := rolloutOf(map[string]any{"ext": map[string]any{"sha256": kept.SHA256}})
	env.do("POST", "/v1/rollouts", body).want(http.StatusCreated)
	if kept.Kind != "jsonl" || env.rolloutStarted().Ext != (order.FileRef{SHA256: kept.SHA256}) || strings.Contains(string(env.temporal.payloads), "secret") {
		t.Errorf("%+v, started with %+v", kept, env.rolloutStarted().Ext)
	}
	env.clock.Forward(48 * time.Hour)
	env.do("POST", "/v1/rollouts", body).want(http.StatusOK) // though the file can't be named any more
	if named, err := store.Name(t.Context(), apiApp, kept.SHA256, rollout.NamesFilesAs("autumn"), true); err != nil || !named {
		t.Errorf("the rollout has not named its file: %v", err)
	}
}

func TestARolloutIsSteered(t *testing.T) {
	env := openAPI(t, withAudit(t))
	env.do("POST", "/v1/rollouts", rolloutOf(nil)).want(http.StatusCreated)
	env.temporal.onUpdate = func(options client.UpdateWorkflowOptions) (any, error) {
		if options.UpdateName == rollout.PauseUpdate {
			return nil, temporal.NewNonRetryableApplicationError("not now", order.RefusedType, nil, words.New("refuse.rollout", "paused", "pause"))
		}
		return rollout.View{State: rollout.RollingBack}, nil
	}
	for _, command := range rollout.Updates() {
		answer := env.do("POST", autumn+"/"+command, `{"reason":"slow"}`)
		if command == rollout.PauseUpdate {
			if p := read[problem.Problem](answer.want(http.StatusConflict)); !strings.Contains(p.Detail.String(), "paused") {
				t.Errorf("it is refused: %s", answer.text)
			}
			continue
		}
		answer.want(http.StatusOK)
		sent := env.temporal.updates[len(env.temporal.updates)-1]
		if in, _ := sent.Args[0].(rollout.Instruction); sent.UpdateName != command || in != (rollout.Instruction{Actor: "name of " + keyAll, Reason: "slow"}) {
			t.Errorf("%s is sent as %+v", command, sent)
		}
	}
	env.do("POST", autumn+"/retry", `{"no_ext":true}`).want(http.StatusOK)
	if in, _ := env.temporal.updates[len(env.temporal.updates)-1].Args[0].(rollout.Instruction); !in.NoExt {
		t.Error("a retry without ext is not told so")
	}
	entries := env.entries()
	last := entries[len(entries)-1]
	if last.Action != "retry-rollout" || last.Detail.RolloutID != "autumn" || last.Detail.After.State != "rolling_back" {
		t.Errorf("recorded %+v", last)
	}
	env.keyed(keyAll, "k", autumn+"/rollback", "").want(http.StatusOK)
	env.keyed(keyAll, "k", autumn+"/rollback", "{}").want(http.StatusOK)
	if n := len(env.temporal.updates); env.temporal.updates[n-1].UpdateID != env.temporal.updates[n-2].UpdateID {
		t.Error("a repetition is another update")
	}
	env.do("POST", autumn+"/halt", `{"reason":"`+strings.Repeat("x", 301)+`","no_ext":true}`).wantFields("reason", "no_ext")
	env.do("POST", "/v1/rollouts/"+apiApp+"/spring/halt", "").want(http.StatusNotFound)
}

// One that is over, or was ended by hand, says so.
func TestARolloutThatIsOverTakesNothing(t *testing.T) {
	env := openAPI(t)
	env.do("POST", "/v1/rollouts", rolloutOf(nil)).want(http.StatusCreated)
	flow := env.temporal.flows[rollout.WorkflowID(apiApp, "autumn")]
	flow.status = enums.WORKFLOW_EXECUTION_STATUS_COMPLETED
	if p := read[problem.Problem](env.do("POST", autumn+"/rollback", "").want(http.StatusConflict)); !p.HasKind(problem.NotNow) {
		t.Errorf("one that is over: %s", p.Type)
	}
	if view := read[rollout.View](env.do("GET", autumn, "").want(http.StatusOK)); len(view.Commands) > 0 {
		t.Errorf("one that is over takes %v", view.Commands)
	}
	flow.status = enums.WORKFLOW_EXECUTION_STATUS_TERMINATED
	if p := read[problem.Problem](env.do("POST", autumn+"/rollback", "").want(http.StatusConflict)); !p.HasKind(problem.WorkflowClosed) {
		t.Errorf("one that was ended: %s", p.Type)
	}
}

func TestRolloutsAreListedWithTheirMembers(t *testing.T) {
	env := openAPI(t)
	env.do("POST", "/v1/rollouts", rolloutOf(nil)).want(http.StatusCreated)
	id := rollout.WorkflowID(apiApp, "autumn")
	env.temporal.onList = func(r *workflowservice.ListWorkflowExecutionsRequest) *workflowservice.ListWorkflowExecutionsResponse {
		if !strings.Contains(r.GetQuery(), "WorkflowType = 'Rollout'") || !strings.Contains(r.GetQuery(), "AppId IN ('"+apiApp+"')") {
			t.Errorf("asked %s", r.GetQuery())
		}
		return &workflowservice.ListWorkflowExecutionsResponse{
			Executions: []*workflowpb.WorkflowExecutionInfo{row(t, id, nil), row(t, rollout.WorkflowID(apiApp, "gone"), nil)}, NextPageToken: []byte("m"),
		}
	}
	answer := env.as(keyRead, "GET", "/v1/rollouts", "").want(http.StatusOK)
	listed := read[rolloutList](answer)
	if len(listed.Rollouts) != 2 || listed.Rollouts[0].State != rollout.Listing || listed.Rollouts[1].ID != "gone" || listed.NextCursor == "" || strings.Contains(answer.text, `"from":null`) {
		t.Errorf("listed %s", answer.text)
	}
	env.temporal.queryAnswers[id+" "+rollout.MembersQuery] = rollout.MembersPage{Members: []rollout.MemberView{{MiniAppID: apiMini, Where: "online"}}, Next: 50}
	if page := read[rollout.MembersPage](env.do("GET", autumn+"/members?where=online&limit=50", "").want(http.StatusOK)); len(page.Members) != 1 || page.Next != 50 {
		t.Errorf("its members are %+v", page)
	}
	env.do("GET", autumn+"/members?where=nowhere", "").wantFields("query.where")
	env.as(keyOther, "GET", autumn, "").want(http.StatusForbidden)
	env.do("GET", "/v1/rollouts/"+apiApp+"/spring", "").want(http.StatusNotFound)
}
