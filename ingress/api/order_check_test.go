package api

import (
	"slices"
	"testing"

	"miniflow/order"
)

func TestAnOrderIsCheckedAsTheAPIWould(t *testing.T) {
	refused, warned, err := CheckOrder([]byte(`{"app_id":"2021","kind":"formal","create":{"app_nme":"x"},
		"version":{"template_id":"2021"},"submission":{"version_desc":"short","region_type":"CHINA"}}`), order.Policy{})
	if err != nil {
		t.Fatal(err)
	}
	var fields []string
	for _, one := range refused {
		fields = append(fields, one.Field)
	}
	for _, want := range []string{"create.app_name", "create.cert_no", "submission.version_desc"} {
		if !slices.Contains(fields, want) {
			t.Errorf("%s is not refused: %v", want, fields)
		}
	}
	if len(warned) != 1 || warned[0].Field != "create.app_nme" {
		t.Errorf("warned of %v", warned)
	}
	refused, _, err = CheckOrder([]byte(`{"app_id":"2021","kind":"release","mini_app_id":"2021"}`),
		order.Policy{Upload: order.StepExternal, Submit: order.StepExternal})
	if err != nil || len(refused) > 0 {
		t.Errorf("with a policy of its own: %v %v", refused, err)
	}
	if _, _, err := CheckOrder([]byte(`[]`), order.Policy{}); err == nil {
		t.Error("a list is no order")
	}
}

func TestTheFieldsOfAnOrderAreListed(t *testing.T) {
	fields := OrderFields()
	for _, want := range []string{"app_id", "kind", "create.app_name", "create.uid", "version.ext", "version.template_id", "submission.version_desc", "submission.files.app_logo", "policy.submit"} {
		if !slices.Contains(fields, want) {
			t.Errorf("%s is missing", want)
		}
	}
	for _, no := range []string{"create", "submission", "submission.files", "version"} {
		if slices.Contains(fields, no) {
			t.Errorf("%s is no field with a value", no)
		}
	}
}
