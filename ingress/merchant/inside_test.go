package merchant_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	commonpb "go.temporal.io/api/common/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"miniflow/ingress/merchant"
	"miniflow/order"
	"miniflow/words"
)

// house is a Temporal that lists, and an API that answers by path.
type house struct {
	t       *testing.T
	rows    []*workflowpb.WorkflowExecutionInfo
	failed  error
	query   string
	answers map[string]string // "status body" by method and path
	got     []string
}

func (h *house) ListWorkflow(_ context.Context, request *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	h.query = request.GetQuery()
	return &workflowservice.ListWorkflowExecutionsResponse{Executions: h.rows}, h.failed
}

type asking struct{}

func (h *house) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		h.t.Error(err)
	}
	as, _ := r.Context().Value(asking{}).(merchant.Order)
	h.got = append(h.got, strings.Join([]string{r.Method, r.URL.RequestURI(), r.Header.Get("Accept-Language"), as.AppID, string(body)}, " "))
	status, text, _ := strings.Cut(h.answers[r.Method+" "+r.URL.Path], " ")
	code := map[string]int{"200": 200, "201": 201, "404": 404, "409": 409, "413": 413, "422": 422, "500": 500, "": 500}[status]
	w.WriteHeader(code)
	_, _ = io.WriteString(w, text)
}

func (h *house) inside() merchant.Inside {
	return merchant.Inside{Temporal: h, Namespace: "default", Apps: []string{"app"}, API: h, As: func(ctx context.Context, of merchant.Order) context.Context {
		return context.WithValue(ctx, asking{}, of)
	}}
}

func row(t *testing.T, outOrderNo string) *workflowpb.WorkflowExecutionInfo {
	t.Helper()
	fields := map[string]*commonpb.Payload{}
	for name, value := range map[string]string{order.AttributeAppID: "app", order.AttributeOutOrderNo: outOrderNo} {
		payload, err := converter.GetDefaultDataConverter().ToPayload(value)
		if err != nil {
			t.Fatal(err)
		}
		fields[name] = payload
	}
	return &workflowpb.WorkflowExecutionInfo{SearchAttributes: &commonpb.SearchAttributes{IndexedFields: fields}}
}

// TestALinkFindsItsOrder by one list: of several runs the one order, of two orders neither.
func TestALinkFindsItsOrder(t *testing.T) {
	id := order.MerchantLinkID("app", "no")
	for name, c := range map[string]struct {
		rows   []*workflowpb.WorkflowExecutionInfo
		failed error
		found  bool
	}{
		"one": {rows: []*workflowpb.WorkflowExecutionInfo{row(t, "no")}, found: true}, "none": {},
		"two runs":  {rows: []*workflowpb.WorkflowExecutionInfo{row(t, "no"), row(t, "no")}, found: true},
		"another's": {rows: []*workflowpb.WorkflowExecutionInfo{row(t, "other")}},
		"down":      {failed: errors.New("down")},
	} {
		h := &house{t: t, rows: c.rows, failed: c.failed}
		of, err := h.inside().Find(t.Context(), id)
		if c.found != (err == nil && of.OutOrderNo == "no") || errors.Is(err, merchant.ErrMissing) == (c.found || c.failed != nil) {
			t.Errorf("%s: %+v, %v", name, of, err)
		}
		if want := order.AttributeMerchantLink + " = "; !strings.Contains(h.query, want) || !strings.Contains(h.query, "'app'") {
			t.Errorf("%s: the list is %s", name, h.query)
		}
	}
}

// TestPicturesGoInOneCorrection, each checked before the order hears of any.
func TestPicturesGoInOneCorrection(t *testing.T) {
	files := map[string][]byte{logo: []byte("one"), licence: []byte("two")}
	of := merchant.Order{AppID: "app", OutOrderNo: "no"}
	const input = "POST /v1/orders/app/no/provide-input"
	h := &house{t: t, answers: map[string]string{"POST /v1/files": `201 {"sha256":"aa"}`, input: "200 {}"}}
	wrong, err := h.inside().HandIn(t.Context(), of, words.Chinese, files)
	want := []string{
		"POST /v1/files?app_id=app&field=create.license_pic zh-CN app two",
		"POST /v1/files?app_id=app&field=submission.files.app_logo zh-CN app one",
		`POST /v1/orders/app/no/provide-input zh-CN app {"create":{"license_pic":{"sha256":"aa"}},"submission":{"files":{"app_logo":{"sha256":"aa"}}}}`,
	}
	if len(wrong) > 0 || err != nil || !slices.Equal(h.got, want) {
		t.Errorf("%v, %v\n%q", wrong, err, h.got)
	}
	for name, c := range map[string]struct {
		file, input string
		wrong       string
		fails       bool
	}{
		"unfit":  {file: `422 {"errors":[{"message":"a"},{"message":"b"}]}`, wrong: "a; b"},
		"large":  {file: "413 {}", wrong: "请选择小一些的文件"},
		"odd":    {file: "422 {}", wrong: "未能提交，请直接发给服务商"},
		"down":   {file: "500 canary", fails: true},
		"faster": {file: `200 {"sha256":"aa"}`, input: "409 {}"},
		"lost":   {file: `200 {"sha256":"aa"}`, input: `422 {"errors":[{"message":"c"}]}`, wrong: "c"},
		"failed": {file: `200 {"sha256":"aa"}`, input: "500 canary", fails: true},
	} {
		h := &house{t: t, answers: map[string]string{"POST /v1/files": c.file, input: c.input}}
		wrong, err := h.inside().HandIn(t.Context(), of, words.Chinese, map[string][]byte{logo: []byte("x")})
		if wrong[logo] != c.wrong || (err != nil) != c.fails || c.fails && strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v, %v", name, wrong, err)
		}
		if c.input == "" && len(h.got) != 1 {
			t.Errorf("%s: the order heard of it: %q", name, h.got)
		}
	}
}

// TestAnOrderIsReadAsTheAPIShowsIt.
func TestAnOrderIsReadAsTheAPIShowsIt(t *testing.T) {
	of := merchant.Order{AppID: "app", OutOrderNo: "no"}
	for text, missing := range map[string]bool{`200 {"stage":"auditing","waiting_for":"x"}`: false, "404 {}": true} {
		h := &house{t: t, answers: map[string]string{"GET /v1/orders/app/no": text}}
		view, err := h.inside().View(t.Context(), of, words.English)
		if errors.Is(err, merchant.ErrMissing) != missing || !missing && view.Stage != order.StageAuditing {
			t.Errorf("%s: %+v, %v", text, view, err)
		}
	}
	if _, err := (&house{t: t}).inside().View(t.Context(), of, words.English); err == nil || errors.Is(err, merchant.ErrMissing) {
		t.Errorf("while it is down: %v", err)
	}
}
