package api

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"miniflow/attention"
	"miniflow/attention/gather"
	"miniflow/order"
	"miniflow/words"
)

// needing makes orders that need a person visible: n on a hold, and one whose workflow was closed.
func (s *apiEnv) needing(n int) {
	var rows []*workflowpb.WorkflowExecutionInfo
	for i := range n {
		no := fmt.Sprintf("A-%d", i)
		rows = append(rows, runRow(no, "r", enums.WORKFLOW_EXECUTION_STATUS_RUNNING, 0, order.View{
			AppID: apiApp, OutOrderNo: no, Stage: order.StageSubmitting, MerchantRef: "shop-" + no, ShopName: "巷口小面", CreatedAt: apiStart,
			Commands: []order.Command{order.CommandProvideInput},
			Hold:     &order.Hold{Kind: order.HoldNeedsInput, Since: apiStart.Add(time.Duration(i) * time.Minute), Code: "LOGO_IS_BLANK", Message: words.Plain("the logo is missing"), Fields: []string{"submission.files.app_logo"}},
		}))
	}
	rows = append(rows, runRow("closed", "r", enums.WORKFLOW_EXECUTION_STATUS_TERMINATED, 0, order.View{AppID: apiApp, OutOrderNo: "closed", Stage: order.StageAuditing}))
	s.temporal.onList = func(request *workflowservice.ListWorkflowExecutionsRequest) *workflowservice.ListWorkflowExecutionsResponse {
		answer := &workflowservice.ListWorkflowExecutionsResponse{}
		if strings.Contains(request.GetQuery(), "'"+apiApp+"'") && strings.Contains(request.GetQuery(), "WorkflowType = 'Order'") {
			answer.Executions = rows
		}
		return answer
	}
}

const attentionPath = "/v1/attention/" + apiApp + "/order:A-1"

// TestAttentionListsWhatNeedsAPerson, the most urgent first, page by page, with a count of each kind.
func TestAttentionListsWhatNeedsAPerson(t *testing.T) {
	env := openAPI(t)
	env.needing(5)
	var ids []string
	path := "/v1/attention?app_id=" + apiApp + "&limit=4"
	for next := path; next != ""; {
		page := read[attentionList](env.as(keyRead, "GET", next, "").want(http.StatusOK))
		if page.Counts[attention.KindNeedsInput] != 5 || page.Counts[attention.KindWorkflowStopped] != 1 || len(page.Counts) != len(attention.Kinds()) || !page.Complete {
			t.Errorf("counted are %v", page.Counts)
		}
		for _, item := range page.Items {
			ids = append(ids, item.ID)
		}
		if next = page.NextCursor; next != "" {
			next = path + "&cursor=" + url.QueryEscape(next)
		}
	}
	if got := strings.Join(ids, " "); got != "order:closed order:A-4 order:A-3 order:A-2 order:A-1 order:A-0" {
		t.Errorf("listed are %s", got)
	}
	newest := read[attentionList](env.do("GET", "/v1/attention?sort=newest&kind=needs_input&limit=1", "").want(http.StatusOK))
	if len(newest.Items) != 1 || newest.Items[0].ID != "order:A-4" {
		t.Errorf("the newest is %+v", newest.Items)
	}
	item := newest.Items[0]
	if !item.Needed || item.ShopName != "巷口小面" || item.Reason.String() != "the logo is missing" || item.Commands[0] != "provide-input" || item.Fields[0] == "" || item.Links.TemporalUI == "" {
		t.Errorf("it is %+v", item)
	}
	env.do("GET", path+"&kind=needs_input&cursor="+url.QueryEscape(newest.NextCursor), "").want(http.StatusBadRequest)
	if other := read[attentionList](env.as(keyOther, "GET", "/v1/attention", "").want(http.StatusOK)); len(other.Items) != 0 {
		t.Errorf("the key of another app sees %+v", other.Items)
	}
	env.as(keyOther, "GET", attentionPath, "").want(http.StatusForbidden)
}

// TestAttentionIsTakenSnoozedAndCommented, and each is seen in the list and by itself.
func TestAttentionIsTakenSnoozedAndCommented(t *testing.T) {
	env := openAPI(t)
	env.needing(3)
	taken := read[attentionItem](env.do("POST", attentionPath+"/assign", `{"to":"operator-2"}`).want(http.StatusOK))
	if taken.AssignedTo != "operator-2" || taken.AssignedAt == nil || !taken.Needed {
		t.Errorf("taken: %+v", taken)
	}
	request := env.request(keyAll, "POST", attentionPath+"/comment", `{"text":"canary：商家今天提供新图标"}`)
	request.Header.Set("X-Actor", "operator-1")
	said := read[attentionItem](env.send(request).want(http.StatusOK))
	if len(said.Comments) != 1 || said.Comments[0].By != "operator-1" || said.Comments[0].Text != "canary：商家今天提供新图标" {
		t.Errorf("said: %+v", said.Comments)
	}
	if strings.Contains(string(env.temporal.payloads), "canary") || strings.Contains(env.log.String(), "canary") {
		t.Error("a comment stands in clear in Temporal, or in the log")
	}
	until := apiStart.Add(time.Hour).Format(time.RFC3339)
	env.do("POST", "/v1/attention/"+apiApp+"/order:A-2/snooze", `{"until":"`+until+`"}`).want(http.StatusOK)
	for query, want := range map[string]string{
		"": "closed A-1 A-0", "?snoozed=include": "closed A-2 A-1 A-0", "?assigned_to=operator-2": "A-1", "?assigned_to=-": "closed A-0",
	} {
		var got []string
		for _, item := range read[attentionList](env.do("GET", "/v1/attention"+query, "").want(http.StatusOK)).Items {
			got = append(got, strings.TrimPrefix(item.ID, "order:"))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q lists %v, want %s", query, got, want)
		}
	}
	one := read[attentionItem](env.do("GET", attentionPath, "").want(http.StatusOK))
	if one.AssignedTo != "operator-2" || len(one.Comments) != 1 || !one.Needed {
		t.Errorf("by itself it is %+v", one)
	}
	env.do("POST", attentionPath+"/assign", `{}`).want(http.StatusOK)
	env.do("POST", "/v1/attention/"+apiApp+"/order:A-2/snooze", ``).want(http.StatusOK)
	if all := read[attentionList](env.do("GET", "/v1/attention?assigned_to=-", "").want(http.StatusOK)); len(all.Items) != 4 {
		t.Errorf("given back and shown again, %d are listed", len(all.Items))
	}
}

// TestNotesStayWhereNothingIsNeeded any more.
func TestNotesStayWhereNothingIsNeeded(t *testing.T) {
	env := openAPI(t)
	env.do("POST", attentionPath+"/comment", `{"text":"done"}`).want(http.StatusOK)
	one := read[attentionItem](env.do("GET", attentionPath, "").want(http.StatusOK))
	if one.Needed || len(one.Comments) != 1 || one.OutOrderNo != "A-1" || one.Kind != "" {
		t.Errorf("it is %+v", one)
	}
}

// TestWhatIsNotedIsChecked before anything is sent.
func TestWhatIsNotedIsChecked(t *testing.T) {
	env := openAPI(t)
	env.do("POST", attentionPath+"/assign", `{"to":"`+strings.Repeat("x", 65)+`"}`).wantFields("to")
	for _, until := range []string{"tomorrow", apiStart.Format(time.RFC3339), apiStart.Add(91 * 24 * time.Hour).Format(time.RFC3339)} {
		env.do("POST", attentionPath+"/snooze", `{"until":"`+until+`"}`).wantFields("until")
	}
	env.do("POST", attentionPath+"/comment", `{"text":""}`).wantFields("text")
	env.do("POST", attentionPath+"/comment", `{"text":"`+strings.Repeat("字", 501)+`"}`).wantFields("text")
	env.do("POST", attentionPath+"/comment", `{"text":"`+strings.Repeat("字", 500)+`"}`).want(http.StatusOK)
	env.as(keyRead, "POST", attentionPath+"/comment", `{"text":"x"}`).want(http.StatusForbidden)
	env.do("GET", "/v1/attention/"+apiApp+"/nothing:1", "").want(http.StatusUnprocessableEntity)
}

// TestACertificateThatRunsOutNeedsAPerson, with its days.
func TestACertificateThatRunsOutNeedsAPerson(t *testing.T) {
	env := openAPI(t, func(config *Config) {
		config.Certificates = func(appID string) []gather.Certificate {
			if appID != apiApp {
				return nil
			}
			return []gather.Certificate{
				{Serial: "own", Own: true, Until: apiStart.Add(10 * 24 * time.Hour)}, {Serial: "over", Until: apiStart.Add(-time.Hour)},
				{Serial: "good", Until: apiStart.Add(31 * 24 * time.Hour)},
			}
		}
	})
	got := map[string]int{}
	for _, item := range read[attentionList](env.do("GET", "/v1/attention?kind=certificate_ends", "").want(http.StatusOK)).Items {
		got[item.ID] = *item.DaysLeft
	}
	if len(got) != 2 || got["certificate:own"] != 10 || got["certificate:over"] != -1 {
		t.Errorf("they are %v", got)
	}
}

// TestAttentionWithoutNotesIsListed, because a worker may be down.
func TestAttentionWithoutNotesIsListed(t *testing.T) {
	env := openAPI(t)
	env.needing(1)
	env.temporal.down["query"] = fmt.Errorf("no worker")
	listed := read[attentionList](env.do("GET", "/v1/attention?app_id="+apiApp, "").want(http.StatusOK))
	if len(listed.Items) != 2 || len(listed.Unnoted) != 1 {
		t.Errorf("listed are %d, without notes are %v", len(listed.Items), listed.Unnoted)
	}
}
