package api

import (
	"net/http"
	"strings"
	"testing"

	"miniflow/order"
)

// TestPapersAreSealed, checked by Alipay's rules for them, and in no log.
func TestPapersAreSealed(t *testing.T) {
	env := openAPI(t)
	env.anOrder(order.StageAuditing, func(v *order.View) { v.Kind = order.KindTrial })
	env.do("POST", orderPathOf("A-1")+"/certify", `{}`).wantFields("create", "create.create")
	env.do("POST", orderPathOf("A-1")+"/certify", `{"create":{"cert_name":"小店"}}`).wantFields(
		"create.alipay_account", "create.cert_no", "create.contact_name", "create.contact_phone", "create.legal_personal_name")
	env.do("POST", orderPathOf("A-1")+"/certify", papersBody).want(http.StatusOK)
	update := env.temporal.updates[0]
	instruction, _ := update.Args[0].(order.Instruction)
	opened, err := env.ring.Open(instruction.Create, apiApp, order.SealCreate)
	if update.UpdateName != "certify" || err != nil || !strings.Contains(string(opened), `"cert_name":"小店"`) {
		t.Errorf("update %s, %s, %v", update.UpdateName, opened, err)
	}
	if strings.Contains(env.log.String(), "91330000000000000X") {
		t.Error("the papers are in the log")
	}
}
