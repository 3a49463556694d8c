package service_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"miniflow/alipay/alipaysim"
	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
	"miniflow/cmd/internal/service"
	"miniflow/internal/config"
	"miniflow/internal/seal"
	"miniflow/order"
)

// tokensKept are the mini programs that Temporal lists, with the token that each keeps.
type tokensKept struct {
	ids    []string
	tokens map[string]*order.Token
	query  string
	err    error
}

// ListWorkflow lists the mini programs.
func (k *tokensKept) ListWorkflow(_ context.Context, request *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	k.query = request.GetQuery()
	page := &workflowservice.ListWorkflowExecutionsResponse{}
	for _, id := range k.ids {
		page.Executions = append(page.Executions, &workflowpb.WorkflowExecutionInfo{
			Execution: &commonpb.WorkflowExecution{WorkflowId: order.MiniProgramWorkflowID(agreedApp, id)},
		})
	}
	return page, nil
}

// DescribeWorkflowExecution hands out a memo with a token.
func (k *tokensKept) DescribeWorkflowExecution(_ context.Context, workflowID, _ string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	if k.err != nil {
		return nil, k.err
	}
	id := strings.TrimPrefix(workflowID, order.MiniProgramWorkflowID(agreedApp, ""))
	payload, err := converter.GetDefaultDataConverter().ToPayload(k.tokens[id])
	return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{
		Memo: &commonpb.Memo{Fields: map[string]*commonpb.Payload{order.TokenMemo: payload}},
	}}, err
}

// QueryWorkflow is not needed where the memo says it.
func (k *tokensKept) QueryWorkflow(context.Context, string, string, string, ...any) (converter.EncodedValue, error) {
	return nil, serviceerror.NewQueryFailed("the memo says it")
}

// newProbed is a prober of an app at a simulated Alipay, and a merchant's living token.
func newProbed(t *testing.T) (*service.Prober, string) {
	t.Helper()
	cfg := configured(t, nil, func(*config.App) {})
	dir := t.TempDir()
	must(t, alipaysim.GenerateKeys(dir, agreedApp))
	app, err := alipaysim.LoadApp(dir, agreedApp)
	must(t, err)
	simulator, err := alipaysim.Open(alipaysim.Config{Volatile: true, Path: filepath.Join(dir, "alipay.db"), Apps: []alipaysim.App{app}})
	must(t, err)
	server := httptest.NewServer(simulator.Handler())
	t.Cleanup(func() { server.Close(); must(t, simulator.Close()) })
	cfg.Apps[0].Endpoint = server.URL + "/gateway.do"
	cfg.Apps[0].PrivateKey = config.Secret(read(t, dir, "app_private.pem"))
	cfg.Apps[0].AlipayPublicKeys = []config.PublicKey{{Key: read(t, dir, "alipay_public.pem")}}
	prober, err := service.NewProber(cfg)
	must(t, err)

	manage := func(method, path, body string) map[string]any {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), method, server.URL+"/sim/v1/"+path, strings.NewReader(body))
		must(t, err)
		request.Header.Set("Content-Type", "application/json")
		answer, err := http.DefaultClient.Do(request)
		must(t, err)
		defer func() { _ = answer.Body.Close() }()
		var said map[string]any
		must(t, json.NewDecoder(answer.Body).Decode(&said))
		return said
	}
	manage(http.MethodPost, "mini-programs", `{"app_id":"`+agreedApp+`","mini_app_id":"living","authorized":true}`)
	living, _ := manage(http.MethodGet, "mini-programs/living/token", "")["app_auth_token"].(string)
	return prober, living
}

// TestDoctorCallsAsAMerchantWhoseTokenIsKept checks that the first mini program that has one is
// called for, and what is wrong is told apart: the token, the sealing, Temporal.
func TestDoctorCallsAsAMerchantWhoseTokenIsKept(t *testing.T) {
	prober, living := newProbed(t)
	sealed := func(token string) *order.Token {
		text, err := seal.None().Seal([]byte(token), agreedApp, order.SealToken)
		must(t, err)
		return &order.Token{Sealed: text}
	}
	kept := &tokensKept{tokens: map[string]*order.Token{"living": sealed(living), "dead": sealed(strings.Repeat("0", 40)), "garbled": {Sealed: "x"}}}
	for name, c := range map[string]struct {
		ids    []string
		err    error
		called string
		want   func(error) bool
	}{
		"the first has none":       {[]string{"none", "living", "dead"}, nil, "living", func(err error) bool { return err == nil }},
		"a dead token":             {[]string{"dead"}, nil, "dead", func(err error) bool { return gateway.ClassOf(err) == codes.ClassAuthorization }},
		"nobody has one":           {[]string{"none"}, nil, "", func(err error) bool { return err == nil }},
		"no mini program":          {nil, nil, "", func(err error) bool { return err == nil }},
		"no worker":                {[]string{"living"}, serviceerror.NewQueryFailed("no poller"), "living", func(err error) bool { return errors.Is(err, service.ErrTokenUnread) }},
		"sealed with another key":  {[]string{"garbled"}, nil, "garbled", func(err error) bool { return err != nil && !errors.Is(err, service.ErrTokenUnread) }},
		"it has ended in between":  {[]string{"living"}, serviceerror.NewNotFound("gone"), "", func(err error) bool { return err == nil }},
		"Temporal is out of reach": {[]string{"living"}, context.DeadlineExceeded, "living", func(err error) bool { return errors.Is(err, service.ErrTokenUnread) }},
	} {
		kept.ids, kept.err = c.ids, c.err
		ctx, done := context.WithTimeout(t.Context(), time.Minute)
		called, err := prober.Merchant(ctx, kept, "default", 0)
		done()
		if called != c.called || !c.want(err) {
			t.Errorf("%s: called as %q, %v", name, called, err)
		}
		if !strings.Contains(kept.query, agreedApp) {
			t.Errorf("%s: other apps' mini programs are listed: %s", name, kept.query)
		}
	}
}
