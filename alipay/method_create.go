package alipay

import (
	"context"
	"encoding/json"
)

// NameCheck is the answer of CheckName. It is advice: only creating a mini
// program reserves its name.
type NameCheck struct {
	Code string // check_code, NONE when nothing speaks against the name
	Memo string // check_memo, the reason in Alipay's words
}

// Usable reports that nothing speaks against the name.
func (n NameCheck) Usable() bool { return n.Code == "NONE" }

// CheckName asks whether a mini program may bear a name
// (alipay.open.mini.baseinfo.name.check). token is empty before the mini
// program exists.
func (c *Client) CheckName(ctx context.Context, token Secret, name string) (NameCheck, error) {
	if err := unfit(MethodNameCheck, CheckName(name)); err != nil {
		return NameCheck{}, err
	}
	return ask(ctx, c, MethodNameCheck, token, map[string]any{"app_name": name}, func(o wireObject) NameCheck {
		return NameCheck{Code: o.need("check_code"), Memo: o.text("check_memo")}
	})
}

// CreateMiniProgram asks a merchant to let a formal mini program be created
// (alipay.open.mini.isv.create) and returns Alipay's order_no. fields is the
// create_mini_request object as Alipay documents it; outOrderNo is put into it.
// What CheckCreate finds wrong is not sent.
//
// The call may be repeated with the same outOrderNo: Alipay answers with the
// same order. After a lost answer that is the only way to learn order_no.
func (c *Client) CreateMiniProgram(ctx context.Context, outOrderNo string, fields json.RawMessage) (orderNo string, err error) {
	request, err := withOrderNumber(MethodCreate, outOrderNo, fields, CheckCreate)
	if err != nil {
		return "", err
	}
	return ask(ctx, c, MethodCreate, "", map[string]any{"create_mini_request": request}, func(o wireObject) string {
		return o.need("order_no")
	})
}

// MerchantOrder is how a formal order stands.
type MerchantOrder struct {
	OrderNo    string
	OutOrderNo string
	Status     MerchantStatus
	MiniAppID  string // min_app_id on the wire; empty until the merchant agreed
	PID        string // the merchant's account
}

// QueryMiniProgramOrder asks how a formal order stands
// (alipay.open.mini.isv.query). It changes nothing.
func (c *Client) QueryMiniProgramOrder(ctx context.Context, orderNo string) (MerchantOrder, error) {
	return ask(ctx, c, MethodQuery, "", map[string]any{"order_no": orderNo}, func(o wireObject) MerchantOrder {
		return MerchantOrder{
			OrderNo:    o.text("order_no"),
			OutOrderNo: o.text("out_order_no"),
			Status:     MerchantStatus(o.need("status")),
			MiniAppID:  o.text("min_app_id"),
			PID:        o.text("pid"),
		}
	})
}

// TrialCreated is an accepted order for a trial mini program.
type TrialCreated struct {
	OrderNo      string
	AuthorizeURL string // to be sent to the merchant: Alipay does not push it
}

// CreateTrial asks for a trial mini program
// (alipay.open.mini.isv.fastregister.create). fields holds uid, app_name and
// auth_notify_url; what CheckTrial finds wrong is not sent. Repeating with the same outOrderNo gives the same order.
func (c *Client) CreateTrial(ctx context.Context, outOrderNo string, fields json.RawMessage) (TrialCreated, error) {
	request, err := withOrderNumber(MethodTrialCreate, outOrderNo, fields, CheckTrial)
	if err != nil {
		return TrialCreated{}, err
	}
	return ask(ctx, c, MethodTrialCreate, "", request, func(o wireObject) TrialCreated {
		return TrialCreated{OrderNo: o.need("order_no"), AuthorizeURL: o.text("authorize_url")}
	})
}

// TrialOrder is how the order of a trial mini program stands.
type TrialOrder struct {
	OrderNo    string
	OutOrderNo string
	Status     FastRegisterStatus
	MiniAppID  string // empty until the trial was created
	ISVAppID   string
	AppName    string // with the suffix that Alipay forces
}

// QueryTrial asks how the order of a trial mini program stands
// (alipay.open.mini.isv.fastregister.query). It changes nothing.
func (c *Client) QueryTrial(ctx context.Context, orderNo string) (TrialOrder, error) {
	return ask(ctx, c, MethodTrialQuery, "", map[string]any{"order_no": orderNo}, func(o wireObject) TrialOrder {
		return TrialOrder{
			OrderNo:    o.text("order_no"),
			OutOrderNo: o.text("out_order_no"),
			Status:     ParseFastRegisterStatus(o.need("status")),
			MiniAppID:  o.text("mini_app_id"),
			ISVAppID:   o.text("isv_app_id"),
			AppName:    o.text("app_name"),
		}
	})
}
