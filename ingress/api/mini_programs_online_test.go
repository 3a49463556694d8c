package api

import (
	"net/http"
	"strings"
	"testing"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"miniflow/order"
	"miniflow/words"
)

const downPath = "/v1/mini-programs/" + apiApp + "/2021999/"

// TestWhatIsOnlineIsTakenDown: each command is an update of its name, once for a key, and what the mini
// program refuses is said.
func TestWhatIsOnlineIsTakenDown(t *testing.T) {
	for _, name := range []string{order.RollbackUpdate, order.OfflineUpdate} {
		env := openAPI(t)
		var refuse error
		env.temporal.onUpdate = func(client.UpdateWorkflowOptions) (any, error) {
			return order.MiniProgramView{AppID: apiApp, MiniAppID: "2021999", Down: &order.DownVersion{AppVersion: "0.0.2", Cause: order.DownByCommand}}, refuse
		}
		const asked = `{"app_version":"0.0.2","reason":"payments fail"}`
		for range 2 {
			view := read[order.MiniProgramView](env.keyed(keyAll, "k", downPath+name, asked).want(http.StatusOK))
			if view.Down == nil || view.Execution != order.ExecutionRunning {
				t.Errorf("%s answered %+v", name, view)
			}
		}
		first, again := env.temporal.updates[0], env.temporal.updates[1]
		in, _ := first.Args[0].(order.MiniProgramInstruction)
		if first.UpdateName != name || first.UpdateID != again.UpdateID || in.AppVersion != "0.0.2" || in.Reason != "payments fail" || in.Actor == "" || in.Key == "" {
			t.Errorf("the updates are %+v and %+v", first, again)
		}
		refuse = temporal.NewNonRetryableApplicationError("no", order.RefusedType, nil, words.New("refuse.gray", "0.0.3"))
		if answer := env.do("POST", downPath+name, `{}`).want(http.StatusConflict); !strings.Contains(answer.text, "gray release") {
			t.Errorf("%s is refused with %s", name, answer.text)
		}
		refuse = temporal.NewNonRetryableApplicationError("used", order.KeyReusedType, nil)
		env.keyed(keyAll, "k", downPath+name, `{}`).wantFields("header.Idempotency-Key")
		refuse = nil
		env.do("POST", downPath+name, `{"reason":"`+strings.Repeat("x", maxReason+1)+`"}`).wantFields("reason")
		env.keyed(keyRead, "", downPath+name, `{}`).want(http.StatusForbidden)
	}
}

// TestATrialIsCertifiedAfterItsOrder: the papers are checked, sealed, and given to the mini program.
func TestATrialIsCertifiedAfterItsOrder(t *testing.T) {
	env := openAPI(t)
	env.temporal.onUpdate = func(client.UpdateWorkflowOptions) (any, error) {
		return order.MiniProgramView{AppID: apiApp, MiniAppID: "2021999", Certification: order.CertificationOperator}, nil
	}
	env.do("POST", downPath+"certify", `{"create":{"cert_name":"小店"}}`).wantFields(
		"create.alipay_account", "create.cert_no", "create.contact_name", "create.contact_phone", "create.legal_personal_name")
	with := strings.Replace(papersBody, "{", `{"order_no":"ORD1",`, 1)
	for range 2 {
		if view := read[order.MiniProgramView](env.keyed(keyAll, "k", downPath+"certify", with).want(http.StatusOK)); view.Certification != order.CertificationOperator {
			t.Errorf("answered %+v", view)
		}
	}
	first, again := env.temporal.updates[0], env.temporal.updates[1]
	in, _ := first.Args[0].(order.CertifyInstruction)
	opened, err := env.ring.Open(in.Papers, apiApp, order.SealCreate)
	if first.UpdateName != order.CertifyUpdate || first.UpdateID != again.UpdateID || in.OrderNo != "ORD1" || in.Actor == "" || in.Key == "" ||
		err != nil || !strings.Contains(string(opened), `"cert_name":"小店"`) {
		t.Errorf("the update is %+v, %s, %v", first, opened, err)
	}
	if strings.Contains(env.log.String(), "91330000000000000X") {
		t.Error("the papers are in the log")
	}
}
