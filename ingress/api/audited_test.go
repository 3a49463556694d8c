package api

import (
	"errors"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"miniflow/ingress/api/problem"
	"miniflow/internal/audit"
	"miniflow/order"
)

// withAudit gives the API a log of its own.
func withAudit(t *testing.T) func(*Config) {
	return func(c *Config) {
		log, err := audit.Open(audit.Config{Dir: t.TempDir(), Now: c.Now})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = log.Close() }) // the folder goes too
		c.Audit = log
	}
}

// entries are what was recorded, oldest first, without the log's own.
func (s *apiEnv) entries() []audit.Record {
	s.t.Helper()
	found, err := s.api.config.Audit.Newest(audit.Query{Limit: 100, Visible: func(r audit.Record) bool { return r.Who != "miniflow" }})
	if err != nil {
		s.t.Fatal(err)
	}
	slices.Reverse(found)
	return found
}

func (s *apiEnv) lastEntry() audit.Record {
	s.t.Helper()
	all := s.entries()
	if len(all) == 0 {
		s.t.Fatal("nothing is recorded")
	}
	return all[len(all)-1]
}

func TestACommandIsRecordedWithBeforeAndAfter(t *testing.T) {
	env := openAPI(t, withAudit(t))
	flow := env.anOrder(order.StageAuditing, func(v *order.View) { v.MerchantRef = "shop-7" })
	flow.summary = flow.view
	env.temporal.onUpdate = nil
	flow.view.Stage, flow.view.Sequence = order.StageSubmitting, 6
	person := anOperator()
	person.Address = "192.0.2.7"
	env.person(person, "POST", orderPathOf("A-1")+"/withdraw", "").want(http.StatusOK)
	got := env.lastEntry()
	if got.Who != "operator-1" || got.Role != "operator" || got.Address != "192.0.2.7" || got.Action != "withdraw" || got.Outcome != audit.Done {
		t.Errorf("%+v", got.Entry)
	}
	d := got.Detail
	if d.AppID != apiApp || d.OutOrderNo != "A-1" || d.Before.Stage != "auditing" || d.Before.Sequence != 5 || d.After.Stage != "submitting" || d.After.Sequence != 6 {
		t.Errorf("%+v %+v %+v", d, d.Before, d.After)
	}
}

func TestAKeyIsRecordedWithWhomItNames(t *testing.T) {
	env := openAPI(t, withAudit(t))
	r := env.request(keyAll, "POST", "/v1/orders", body(nil))
	env.send(r).want(http.StatusCreated)
	first := env.lastEntry()
	if first.Who != "name of "+keyAll || first.Actor != "" || first.Address != "192.0.2.1" || first.Detail.OutOrderNo != "A-1" || first.Detail.MerchantRef != "shop-7" {
		t.Errorf("%+v", first)
	}
	r = env.request(keyAll, "POST", orderPathOf("A-1")+"/withdraw", "")
	r.Header.Set("X-Actor", "ann")
	env.send(r).want(http.StatusOK)
	if got := env.lastEntry(); got.Actor != "ann" || got.Who != first.Who {
		t.Errorf("%+v", got)
	}
}

func TestWhatIsRefusedIsRecorded(t *testing.T) {
	env := twoMerchants(t, withAudit(t))
	viewer := anOperator()
	viewer.Operations = mayDo("get-order")
	foreigner := bound()
	for _, c := range []struct {
		do   func()
		kind problem.Kind
	}{
		{func() { env.person(viewer, "POST", orderPathOf("A-1")+"/withdraw", "") }, problem.RoleForbidden},
		{func() { env.person(viewer, "GET", "/v1/orders", "") }, problem.RoleForbidden},
		{func() { env.as(keyRead, "POST", orderPathOf("A-1")+"/withdraw", "") }, problem.ScopeMissing},
		{func() { env.as(keyRead, "GET", "/v1/orders/"+apiOtherApp+"/A-1", "") }, problem.AppForbidden},
		{func() { env.person(foreigner, "GET", orderPathOf("B-1"), "") }, problem.MerchantForbidden},
		{func() { env.person(foreigner, "POST", orderPathOf("B-1")+"/withdraw", "") }, problem.MerchantForbidden},
		{func() { env.do("POST", orderPathOf("A-1")+"/cancel", `{"reson":"x"}`) }, problem.FieldsInvalid},
		{func() { env.do("POST", orderPathOf("Z-1")+"/cancel", ``) }, problem.OrderUnknown},
	} {
		before := len(env.entries())
		c.do()
		if got := env.lastEntry(); len(env.entries()) != before+1 || got.Outcome != audit.Refused || got.Problem != string(c.kind) {
			t.Errorf("want %s: %+v", c.kind, got)
		}
	}
	// A look at what there is, or is not, is no matter.
	before := len(env.entries())
	env.person(foreigner, "GET", orderPathOf("A-1"), "").want(http.StatusOK)
	env.person(foreigner, "GET", orderPathOf("Z-1"), "").want(http.StatusNotFound)
	env.do("GET", "/v1/orders", "").want(http.StatusOK)
	if got := env.entries(); len(got) != before {
		t.Errorf("%+v", got[before:])
	}
}

// What is noted about something, and what is shown of a message, is recorded with what it is about: that is
// how it is found when its merchant is purged.
func TestWhatIsRecordedNamesWhatItIsAbout(t *testing.T) {
	env := openAPI(t, withAudit(t))
	flow := env.anOrder(order.StageAuditing, func(v *order.View) { v.MerchantRef = "shop-7" })
	flow.summary = flow.view
	env.deadLetter("n-1", personalContent)
	env.temporal.flows[order.DeliveryWorkflowID(apiApp, "n-1")].summary = order.DeliveryView{
		AppID: apiApp, NotifyID: "n-1", State: order.DispositionDead, OutOrderNo: "A-9", MiniAppID: "2021999999999999",
	}
	say := func(id string) func() {
		return func() {
			env.do("POST", "/v1/attention/"+apiApp+"/"+url.PathEscape(id)+"/comment", `{"text":"calls back"}`).want(http.StatusOK)
		}
	}
	for _, c := range []struct {
		do   func()
		want audit.Detail
	}{
		{say("order:A-1"), audit.Detail{OutOrderNo: "A-1", MerchantRef: "shop-7", Before: &audit.State{Stage: "auditing", Sequence: 5}}},
		{say("mini-program:2021999999999999"), audit.Detail{MiniAppID: "2021999999999999"}},
		{say("delivery:n-1"), audit.Detail{NotifyID: "n-1", OutOrderNo: "A-9", MiniAppID: "2021999999999999", Before: &audit.State{State: "dead"}}},
		{say("copy:n-2"), audit.Detail{NotifyID: "n-2"}},
		{say("webhook"), audit.Detail{}},
		{
			func() { env.do("GET", "/v1/deliveries/"+apiApp+"/n-1", "").want(http.StatusOK) },
			audit.Detail{NotifyID: "n-1", OutOrderNo: "A-9", MiniAppID: "2021999999999999", Before: &audit.State{State: "dead"}, Revealed: []string{"content"}},
		},
	} {
		c.do()
		c.want.AppID = apiApp
		if got := env.lastEntry().Detail; !reflect.DeepEqual(got, c.want) {
			t.Errorf("%+v, want %+v", got, c.want)
		}
	}
}

// A person sees people's data only on request, and only where it can be recorded.
func TestWhatIsRevealedIsRecordedFirst(t *testing.T) {
	env := openAPI(t, withAudit(t))
	env.deadLetter("n-1", personalContent)
	path := "/v1/deliveries/" + apiApp + "/n-1"
	person := anOperator()
	if got := env.person(person, "GET", path+"?reveal=true", "").want(http.StatusForbidden); strings.Contains(got.text, "13800138000") {
		t.Error(got.text)
	}
	person.Reveals = true
	if got := read[deliveryBody](env.person(person, "GET", path, "").want(http.StatusOK)); !got.Masked {
		t.Error("shown without being asked for")
	}
	before := len(env.entries())
	got := env.person(person, "GET", path+"?reveal=true", "").want(http.StatusOK)
	if !strings.Contains(got.text, "13800138000") || strings.Contains(got.text, "canary-token") {
		t.Error(got.text)
	}
	if all := env.entries(); len(all) != before+1 || !slices.Equal(all[before].Detail.Revealed, []string{"content"}) || all[before].Detail.NotifyID != "n-1" {
		t.Errorf("%+v", all[before:])
	}
	env.do("GET", path, "").want(http.StatusOK) // a key with the scope token
	if got := env.lastEntry(); got.Who != "name of "+keyAll || len(got.Detail.Revealed) != 1 {
		t.Errorf("%+v", got)
	}
	env.api.config.Audit = brokenAudit{}
	if got := env.person(person, "GET", path+"?reveal=true", "").want(http.StatusInternalServerError); strings.Contains(got.text, "13800138000") {
		t.Error(got.text)
	}
}

type brokenAudit struct{ Audit }

func (brokenAudit) Append(audit.Entry) error { return errors.New("the disk is full") }

func TestATokenThatIsReadIsRecorded(t *testing.T) {
	env := openAPI(t, withAudit(t))
	sealed, err := env.ring.Seal([]byte("token-canary"), apiApp, order.SealToken)
	if err != nil {
		t.Fatal(err)
	}
	id := order.MiniProgramWorkflowID(apiApp, apiMini)
	env.temporal.queryAnswers[id+" "+order.TokenQuery] = &order.Token{Sealed: sealed}
	path := "/v1/mini-programs/" + apiApp + "/" + apiMini + "/token"
	env.do("POST", path, "").want(http.StatusOK)
	got := env.entries()
	if len(got) != 1 || !slices.Equal(got[0].Detail.Revealed, []string{"app_auth_token"}) || got[0].Detail.MiniAppID != apiMini {
		t.Errorf("%+v", got)
	}
	env.api.config.Audit = brokenAudit{}
	if got := env.do("POST", path, "").want(http.StatusInternalServerError); strings.Contains(got.text, "token-canary") {
		t.Error(got.text)
	}
}

func TestTheAuditLogIsRead(t *testing.T) {
	env := openAPI(t, withAudit(t))
	for _, no := range []string{"A-1", "A-2", "A-3"} {
		env.do("POST", "/v1/orders", body(map[string]any{"out_order_no": no, "merchant_ref": "m-" + no})).want(http.StatusCreated)
		env.clock.Set(env.clock.Now().Add(1e9))
	}
	first := read[auditPage](env.do("GET", "/v1/audit?limit=2", "").want(http.StatusOK))
	if len(first.Entries) != 2 || first.Entries[0].OutOrderNo != "A-3" || first.NextCursor == "" {
		t.Errorf("%+v", first)
	}
	second := read[auditPage](env.do("GET", "/v1/audit?limit=2&cursor="+first.NextCursor, "").want(http.StatusOK))
	if len(second.Entries) != 2 || second.Entries[0].OutOrderNo != "A-1" {
		t.Errorf("%+v", second)
	}
	one := read[auditPage](env.do("GET", "/v1/audit?object=m-A-2", "").want(http.StatusOK))
	if len(one.Entries) != 1 || one.Entries[0].OutOrderNo != "A-2" {
		t.Errorf("%+v", one)
	}
	auditor := anOperator()
	auditor.Merchants = []string{"m-A-1"}
	if own := read[auditPage](env.person(auditor, "GET", "/v1/audit", "").want(http.StatusOK)); len(own.Entries) != 1 || own.Entries[0].OutOrderNo != "A-1" {
		t.Errorf("%+v", own)
	}
	auditor.Merchants, auditor.Apps = nil, []string{apiOtherApp}
	if own := read[auditPage](env.person(auditor, "GET", "/v1/audit", "").want(http.StatusOK)); len(own.Entries) != 0 {
		t.Errorf("%+v", own)
	}
	env.as(keyRead, "GET", "/v1/audit", "").want(http.StatusForbidden)
	env.do("GET", "/v1/audit?cursor=x", "").want(http.StatusBadRequest)
	openAPI(t).do("GET", "/v1/audit", "").want(http.StatusConflict)
}
