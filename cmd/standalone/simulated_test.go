package main_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"miniflow/alipay/alipaysim"
	"miniflow/cmd/standalone/internal/atalipay"
	"miniflow/order"
)

// Ours to see of Alipay's side: GET /sim/v1/state, and one mini program's token.
type (
	simState   = atalipay.State
	simOrder   = atalipay.Order
	simMini    = atalipay.Mini
	simMessage = atalipay.Message
	simToken   struct {
		Token    string `json:"app_auth_token"`
		Refresh  string `json:"app_refresh_token"`
		UserID   string `json:"user_id"`
		AuthTime int64  `json:"auth_time"`
	}
)

// sim calls the simulator's management API. A nil body is none, a nil result is
// not wanted.
func (s *standalone) sim(method, path string, body, result any) {
	s.t.Helper()
	text := []byte("{}")
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			s.t.Fatal(err)
		}
	}
	answer, err := s.send(method, s.at.Simulator+"/sim/v1/"+path, http.Header{"Content-Type": {"application/json"}}, bytes.NewReader(text))
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	if answer.status >= http.StatusBadRequest {
		s.t.Fatalf("%s %s: %s", method, path, answer)
	}
	if result == nil {
		return
	}
	if err := json.Unmarshal(answer.body, result); err != nil {
		s.t.Fatalf("%s %s answers %s: %v", method, path, answer, err)
	}
}

func (s *standalone) state() (state simState) {
	s.t.Helper()
	s.sim(http.MethodGet, "state", nil, &state)
	return state
}

// calls lists what reached the gateway.
func (s *standalone) calls() []alipaysim.Call {
	s.t.Helper()
	var list struct {
		Calls []alipaysim.Call `json:"calls"`
	}
	s.sim(http.MethodGet, "calls", nil, &list)
	return list.Calls
}

// pushes lists every delivery that the simulator made, and every message with its fate.
func (s *standalone) pushes() (made []alipaysim.Delivery, messages []simMessage) {
	s.t.Helper()
	var list struct {
		Deliveries []alipaysim.Delivery `json:"deliveries"`
		Messages   []simMessage         `json:"messages"`
	}
	s.sim(http.MethodGet, "deliveries", nil, &list)
	return list.Deliveries, list.Messages
}

// rules replaces what merchants and reviewers do.
func (s *standalone) rules(rules ...alipaysim.Rule) {
	s.t.Helper()
	s.sim(http.MethodPut, "rules", alipaysim.Rules{Rules: rules}, nil)
}

// faults replaces what goes wrong at the gateway.
func (s *standalone) faults(faults ...alipaysim.Fault) {
	s.t.Helper()
	s.sim(http.MethodPut, "faults", alipaysim.Faults{Faults: faults}, nil)
}

// answers has the merchant answer now, and returns the order as Alipay has it.
func (s *standalone) answers(orderNo string, status alipaysim.OrderStatus) (answered simOrder) {
	s.t.Helper()
	s.sim(http.MethodPost, "orders/"+orderNo+"/answer", map[string]any{"status": status}, &answered)
	return answered
}

// judges has the reviewer decide now: pass, reject or base_pass.
func (s *standalone) judges(miniAppID, result string) {
	s.t.Helper()
	s.sim(http.MethodPost, "mini-programs/"+miniAppID+"/audit", map[string]any{"result": result}, nil)
}

// token reads a mini program's token where Alipay keeps it, once the merchant has
// authorised: that comes a moment after the agreement.
func (s *standalone) token(miniAppID string) (token simToken) {
	s.t.Helper()
	eventually(s.t, patience, "the merchant authorises "+miniAppID, func() error {
		answer, err := s.send(http.MethodGet, s.at.Simulator+"/sim/v1/mini-programs/"+miniAppID+"/token", nil, nil)
		if err == nil && answer.status != http.StatusOK {
			err = fmt.Errorf("at Alipay: %s", answer)
		}
		if err != nil {
			return err
		}
		return json.Unmarshal(answer.body, &token)
	})
	return token
}

// atAlipay finds an order by its out_order_no on Alipay's side.
func (s *standalone) atAlipay(no string) (found simOrder, known bool) {
	s.t.Helper()
	for _, one := range s.state().Orders {
		if one.OutOrderNo == no {
			found, known = one, true
		}
	}
	return found, known
}

// awaitAgreed waits until the merchant has agreed on Alipay's side, whatever
// Miniflow knows of it.
func (s *standalone) awaitAgreed(no string) (agreed simOrder) {
	s.t.Helper()
	eventually(s.t, patience, "the merchant agrees to "+no, func() error {
		var known bool
		if agreed, known = s.atAlipay(no); !known || agreed.MiniAppID == "" {
			return fmt.Errorf("at Alipay it is %+v", agreed)
		}
		return nil
	})
	return agreed
}

// quiet is a rule in which nothing happens by itself and nothing is pushed:
// builds and scans are done at once, the rest is for the test to decide. It holds
// for every order.
func quiet() alipaysim.Rule {
	return alipaysim.Rule{
		Merchant:  &alipaysim.MerchantRule{Answer: "none", Quiet: true},
		Authorize: &alipaysim.AuthorizeRule{},
		Build:     &alipaysim.BuildRule{}, Scan: &alipaysim.ScanRule{},
		Audits: []alipaysim.AuditRule{{Result: "none"}},
		Pushes: &alipaysim.PushRule{Off: true},
	}
}

// after is a delay of a rule.
func after(d time.Duration) alipaysim.Duration { return alipaysim.Duration(d) }

// logo names the simulator's sample logo as an order wants it.
func (s *standalone) logo() order.FileRef {
	s.t.Helper()
	address := s.at.Simulator + "/sim/v1/files/logo.png"
	answer, err := s.send(http.MethodGet, address, nil, nil)
	if err != nil || answer.status != http.StatusOK {
		s.t.Fatalf("the logo: %v, %d", err, answer.status)
	}
	sum := sha256.Sum256(answer.body)
	return order.FileRef{URL: address, SHA256: hex.EncodeToString(sum[:])}
}

// formal is the body of a formal order, as an ISV's backend would send it. Every
// merchant has an account and a name of its own.
func (s *standalone) formal(no string) map[string]any {
	s.t.Helper()
	return map[string]any{
		"app_id": appID, "out_order_no": no, "kind": order.KindFormal,
		"create": map[string]any{
			"alipay_account": no + "@example.com", "app_name": "小店" + no, "cert_name": "示例餐饮有限公司",
			"cert_no": "91330000000000000X", "contact_name": "示例联系人", "contact_phone": "13800000000",
			"legal_personal_name": "示例法人",
		},
		"version": map[string]any{"template_id": "2021000000009999", "template_version": "1.0.0"},
		"submission": map[string]any{
			"version_desc": "首个版本：提供在线点餐、排队取号、会员积分和门店信息查询功能。", "region_type": "CHINA",
			"app_name": "示例小店", "app_english_name": "Sample Shop", "app_slogan": "好味道，在身边",
			"app_desc": "示例小店为顾客提供在线点餐和会员积分服务。", "mini_category_ids": "XS1001_XS2001",
			"service_phone": "0571-00000000", "files": map[string]any{"app_logo": s.logo()},
		},
	}
}

// speed is the flag --speed with its value.
func speed(times int) string { return "--speed=" + strconv.Itoa(times) }
