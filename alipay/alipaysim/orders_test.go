package alipaysim_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestCreateIsIdempotentByNumber(t *testing.T) {
	w := newWorld(t, synced)
	const calls = 50
	numbers := make([]string, calls)
	var group sync.WaitGroup
	for i := range calls {
		group.Go(func() {
			r, err := w.post(t.Context(), w.public("alipay.open.mini.isv.create", "", map[string]string{"biz_content": mustJSON(createFields("c-1"))}))
			if err != nil {
				t.Error(err)
				return
			}
			numbers[i] = r.text("order_no")
		})
	}
	group.Wait()
	for _, number := range numbers {
		if number != numbers[0] || number == "" {
			t.Fatalf("one number, two orders: %q and %q", numbers[0], number)
		}
	}
	if orders := w.must("GET", "state", "")["orders"].([]any); len(orders) != 1 {
		t.Errorf("%d orders exist", len(orders))
	}
	effects := 0
	for _, c := range w.must("GET", "calls", "")["calls"].([]any) {
		c := c.(map[string]any)
		if c["effect"] == true {
			effects++
		}
		if c["key"] != "c-1" || c["code"] != "10000" || c["answered"] != true {
			t.Errorf("record of a call: %v", c)
		}
	}
	if effects != 1 {
		t.Errorf("%d calls had an effect", effects)
	}
	w.pass(2 * time.Minute)
	if got := len(w.pushes("alipay.open.mini.merchant.confirmed")); got != 1 {
		t.Errorf("%d pushes for one order", got)
	}
}

func TestCreateRefusals(t *testing.T) {
	w := newWorld(t)
	w.call("alipay.open.mini.isv.create", "", createFields("c-1"))
	with := func(number, field string, value any) map[string]any {
		fields := createFields(number)
		fields["create_mini_request"].(map[string]any)[field] = value
		return fields
	}
	tests := []struct {
		name   string
		fields any
		want   string
	}{
		{"the same number, other content", with("c-1", "contact_name", "王五"), "NOT_UNIQUE"},
		{"the same content in another order", strings.Replace(mustJSON(createFields("c-1")), `"alipay_account"`, ` "alipay_account" `, 1), "10000"},
		{"the same merchant", with("c-2", "alipay_account", "c-1@example.com"), "ONGOING_ORDER_EXIST"},
		{"the same name", with("c-2", "app_name", "面馆c-1"), "APP_NAME_DUPLICATED"},
		{"name of one CJK character", with("c-2", "app_name", "面"), "INVALID_MINI_APP_NAME_LENGTH"},
		{"name of 31", with("c-2", "app_name", strings.Repeat("面", 15)+"a"), "INVALID_MINI_APP_NAME_LENGTH"},
		{"name of 30", with("c-3", "app_name", strings.Repeat("面", 15)), "10000"},
		{"no number", with("", "app_name", "面馆四"), "INVALID_PARAMETER"},
		{"no licence number", with("c-4", "cert_no", nil), "INVALID_PARAMETER"},
		{"picture that is none", with("c-4", "license_pic", "***"), "INFO_INVALID"},
		{"nothing", map[string]any{}, "INVALID_PARAMETER"},
		{"fields without their object", createFields("c-4")["create_mini_request"], "INVALID_PARAMETER"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			before := w.must("GET", "state", "")["orders"].([]any)
			got := w.call("alipay.open.mini.isv.create", "", test.fields).code()
			if got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
			after := w.must("GET", "state", "")["orders"].([]any)
			if got != "10000" && len(after) != len(before) {
				t.Error("a refused create left an order")
			}
		})
	}
}

func TestQueriesOfOrders(t *testing.T) {
	w := newWorld(t)
	formal := w.call("alipay.open.mini.isv.create", "", createFields("q-1")).text("order_no")
	trial := w.call("alipay.open.mini.isv.fastregister.create", "", map[string]string{"out_order_no": "q-2", "uid": "2088000000000002", "app_name": "面馆"}).text("order_no")
	tests := []struct{ method, orderNo, want string }{
		{"isv.query", formal, "10000"}, {"isv.query", trial, "INVALID_PARAMS"}, {"isv.query", "1", "INVALID_PARAMS"}, {"isv.query", "", "INVALID_PARAMS"},
		{"isv.fastregister.query", trial, "10000"}, {"isv.fastregister.query", formal, "ORDER_TYPE_NOT_MATCH"},
		{"isv.fastregister.query", "1", "ORDER_NOT_EXIST"}, {"isv.fastregister.query", "", "ILLEGAL_PARAMS"},
	}
	for _, test := range tests {
		if got := w.call("alipay.open.mini."+test.method, "", map[string]string{"order_no": test.orderNo}).code(); got != test.want {
			t.Errorf("%s of %q: %s, want %s", test.method, test.orderNo, got, test.want)
		}
	}
	foreign := func(method, orderNo string) string {
		params := w.public(method, "", map[string]string{"biz_content": `{"order_no":"` + orderNo + `"}`, "app_id": otherID})
		r, err := w.post(t.Context(), params)
		if err != nil {
			t.Fatal(err)
		}
		return r.code()
	}
	if a, b := foreign(queryMethod, formal), foreign("alipay.open.mini.isv.fastregister.query", trial); a != "PERMISSION_DENIED" || b != "NO_PERMISSION" {
		t.Errorf("another provider's orders: %s, %s", a, b)
	}
	for name, want := range map[string]string{"面馆q-1": "MINI_APP_NAME_DUPLICATE", "面馆九": "NONE"} {
		if got := w.call("alipay.open.mini.baseinfo.name.check", "", map[string]string{"app_name": name}).text("check_code"); got != want {
			t.Errorf("name.check of %s: %s", name, got)
		}
	}
}

// orderStatuses are the statuses of both kinds; the first four are those of a formal order.
var orderStatuses = []string{"PROCESS", "AGREED", "REJECTED", "TIMEOUT", "WAIT_CONFIRM", "CONFIRM_TIMEOUT", "CREATE_MINI_APP_SUCCESS",
	"CREATE_MINI_APP_FAILED", "CERTIFY_OPERATOR", "CERTIFY_MERCHANT", "CERTIFY_SUCCESS", "CERTIFY_FAILED", "CANCELLED"}

// lifeOfAnOrder says where a person's answer can take an order of each status.
var lifeOfAnOrder = map[string][]string{
	"PROCESS":                 {"AGREED", "REJECTED", "TIMEOUT"},
	"WAIT_CONFIRM":            {"AGREED", "REJECTED", "TIMEOUT", "CONFIRM_TIMEOUT", "CREATE_MINI_APP_SUCCESS", "CREATE_MINI_APP_FAILED"},
	"CREATE_MINI_APP_SUCCESS": {"CERTIFY_OPERATOR", "CERTIFY_MERCHANT", "CERTIFY_SUCCESS", "CERTIFY_FAILED", "CANCELLED"},
	"CERTIFY_OPERATOR":        {"CERTIFY_MERCHANT", "CERTIFY_SUCCESS", "CERTIFY_FAILED", "CANCELLED"},
	"CERTIFY_MERCHANT":        {"CERTIFY_OPERATOR", "CERTIFY_SUCCESS", "CERTIFY_FAILED", "CANCELLED"},
	"CERTIFY_FAILED":          {"CERTIFY_OPERATOR", "CERTIFY_MERCHANT", "CANCELLED"},
	"CERTIFY_SUCCESS":         {"CANCELLED"},
}

func TestEveryOrderStatusAgainstEveryAnswer(t *testing.T) {
	// How to get an order there, from the beginning.
	paths := map[string][]string{"PROCESS": {}, "AGREED": {"AGREED"}, "REJECTED": {"REJECTED"}, "TIMEOUT": {"TIMEOUT"},
		"WAIT_CONFIRM": {}, "CONFIRM_TIMEOUT": {"CONFIRM_TIMEOUT"}, "CREATE_MINI_APP_FAILED": {"CREATE_MINI_APP_FAILED"}}
	for _, status := range orderStatuses[6:] {
		if status != "CREATE_MINI_APP_FAILED" {
			paths[status] = append([]string{"CREATE_MINI_APP_SUCCESS"}, strings.Fields(strings.TrimPrefix(status, "CREATE_MINI_APP_SUCCESS"))...)
		}
	}
	w := newWorld(t)
	w.rules(`{"rules":[{"merchant":{"answer":"none","after":"0s"},"certify":[]}]}`)
	number := 0
	orderIn := func(status string) (orderNo string) {
		number++
		if slices.Contains(orderStatuses[:4], status) {
			orderNo = w.call("alipay.open.mini.isv.create", "", createFields(fmt.Sprint("n", number))).text("order_no")
		} else {
			orderNo = w.call("alipay.open.mini.isv.fastregister.create", "", map[string]string{"out_order_no": fmt.Sprint("n", number),
				"uid": fmt.Sprintf("2088%012d", number), "app_name": fmt.Sprint("面馆", number)}).text("order_no")
		}
		for _, step := range paths[status] {
			w.must("POST", "orders/"+orderNo+"/answer", `{"status":"`+step+`"}`)
		}
		return orderNo
	}
	for _, status := range orderStatuses {
		orderNo := orderIn(status)
		for _, to := range orderStatuses {
			code, body := w.manage("POST", "orders/"+orderNo+"/answer", `{"status":"`+to+`"}`)
			want := 409
			if slices.Contains(lifeOfAnOrder[status], to) {
				want = 200
			}
			if code != want {
				t.Errorf("%s to %s: %d %v", status, to, code, body)
			}
			if code == 200 {
				orderNo = orderIn(status)
			}
		}
	}
}
