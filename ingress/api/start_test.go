package api

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/temporal"

	"miniflow/order"
)

func TestStartOrder(t *testing.T) {
	env := openAPI(t)
	answer := env.do("POST", "/v1/orders", body(nil)).want(http.StatusCreated)
	if got := answer.header.Get("Location"); got != orderPathOf("A-1") {
		t.Errorf("Location %q", got)
	}
	shown := read[map[string]any](answer)
	for name, want := range map[string]any{
		"app_id": apiApp, "out_order_no": "A-1", "kind": "formal", "merchant_ref": "shop-7", "shop_name": "巷口小面", "stage": "creating", "hold": nil, "finished_at": nil,
	} {
		if got := shown[name]; got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	for _, list := range []string{"audits", "timeline"} {
		if _, isList := shown[list].([]any); !isList {
			t.Errorf("%s is %v, want a list", list, shown[list])
		}
	}
	if _, there := shown["$schema"]; there {
		t.Error("the framework's $schema is in the answer")
	}

	flow := env.temporal.flows["order/"+apiApp+"/A-1"]
	if flow == nil {
		t.Fatalf("started %v", env.temporal.orderIDs())
	}
	options := flow.options
	if options.TaskQueue != order.TaskQueue || !options.WorkflowExecutionErrorWhenAlreadyStarted ||
		options.WorkflowIDReusePolicy != enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE ||
		options.WorkflowIDConflictPolicy != enums.WORKFLOW_ID_CONFLICT_POLICY_FAIL {
		t.Errorf("options %+v", options)
	}
	for name, want := range map[string]string{
		order.AttributeAppID: apiApp, order.AttributeOutOrderNo: "A-1", order.AttributeOrderKind: "formal",
		order.AttributeOrderStage: "creating", order.AttributeMerchantRef: "shop-7", order.AttributeShopName: "巷口小面",
	} {
		if got, _ := options.TypedSearchAttributes.GetKeyword(temporal.NewSearchAttributeKeyKeyword(name)); got != want {
			t.Errorf("search attribute %s is %q, want %q", name, got, want)
		}
	}
	summary, ok := options.Memo[order.SummaryMemo].(order.View)
	if !ok || summary.Stage != order.StageCreating || summary.WaitingFor.String() == "" || len(summary.Commands) == 0 {
		t.Errorf("the memo's summary is %+v", options.Memo)
	}
	if flow.input.CreatedAt != apiStart || len(flow.input.Schedules.Audit) == 0 {
		t.Errorf("input %+v", flow.input)
	}
	if diff := cmp.Diff(order.DefaultPolicy(), flow.input.Request.Policy); diff != "" {
		t.Errorf("policy (-want +got)\n%s", diff)
	}
}

// Sealed values open to what was sent, only for their own app and purpose.
func TestStartedOrderIsSealed(t *testing.T) {
	env := openAPI(t)
	env.do("POST", "/v1/orders", body(map[string]any{
		"submission.service_region_info": []any{map[string]any{"province_code": "330000"}}, "submission.n": 7, "submission.auto_online": true,
		"submission.permit_registration_limit_release": "false",
	})).want(http.StatusCreated)
	request := env.temporal.flows["order/"+apiApp+"/A-1"].input.Request

	var create map[string]any
	env.open(request.Create[0], order.SealCreate, &create)
	if create["contact_phone"] != "13800138000" {
		t.Errorf("create opens to %v", create)
	}
	var block order.SubmissionBlock
	env.open(request.Submission.Fields[0], order.SealSubmission, &block)
	want := order.SubmissionBlock{
		Fields: map[string]string{
			"version_desc": "A first version with everything that a guest of the shop needs.", "region_type": "CHINA",
			"auto_online": "true", "speed_up": "false", "n": "7", "permit_registration_limit_release": "false",
			"service_region_info": `[{"province_code":"330000"}]`,
		},
		Files: map[string]order.FileRef{"app_logo": {URL: "https://isv.example/logo.png", SHA256: strings.Repeat("0f", 32)}},
	}
	if diff := cmp.Diff(want, block); diff != "" {
		t.Errorf("the submission (-want +got)\n%s", diff)
	}
	if !request.Submission.GoesOnlineByItself() || request.Submission.PermitLimitedRelease == nil || request.Submission.PermitsLimitedRelease() {
		t.Errorf("what steers the order is %+v", request.Submission)
	}
	var ext map[string]any
	env.open(request.Version.Ext, order.SealExt, &ext)
	if ext["extEnable"] != true {
		t.Errorf("ext opens to %v", ext)
	}
	if _, err := env.ring.Open(request.Create[0], apiOtherApp, order.SealCreate); err == nil {
		t.Error("what one app sealed opens for another")
	}
}

func (s *apiEnv) open(sealed order.Sealed, purpose string, into any) {
	s.t.Helper()
	plain, err := s.ring.Open(sealed, apiApp, purpose)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := json.Unmarshal(plain, into); err != nil {
		s.t.Fatal(err)
	}
}

func TestSameNumberAgain(t *testing.T) {
	for _, test := range []struct {
		name   string
		again  string
		status int
	}{
		{"the same bytes", body(nil), http.StatusOK},
		{"other spacing", strings.ReplaceAll(body(nil), ",", " ,\n "), http.StatusOK},
		{"the default said aloud", body(map[string]any{"policy.create": "auto"}), http.StatusOK},
		{"a hash in capitals", body(map[string]any{"submission.files.app_logo.sha256": strings.Repeat("0F", 32)}), http.StatusOK},
		{"an empty text for one left out", body(map[string]any{"order_no": ""}), http.StatusOK},
		{"another phone number", body(map[string]any{"create.contact_phone": "13800138001"}), http.StatusConflict},
		{"another licence", body(map[string]any{"create.license_pic.sha256": strings.Repeat("cd", 32)}), http.StatusConflict},
		{"another logo", body(map[string]any{"submission.files.app_logo.sha256": strings.Repeat("cd", 32)}), http.StatusConflict},
		{"another policy", body(map[string]any{"policy.release": "manual"}), http.StatusConflict},
		{"another merchant", body(map[string]any{"merchant_ref": "shop-8"}), http.StatusConflict},
		{"another ext", body(map[string]any{"version.ext.n": 2}), http.StatusConflict},
		{"no ext", body(map[string]any{"version.ext": nil}), http.StatusConflict},
		{"auto_online", body(map[string]any{"submission.auto_online": true}), http.StatusConflict},
	} {
		t.Run(test.name, func(t *testing.T) {
			env := openAPI(t)
			env.do("POST", "/v1/orders", body(nil)).want(http.StatusCreated)
			answer := env.do("POST", "/v1/orders", test.again).want(test.status)
			if env.temporal.starts != 1 {
				t.Errorf("%d workflows", env.temporal.starts)
			}
			if test.status == http.StatusOK && read[order.View](answer).OutOrderNo != "A-1" {
				t.Errorf("answered %s", answer.text)
			}
		})
	}
}

// One order number starts one workflow, however many parallel requests there are.
func TestParallelStartsOfOneNumber(t *testing.T) {
	t.Parallel()
	const starts = 10_000
	env := openAPI(t, func(c *Config) { c.RequestsPerSecond = math.MaxInt32 })
	statuses := map[int]int{}
	var mutex sync.Mutex
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			for range starts / 50 {
				answer := env.do("POST", "/v1/orders", body(nil))
				mutex.Lock()
				statuses[answer.status]++
				mutex.Unlock()
			}
		})
	}
	group.Wait()
	if want := map[int]int{http.StatusCreated: 1, http.StatusOK: starts - 1}; !cmp.Equal(want, statuses) || env.temporal.starts != 1 {
		t.Errorf("%d workflows, statuses %v, want %v", env.temporal.starts, statuses, want)
	}
}

func TestNumberIsMadeWhereNoneIsGiven(t *testing.T) {
	env := openAPI(t)
	nameless := body(map[string]any{"out_order_no": nil})
	number := func(key string) string {
		r := env.request(keyAll, "POST", "/v1/orders", nameless)
		r.Header.Set("Idempotency-Key", key)
		answer := env.send(r)
		return fmt.Sprint(answer.status, " ", read[order.View](answer).OutOrderNo)
	}
	first, second := number(""), number("")
	if first == second || !strings.HasPrefix(first, "201 mf") || len(first) != len("201 mf")+30 {
		t.Errorf("made %q and %q", first, second)
	}
	with, again, other := number("k-1"), number("k-1"), number("k-2")
	if !strings.HasPrefix(with, "201 ") || again != "200 "+with[4:] || !strings.HasPrefix(other, "201 ") {
		t.Errorf("with an Idempotency-Key: %q, again %q, another key %q", with, again, other)
	}
}

func TestStartRefusesAndNamesEveryField(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		changes map[string]any
		fields  []string
	}{
		"nothing at all": {map[string]any{
			"app_id": nil, "kind": nil, "create": nil, "version": nil, "submission": nil,
		}, []string{"app_id", "kind", "submission.region_type", "submission.version_desc", "version.template_id"}},
		"an unknown field":       {map[string]any{"out_oder_no": "x"}, []string{"out_oder_no"}},
		"another letter case":    {map[string]any{"Kind": "trial"}, []string{"Kind"}},
		"an unknown inner field": {map[string]any{"version.tempalte": "x"}, []string{"version.tempalte"}},
		"an app not configured":  {map[string]any{"app_id": "2021000000000009"}, []string{"app_id"}},
		"a number too long":      {map[string]any{"out_order_no": strings.Repeat("9", 33)}, []string{"out_order_no"}},
		"a number with a slash":  {map[string]any{"out_order_no": "a/b"}, []string{"out_order_no"}},
		"no such kind":           {map[string]any{"kind": "demo"}, []string{"kind"}},
		"no such step":           {map[string]any{"policy.create": "never", "policy.on_base_pass": "x"}, []string{"policy.create", "policy.on_base_pass"}},
		"wrong types":            {map[string]any{"kind": 1, "create": "x", "merchant_ref": []any{}}, []string{"create", "kind", "merchant_ref"}},
		"formal with a mini app": {map[string]any{"mini_app_id": apiMini}, []string{"mini_app_id"}},
		"formal without create":  {map[string]any{"create": nil}, []string{"create"}},
		"release of nothing":     {map[string]any{"kind": "release", "order_no": "1"}, []string{"create", "mini_app_id", "order_no"}},
		"no template":            {map[string]any{"version": nil}, []string{"version.template_id"}},
		"a crooked version":      {map[string]any{"version.app_version": "1.2"}, []string{"version.app_version"}},
		"Alipay's rules": {map[string]any{"create.app_name": "x", "create.cert_no": nil, "submission.version_desc": "too short",
			"submission.region_type": "MARS", "submission.app_slogan": "短"},
			[]string{"create.app_name", "create.cert_no", "submission.app_slogan", "submission.region_type", "submission.version_desc"}},
		"trial's rules": {map[string]any{"kind": "trial", "create": map[string]any{"app_name": "咖啡馆", "out_order_no": "x"}},
			[]string{"create.out_order_no", "create.uid"}},
		"a picture in the body": {map[string]any{"create.license_pic": "iVBORw0KGgo="}, []string{"create.license_pic"}},
		"a crooked file": {map[string]any{"submission.files.app_logo": map[string]any{"url": "file:///etc/passwd", "sha256": "x", "name": "y"}},
			[]string{"submission.files.app_logo.name", "submission.files.app_logo.sha256", "submission.files.app_logo.url"}},
		"a file with a password": {map[string]any{"submission.files.app_logo.url": "https://user:secret@isv.example/logo.png"}, []string{"submission.files.app_logo.url"}},
		"a file beside its text": {map[string]any{"submission.app_logo": "x"}, []string{"submission.app_logo"}},
		"a version in the submission": {map[string]any{"submission.app_version": "1.0.0", "submission.bundle_id": "x"},
			[]string{"submission.app_version", "submission.bundle_id"}},
		"an invented parameter": {map[string]any{"submission.a-b": "x"}, []string{"submission.a-b"}},
		"null in a submission":  {map[string]any{"submission.memo": json.RawMessage("null")}, []string{"submission.memo"}},
		"a crooked flag":        {map[string]any{"submission.auto_online": "yes"}, []string{"submission.auto_online"}},
		"shop names":            {map[string]any{"shop_name": strings.Repeat("面", 61)}, []string{"shop_name"}},
		"control characters": {map[string]any{"merchant_ref": "a\x1b[31m", "create.contact_name": "a\x00b", "version.ext.t": "a\u202eb", "submission.memo": "fine\nhere"},
			[]string{"create.contact_name", "merchant_ref", "version.ext.t"}},
		"a quote in merchant_ref": {map[string]any{"merchant_ref": "' OR 1=1"}, []string{"merchant_ref"}},
		"blocks too large": {map[string]any{"create.x": strings.Repeat("x", order.MaxCreateBytes), "version.ext.x": strings.Repeat("x", order.MaxExtBytes),
			"submission.x": strings.Repeat("x", order.MaxSubmissionBytes)}, []string{"create", "submission", "version.ext"}},
	} {
		t.Run(name, func(t *testing.T) {
			env := openAPI(t)
			env.do("POST", "/v1/orders", body(test.changes)).wantFields(test.fields...)
			if env.temporal.starts != 0 {
				t.Error("and yet an order was started")
			}
		})
	}
}

// A name that is too long is refused as such, not looked up.
func TestLengthsAreBounded(t *testing.T) {
	answer := openAPI(t).do("POST", "/v1/orders", body(map[string]any{"app_id": strings.Repeat("2", 65)}))
	answer.wantFields("app_id")
	if !strings.Contains(answer.text, "expected length \u003c= 64") {
		t.Errorf("answered %s", answer.text)
	}
}

func TestKindsThatNeedLess(t *testing.T) {
	for name, changes := range map[string]map[string]any{
		"adopted":           {"create": nil, "order_no": "2026112000001"},
		"created elsewhere": {"create": nil, "policy.create": "external"},
		"uploaded elsewhere": {
			"version": nil, "policy.upload": "external",
		},
		"submitted elsewhere": {"submission": nil, "policy.submit": "external"},
		"release":             {"kind": "release", "create": nil, "mini_app_id": apiMini},
		"trial":               {"kind": "trial", "create": map[string]any{"uid": "2088000000000001", "app_name": "金丝雀咖啡"}},
	} {
		t.Run(name, func(t *testing.T) {
			openAPI(t).do("POST", "/v1/orders", body(changes)).want(http.StatusCreated)
		})
	}
	t.Run("by the configured policy", func(t *testing.T) {
		env := openAPI(t, func(c *Config) { c.Policy = order.Policy{Create: order.StepExternal} })
		env.do("POST", "/v1/orders", body(map[string]any{"create": nil})).want(http.StatusCreated)
		if got := env.temporal.flows["order/"+apiApp+"/A-1"].input.Request.Policy; got.Create != order.StepExternal || got.Upload != order.StepAuto {
			t.Errorf("policy %+v", got)
		}
	})
}

func TestStartWhenThingsAreDown(t *testing.T) {
	t.Parallel()
	slow := serviceerror.NewDeadlineExceeded("no worker polls")
	for name, test := range map[string]struct {
		arrange func(*apiEnv)
		status  int
	}{
		"no worker answers: the order exists all the same": {func(s *apiEnv) { s.temporal.down["query"] = slow }, http.StatusCreated},
		"the first task is still to be done": {func(s *apiEnv) {
			s.temporal.fail("query", serviceerror.NewWorkflowNotReady("not yet"), serviceerror.NewWorkflowNotReady("not yet"))
		}, http.StatusCreated},
		"Temporal is down":     {func(s *apiEnv) { s.temporal.down["start"] = serviceerror.NewUnavailable("down") }, http.StatusServiceUnavailable},
		"Temporal is too busy": {func(s *apiEnv) { s.temporal.down["start"] = serviceerror.NewResourceExhausted(0, "busy") }, http.StatusServiceUnavailable},
		"Temporal refuses":     {func(s *apiEnv) { s.temporal.fail("start", serviceerror.NewInvalidArgument("no")) }, http.StatusInternalServerError},
		"the same again, no worker to compare with": {func(s *apiEnv) {
			s.do("POST", "/v1/orders", body(nil)).want(http.StatusCreated)
			s.temporal.down["query"] = slow
		}, http.StatusServiceUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			env := openAPI(t)
			test.arrange(env)
			env.within = 300 * time.Millisecond
			answer := env.do("POST", "/v1/orders", body(nil)).want(test.status)
			if retry := answer.header.Get("Retry-After"); (test.status == http.StatusServiceUnavailable) != (retry != "") {
				t.Errorf("Retry-After %q", retry)
			}
			if test.status == http.StatusCreated && read[order.View](answer).Stage != order.StageCreating {
				t.Errorf("answered %s", answer.text)
			}
		})
	}
}

// The Temporal UI renders Markdown and raw HTML.
func TestPageOfStartedOrderIsHarmless(t *testing.T) {
	env := openAPI(t)
	env.do("POST", "/v1/orders", body(map[string]any{"merchant_ref": "<script>alert(1)</script> | [x](y) 咖啡"})).want(http.StatusCreated)
	details := env.temporal.flows["order/"+apiApp+"/A-1"].options.StaticDetails
	if strings.ContainsAny(details, "<>[]()") || !strings.Contains(details, "咖啡") {
		t.Errorf("the page's details are %q", details)
	}
}
