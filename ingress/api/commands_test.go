package api

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"miniflow/order"
)

func TestEveryCommandIsAnUpdate(t *testing.T) {
	by := "name of " + keyWrite
	for command, test := range map[order.Command]struct {
		body string
		want order.Instruction
	}{
		order.CommandApprove:        {"", order.Instruction{Actor: by}},
		order.CommandWithdraw:       {"{}", order.Instruction{Actor: by}},
		order.CommandRefresh:        {"", order.Instruction{Actor: by}},
		order.CommandRetry:          {"", order.Instruction{Actor: by}},
		order.CommandCancel:         {`{"reason":"closed"}`, order.Instruction{Actor: by, Reason: "closed"}},
		order.CommandGiveUp:         {`{"reason":"refused"}`, order.Instruction{Actor: by, Reason: "refused"}},
		order.CommandDecideBasePass: {`{"decision":"go_online"}`, order.Instruction{Actor: by, Decision: order.BasePassGoOnline}},
		order.CommandProvideInput:   {`{"order_no":"202611"}`, order.Instruction{Actor: by, OrderNo: "202611"}},
		order.CommandResubmit: {`{"version":{"app_version":"1.0.2"}}`,
			order.Instruction{Actor: by, Version: &order.Version{AppVersion: "1.0.2"}}},
	} {
		t.Run(string(command), func(t *testing.T) {
			env := openAPI(t)
			env.anOrder(order.StageAuditing)
			answer := env.as(keyWrite, "POST", orderPathOf("A-1")+"/"+string(command), test.body).want(http.StatusOK)
			update := env.temporal.updates[0]
			if update.UpdateName != string(command) || update.WorkflowID != "order/"+apiApp+"/A-1" ||
				update.WaitForStage != client.WorkflowUpdateStageCompleted || update.UpdateID == "" {
				t.Errorf("update %+v", update)
			}
			if diff := cmp.Diff(test.want, update.Args[0]); diff != "" {
				t.Errorf("instruction (-want +got)\n%s", diff)
			}
			if got := read[order.View](answer); got.OutOrderNo != "A-1" || !strings.Contains(got.Links.TemporalUI, "/run-1/") {
				t.Errorf("answered %s", answer.text)
			}
		})
	}
	// certify is the tenth; see TestPapersAreSealed.
	if got := len(order.Commands()); got != 10 {
		t.Errorf("there are %d commands; give the new one its row", got)
	}
}

func TestCommandHeaders(t *testing.T) {
	env := openAPI(t)
	env.anOrder(order.StageAuditing)
	send := func(actor, key string) *apiAnswer {
		r := env.request(keyAll, "POST", orderPathOf("A-1")+"/retry", "")
		r.Header.Set("X-Actor", actor)
		r.Header.Set("Idempotency-Key", key)
		return env.send(r)
	}
	send("张三", "once").want(http.StatusOK)
	instruction, _ := env.temporal.updates[0].Args[0].(order.Instruction)
	if instruction.Actor != "张三" || !strings.HasPrefix(env.temporal.updates[0].UpdateID, "retry/") || instruction.Key == "" || instruction.Digest == "" {
		t.Errorf("update %+v", env.temporal.updates[0])
	}
	send("a\x1b[31m", "").wantFields("header.X-Actor")
	send("a\xff", "").wantFields("header.X-Actor")
	send(strings.Repeat("a", maxActor+1), strings.Repeat("k", maxIdempotencyKey+1)).wantFields("header.Idempotency-Key", "header.X-Actor")
	if len(env.temporal.updates) != 1 {
		t.Errorf("%d updates", len(env.temporal.updates))
	}
}

func TestCorrectionsAreCheckedAndSealed(t *testing.T) {
	env := openAPI(t)
	env.anOrder(order.StageSubmitting)
	env.do("POST", orderPathOf("A-1")+"/provide-input",
		`{"create":{"contact_phone":"13800138009"},"submission":{"auto_online":true,"files":{"app_logo":{"url":"https://isv.example/2.png","sha256":"`+
			strings.Repeat("1", 64)+`"}}}}`).want(http.StatusOK)
	got, _ := env.temporal.updates[0].Args[0].(order.Instruction)
	var create map[string]string
	env.open(got.Create, order.SealCreate, &create)
	if diff := cmp.Diff(map[string]string{"contact_phone": "13800138009"}, create); diff != "" {
		t.Errorf("create (-want +got)\n%s", diff)
	}
	var block order.SubmissionBlock
	env.open(got.Submission.Fields[0], order.SealSubmission, &block)
	if block.Fields["auto_online"] != "true" || block.Files["app_logo"].URL != "https://isv.example/2.png" || !got.Submission.GoesOnlineByItself() {
		t.Errorf("submission %+v opens to %+v", got.Submission, block)
	}

	env.do("POST", orderPathOf("A-1")+"/resubmit", `{"version":{"template_id":"2021","ext":{"a":1}}}`).want(http.StatusOK)
	got, _ = env.temporal.updates[1].Args[0].(order.Instruction)
	var ext map[string]int
	if env.open(got.Version.Ext, order.SealExt, &ext); ext["a"] != 1 || got.Submission != nil {
		t.Errorf("ext opens to %v, submission %v", ext, got.Submission)
	}
}

func TestCommandsRefuseAndNameEveryField(t *testing.T) {
	for name, test := range map[string]struct {
		command, body string
		fields        []string
	}{
		"approve takes nothing":       {"approve", `{"reason":"x"}`, []string{"reason"}},
		"cancel in too many words":    {"cancel", `{"reason":"` + strings.Repeat("x", maxReason+1) + `"}`, []string{"reason"}},
		"cancel with a control":       {"cancel", `{"reason":"a\nb"}`, []string{"reason"}},
		"no decision":                 {"decide-base-pass", `{}`, []string{"decision"}},
		"no such decision":            {"decide-base-pass", `{"decision":"ask"}`, []string{"decision"}},
		"nothing provided":            {"provide-input", `{}`, []string{"create"}},
		"nothing resubmitted":         {"resubmit", ``, []string{"submission"}},
		"Alipay's rules, create":      {"provide-input", `{"create":{"app_name":"x","cert_no":""}}`, []string{"create.app_name", "create.cert_no"}},
		"Alipay's rules, submission":  {"resubmit", `{"submission":{"version_desc":"short","region_type":"x"}}`, []string{"submission.region_type", "submission.version_desc"}},
		"a file as text":              {"resubmit", `{"submission":{"files":{"app_logo":"iVBORw0KGgo="}}}`, []string{"submission.files.app_logo"}},
		"a crooked version":           {"resubmit", `{"version":{"app_version":"1"}}`, []string{"version.app_version"}},
		"a picture in the body":       {"provide-input", `{"create":{"license_pic":"iVBORw0KGgo="}}`, []string{"create.license_pic"}},
		"another command's field":     {"provide-input", `{"order_no":"1","decision":"go_online"}`, []string{"decision"}},
		"an order number with spaces": {"provide-input", `{"order_no":"1 2"}`, []string{"order_no"}},
	} {
		t.Run(name, func(t *testing.T) {
			env := openAPI(t)
			env.anOrder(order.StageAuditRejected)
			env.do("POST", orderPathOf("A-1")+"/"+test.command, test.body).wantFields(test.fields...)
			if len(env.temporal.updates) > 0 {
				t.Error("and yet the order was told")
			}
		})
	}
}

func TestCommandsThatAreNotCarriedOut(t *testing.T) {
	ended := func(s *apiEnv) {
		s.anOrder(order.StageOnline).status = enums.WORKFLOW_EXECUTION_STATUS_COMPLETED
	}
	running := func(s *apiEnv) { s.anOrder(order.StageAuditing) }
	for name, test := range map[string]struct {
		arrange func(*apiEnv)
		fail    error
		status  int
		detail  string
	}{
		"unknown order": {func(*apiEnv) {}, nil, http.StatusNotFound, "there is no such order"},
		"ended order":   {ended, nil, http.StatusConflict, "the order has ended (online); start a new order"},
		"refused by the order": {func(s *apiEnv) {
			running(s)
			s.temporal.onUpdate = func(client.UpdateWorkflowOptions) (any, error) {
				return nil, temporal.NewNonRetryableApplicationError("approve is not possible now: nothing waits for an approval", order.RefusedType, nil)
			}
		}, nil, http.StatusConflict, "approve is not possible now: nothing waits for an approval"},
		"broken in the order": {func(s *apiEnv) {
			running(s)
			s.temporal.onUpdate = func(client.UpdateWorkflowOptions) (any, error) {
				return nil, temporal.NewNonRetryableApplicationError("canary of an inner failure", "other", nil)
			}
		}, nil, http.StatusInternalServerError, "the log of this process says why"},
		"no worker": {running, client.NewWorkflowUpdateServiceTimeoutOrCanceledError(context.DeadlineExceeded),
			http.StatusServiceUnavailable, "it may be carried out yet"},
		"Temporal down":    {running, serviceerror.NewUnavailable("down"), http.StatusServiceUnavailable, "it may be carried out yet"},
		"too many updates": {running, serviceerror.NewResourceExhausted(0, "limit"), http.StatusServiceUnavailable, "it may be carried out yet"},
	} {
		t.Run(name, func(t *testing.T) {
			env := openAPI(t)
			test.arrange(env)
			if test.fail != nil {
				env.temporal.down["update"], env.within = test.fail, 200*time.Millisecond
			}
			answer := env.do("POST", orderPathOf("A-1")+"/approve", "").want(test.status)
			if !strings.Contains(answer.text, test.detail) || strings.Contains(answer.text, "canary") {
				t.Errorf("answered %s, want the words %q", answer.text, test.detail)
			}
		})
	}
}

// Once the command is carried out, a later failure must not make its answer an error.
func TestCommandIsAnsweredOnceItIsCarriedOut(t *testing.T) {
	env := openAPI(t)
	flow := env.anOrder(order.StageAuditing)
	env.temporal.onUpdate = func(client.UpdateWorkflowOptions) (any, error) {
		env.temporal.down["describe"], env.temporal.down["query"] = serviceerror.NewUnavailable("down"), serviceerror.NewUnavailable("down")
		return flow.view, nil
	}
	answer := env.do("POST", orderPathOf("A-1")+"/refresh", "").want(http.StatusOK)
	if link := read[order.View](answer).Links.TemporalUI; !strings.Contains(link, "/run-1/") {
		t.Errorf("link %q", link)
	}
}
